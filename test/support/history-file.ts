import { appendFileSync, closeSync, existsSync, openSync, readFileSync, truncateSync } from 'node:fs';
import type { Operation } from './history.ts';

/** What is known before an operation is sent; the value of a read is not. */
export type Invocation = Pick<Operation, 'kind' | 'key' | 'invoked' | 'endpoint'> & { readonly value?: number };
export type Outcome = Pick<Operation, 'outcome' | 'value' | 'revision' | 'returned' | 'clusterId' | 'problem'>;

/** A history that is kept while it happens: its writer may be killed at any moment. */
export interface HistoryFile {
  /** The greatest value that was put, by earlier processes too. */
  readonly lastValue: number;
  /** To be called before the operation is sent; then with its outcome the function that it gives back. */
  begin(invocation: Invocation): (outcome: Outcome) => Operation;
}

/** Goes on with the history in `path`, or begins one. A line that its last writer did not finish is cut off. */
export function openHistoryFile(path: string): HistoryFile {
  closeSync(openSync(path, 'a'));
  const text = readFileSync(path, 'utf8');
  truncateSync(path, Buffer.byteLength(wholeLines(text)));
  const history = parseHistory(text);
  let id = history.length;
  const append = (line: object) => appendFileSync(path, `${JSON.stringify(line)}\n`);
  return {
    lastValue: Math.max(0, ...history.filter(({ kind }) => kind === 'put').map(({ value }) => value)),
    begin(invocation) {
      id += 1;
      const line = { id, ...invocation };
      append(line);
      return (outcome) => {
        append({ id: line.id, ...outcome });
        return { ...invocation, ...outcome };
      };
    },
  };
}

/** The operations in the order of invocation; what has no outcome yet is unknown. */
export function parseHistory(text: string): readonly Operation[] {
  const operations = new Map<number, Operation>();
  for (const line of wholeLines(text).split('\n').slice(0, -1)) {
    const { id, ...part } = JSON.parse(line) as { id: number } & Partial<Operation>;
    operations.set(id, { ...unanswered, ...operations.get(id), ...part } as Operation);
  }
  return [...operations.values()];
}

/** Empty where nothing has been written yet. */
export function readHistory(path: string): readonly Operation[] {
  return existsSync(path) ? parseHistory(readFileSync(path, 'utf8')) : [];
}

const unanswered = { outcome: 'unknown', value: 0, revision: 0, returned: null, clusterId: null, problem: null };

function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}
