/** What was looked at before or after a join, as it is printed and as `--output json` has it. */
export interface Check {
  readonly name: CheckName;
  /** `warning`: it can join all the same. */
  readonly result: 'ok' | 'warning' | 'refused';
  /** What was found, a clause to stand after the name. */
  readonly text: string;
  /** What to do; null where nothing is. */
  readonly advice: string | null;
}

export type CheckName =
  | 'architecture'
  | 'other etcd'
  | 'etcd'
  | 'files'
  | 'folders'
  | 'file system'
  | 'disk'
  | 'memory'
  | 'clock'
  | 'address'
  | 'names'
  | 'ports';

export function ok(name: CheckName, text: string): Check {
  return { name, result: 'ok', text, advice: null };
}

export function warning(name: CheckName, text: string, advice: string): Check {
  return { name, result: 'warning', text, advice };
}

const marks = { ok: '✓', warning: '!', refused: '✗' } as const;

/** A line for each check, and one more where there is something to do. */
export function checkLines(checks: readonly Check[]): string {
  return checks
    .map(({ name, result, text, advice }) => {
      const line = `${marks[result]} ${name}: ${text}\n`;
      return advice === null ? line : `${line}    ${advice}\n`;
    })
    .join('');
}
