import { rules } from '../diagnosis/causes.ts';
import { type ErrorEntry, errorTable } from '../errors/table.ts';
import { failure } from '../errors.ts';
import { didYouMean } from '../etcd-config/did-you-mean.ts';
import { exitCodes } from '../exit-codes.ts';
import { quote } from '../problems.ts';
import recorded from './words.json' with { type: 'json' };

/** The words of one code, with `{name}` where a fact stands. */
export interface CodeWords {
  readonly facts: readonly string[];
  /** One for each form that the words have. */
  readonly words: readonly string[];
}

/** What a code means in one table. */
export interface Explanation extends CodeWords {
  readonly code: string;
  readonly kind: 'error' | 'reason' | 'event' | 'exit code';
  /** The HTTP status of an error, or the number of an exit code. */
  readonly number: number | null;
  readonly hint: string | null;
  readonly pages: readonly string[];
}

/** Each code of the tables of errors, reasons, events and exit codes, sorted. */
export function allCodes(): readonly string[] {
  return [...new Set([errorTable, recorded.reasons, recorded.events, exitCodes].flatMap(Object.keys))].sort();
}

/**
 * What the code means in each table that has it. Asks nobody.
 *
 * @param code of an error, a reason, an event or an exit code, or the number of an exit code
 * @throws unknown_code with codes that are like it
 */
export function explain(code: string): readonly Explanation[] {
  const found = [...errorOf(code), ...reasonOf(code), ...eventOf(code), ...exitCodeOf(code)];
  if (found.length > 0) return found;
  throw failure('unknown_code', { code: quote(code), near: codesLike(code).join(', ') || 'none' });
}

function errorOf(code: string): readonly Explanation[] {
  const entry = entryOf<ErrorEntry>(errorTable, code);
  if (entry === undefined) return [];
  const { status, message, hint } = entry;
  const names = [...`${message} ${hint}`.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const pages = rules.filter(({ errors = [] }) => errors.some((one) => one === code)).map(pageOf);
  return [
    { code, kind: 'error', number: status, words: [message], hint, facts: [...new Set(names)], pages: distinct(pages) },
  ];
}

function reasonOf(code: string): readonly Explanation[] {
  const entry = entryOf<CodeWords>(recorded.reasons, code);
  if (entry === undefined) return [];
  const pages = rules.filter((rule) => [rule.cause, ...rule.shownBy].some((one) => one === code)).map(pageOf);
  return [{ code, kind: 'reason', number: null, ...entry, hint: null, pages: distinct(pages) }];
}

function eventOf(code: string): readonly Explanation[] {
  const entry = entryOf<CodeWords>(recorded.events, code);
  return entry === undefined ? [] : [{ code, kind: 'event', number: null, ...entry, hint: null, pages: [] }];
}

function exitCodeOf(wanted: string): readonly Explanation[] {
  return Object.entries(exitCodes)
    .filter(([name, { code }]) => wanted === name || wanted === String(code))
    .map(([name, { code, meaning }]) => ({
      code: name,
      kind: 'exit code',
      ...{ number: code, words: [meaning], hint: null, facts: [], pages: [] },
    }));
}

function entryOf<Entry>(table: Readonly<Record<string, Entry>>, code: string): Entry | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}

function pageOf({ page }: { readonly page: string }): string {
  return `docs/how-to/${page}`;
}

function distinct(pages: readonly string[]): readonly string[] {
  return [...new Set(pages)];
}

/** At most five codes that this word may have been meant to be. */
function codesLike(word: string): readonly string[] {
  const known = allCodes();
  const letters = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const typed = letters(word);
  const meant = didYouMean(word, known);
  const similar = known.filter((code) => typed.length > 2 && letters(code).includes(typed));
  return [...new Set([...(meant === undefined ? [] : [meant]), ...similar])].slice(0, 5);
}
