import recorded from '../../generated/words.json' with { type: 'json' };
import { affectedInWords, conditionWords, effectWords } from '../advisories/in-words.ts';
import { advisories, advisoryNamed } from '../advisories/table.ts';
import { rules } from '../diagnosis/causes.ts';
import type { Scene } from '../diagnosis/rules/evidence.ts';
import type { Next } from '../diagnosis/rules/rule.ts';
import { type ErrorEntry, errorTable } from '../errors/table.ts';
import { failure } from '../errors.ts';
import { didYouMean } from '../etcd-config/did-you-mean.ts';
import { exitCodes } from '../exit-codes.ts';
import { catalogue } from '../problems/catalogue.ts';
import type { Alarm, ProblemKind } from '../problems/problem-kind.ts';
import { quote } from '../problems.ts';
import { durationOf } from '../reasons/durations.ts';

/** The words of one code, with `{name}` where a fact stands. */
export interface CodeWords {
  readonly facts: readonly string[];
  /** One for each form that the words have. */
  readonly words: readonly string[];
}

/** What a code means in one table. */
export interface Explanation extends CodeWords {
  readonly code: string;
  readonly kind: 'error' | 'reason' | 'event' | 'problem' | 'exit code' | 'advisory';
  /** The HTTP status of an error, or the number of an exit code. */
  readonly number: number | null;
  readonly hint: string | null;
  readonly pages: readonly string[];
}

/** Each code of the tables of errors, reasons, events, problems and exit codes, and the ID of each advisory of etcd, sorted. */
export function allCodes(): readonly string[] {
  const codes = [errorTable, recorded.reasons, recorded.events, catalogue, exitCodes].flatMap(Object.keys);
  return [...new Set([...codes, ...advisories.map(({ id }) => id)])].sort();
}

/**
 * What the code means in each table that has it. Asks nobody.
 *
 * @param code of an error, a reason, an event, a problem or an exit code, the number of an exit code, or any number of an advisory
 * @throws unknown_code with codes that are like it
 */
export function explain(code: string): readonly Explanation[] {
  const found = [errorOf, reasonOf, eventOf, problemOf, exitCodeOf, advisoryOf].flatMap((look) => look(code));
  if (found.length > 0) return found;
  const near = codesLike(code);
  throw failure('unknown_code', { code: quote(code), ...(near.length > 0 && { near: near.join(', ') }) });
}

function explanation(
  code: string,
  kind: Explanation['kind'],
  more: Partial<Explanation> & Pick<Explanation, 'words'>,
): readonly Explanation[] {
  return [{ code, kind, number: null, facts: [], hint: null, pages: [], ...more }];
}

function errorOf(code: string): readonly Explanation[] {
  const entry = entryOf<ErrorEntry>(errorTable, code);
  if (entry === undefined) return [];
  const { status: number, message, hint } = entry;
  const names = [...`${message} ${hint}`.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const pages = pagesOf(rules.filter(({ errors = [] }) => errors.some((one) => one === code)));
  return explanation(code, 'error', { number, words: [message], hint, facts: distinct(names), pages });
}

function reasonOf(code: string): readonly Explanation[] {
  const entry = entryOf<CodeWords>(recorded.reasons, code);
  const pages = pagesOf(rules.filter((rule) => [rule.cause, ...rule.shownBy].some((one) => one === code)));
  return entry === undefined ? [] : explanation(code, 'reason', { ...entry, pages });
}

function eventOf(code: string): readonly Explanation[] {
  const entry = entryOf<CodeWords>(recorded.events, code);
  return entry === undefined ? [] : explanation(code, 'event', entry);
}

/** When it is found and sent, what shows it, in one form of its words, and the commands for its causes. */
function problemOf(code: string): readonly Explanation[] {
  const kind = entryOf<ProblemKind>(catalogue, code);
  if (kind === undefined) return [];
  const { subject, alarm, limit, causes = [], shownBy = causes.map(({ cause }) => cause) } = kind;
  const shown = shownBy.flatMap(reasonOf);
  const isOfCluster = subject !== 'coordinator' && subject !== 'operator';
  const nexts = causes.map(({ next }) => next({ member: 'MEMBER', proof: [] }, anyScene));
  const commands = (nexts.length === 0 && isOfCluster ? [asStatus] : nexts)
    .filter((next) => next !== null)
    .map(({ command, on }) => `\`${command}\`${on === null ? '' : ` on ${on}`}`);
  return explanation(code, 'problem', {
    words: [
      ...(alarm === undefined ? [] : [sentAs(alarm)]),
      ...(limit === undefined ? [] : [`Limit: ${limit}.`]),
      ...shown.flatMap(({ words }) => words.slice(0, 1)),
    ],
    facts: distinct(shown.flatMap(({ facts }) => facts)),
    hint: commands.length === 0 ? null : `Run ${distinct(commands).join(', or ')}.`,
    pages: pagesOf([...(alarm === undefined ? [] : [{ page: `${alarm.page}.md` }]), ...causes]),
  });
}

const asStatus: Next = { command: 'picket status CLUSTER', on: null };
const anyScene: Scene = {
  ...{ cluster: 'CLUSTER', place: 'elsewhere', self: null, failing: [], evidence: [], now: '', statusNext: asStatus },
  members: [{ name: 'MEMBER', address: '', memberId: null }],
};

function sentAs({ severity, title, afterMinutes }: Alarm): string {
  const lasting = afterMinutes === 0 ? 'at once' : `after ${durationOf(afterMinutes * 60_000)}`;
  return `Notification: ${severity} "${title}", ${lasting}.`;
}

function exitCodeOf(wanted: string): readonly Explanation[] {
  return Object.entries(exitCodes)
    .filter(([name, { code }]) => wanted === name || wanted === String(code))
    .flatMap(([name, { code: number, meaning }]) => explanation(name, 'exit code', { number, words: [meaning] }));
}

/** Its other numbers lead to the same words. */
function advisoryOf(code: string): readonly Explanation[] {
  const advisory = advisoryNamed(code);
  if (advisory === null) return [];
  const { id, alsoKnownAs, affected, effect, severity, concerns, means, action: hint, sources } = advisory;
  const words = [
    means,
    `Severity: ${severity}; ${effectWords[effect]}.`,
    `Affected: etcd ${affectedInWords(affected)}; ${conditionWords[concerns]}.`,
    ...(alsoKnownAs.length === 0 ? [] : [`Also known as ${alsoKnownAs.join(', ')}.`]),
    `Known from ${sources.join(', ')}`,
  ];
  return explanation(id, 'advisory', { words, hint, pages: ['docs/reference/etcd-advisories.md'] });
}

function entryOf<Entry>(table: Readonly<Record<string, Entry>>, code: string): Entry | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined;
}

function pagesOf(of: readonly { readonly page: string }[]): readonly string[] {
  return distinct(of.map(({ page }) => `docs/how-to/${page}`));
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
