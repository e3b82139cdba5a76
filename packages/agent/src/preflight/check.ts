import type { PicketError } from '@picket/shared/errors.ts';

/** The result of a check before or after a join, as it is printed and as `--output json` shows it. */
export interface Check {
  readonly name: CheckName;
  /** `warning`: the machine can join all the same. */
  readonly result: 'ok' | 'warning' | 'refused';
  /** What was found: a clause that follows the name. */
  readonly text: string;
  /** What to do; null if nothing is needed. */
  readonly advice: string | null;
}

export type CheckName =
  | 'architecture'
  | 'other etcd'
  | 'etcd'
  | 'user'
  | 'files'
  | 'folders'
  | 'file system'
  | 'disk'
  | 'memory'
  | 'clock'
  | 'address'
  | 'names'
  | 'ports'
  | 'coordinator';

export function ok(name: CheckName, text: string): Check {
  return { name, result: 'ok', text, advice: null };
}

export function warning(name: CheckName, text: string, advice: string): Check {
  return { name, result: 'warning', text, advice };
}

export const refused: Refuse = (name, { message, hint }) => ({ name, result: 'refused', text: message, advice: hint });

/** What to do with an obstacle. */
export type Refuse = (name: CheckName, error: PicketError) => Check;

/** Ends the checks at the first obstacle. */
export const throwAtOnce: Refuse = (_name, error) => {
  throw error;
};

const marks = { ok: '✓', warning: '!', refused: '✗' } as const;

/** A line for each check, and one more with the advice, if any. */
export function checkLines(checks: readonly Check[]): string {
  return checks
    .map(({ name, result, text, advice }) => {
      const line = `${marks[result]} ${name}: ${text}\n`;
      return advice === null ? line : `${line}    ${advice}\n`;
    })
    .join('');
}
