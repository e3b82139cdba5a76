import { errorTable } from '@picket/shared/errors/table.ts';
import type { ErrorCode, PicketError } from '@picket/shared/errors.ts';

/** An error as its words have it: the facts are text. */
export interface PrintedError {
  readonly code: ErrorCode;
  readonly facts: Readonly<Record<string, string>>;
}

// Read at once: a test may give this process another table.
const known = (Object.keys(errorTable) as ErrorCode[]).map((code) => {
  const { message, hint } = errorTable[code];
  return { code, pattern: patternOf(`${message}\n${hint}`) };
});

/** What `picket-agent` and `picket-coordinator` print of an error. */
export function asAgentPrints({ code, message, hint }: PicketError): string {
  return `error: ${message}\nhint: ${hint} (${code})\n`;
}

/** What `picket` prints of an error. */
export function asPicketPrints({ code, message, hint }: PicketError): string {
  return `picket: ${message}\n  ${hint} (${code})\n`;
}

/** The first error that a program of Picket has printed here, by its code, or else by the words of its message and its hint; null without one. */
export function printedError(output: string): PrintedError | null {
  const [, message, hint, code] = /^(?:error|picket): (.*)\n(?:hint:| ) (.*?)(?: \((\w+)\))?$/m.exec(output) ?? [];
  return message === undefined || hint === undefined ? null : errorOf(message, hint, code);
}

/** The error that has these words, and this code if one was printed. Throws unless exactly one may have them. */
export function errorOf(message: string, hint: string, printed?: string): PrintedError {
  const words = `${message}\n${hint}`;
  const possible = known.filter(({ code }) => printed === undefined || code === printed);
  const [found, another] = possible.flatMap(({ code, pattern }) => {
    const match = pattern.exec(words);
    return match === null ? [] : [{ code, facts: { ...match.groups } }];
  });
  if (found === undefined || another !== undefined) throw new Error(`not the words of one error:\n${words}`);
  return found;
}

/** Matches a text of the table of errors with any facts. */
function patternOf(text: string): RegExp {
  const seen = new Set<string>();
  const parts = text.split(/\{(\w+)\}/).map((part, index) => {
    // After a fact that ends with a question mark, no full stop is printed.
    if (index % 2 === 0) return part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/^\\\./, '(?:\\.|(?<=\\?))');
    if (seen.has(part)) return `\\k<${part}>`;
    seen.add(part);
    return `(?<${part}>.+)`;
  });
  return new RegExp(`^${parts.join('')}$`, 's');
}
