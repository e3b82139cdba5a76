import { plain } from '../plain.ts';
import type { FindingView, ProofView } from '../protocol/diagnosis.ts';
import type { Rendered } from '../protocol/rendered.ts';
import { shownTime } from '../reasons/shown-time.ts';
import { withCode } from '../reasons/with-code.ts';

/**
 * The findings for a person, below a line that counts them; numbered if there are several.
 *
 * @param where what they are about, as the beginning of that line
 */
export function findingsAsText(where: string, findings: readonly FindingView[]): string {
  const present = findings.filter(isPresent);
  const remarks = findings.filter(({ countsAs }) => countsAs === 'remark');
  const over = findings.filter(({ countsAs }) => countsAs === 'over');
  const found = ['no fault', '1 cause'][present.length] ?? `${present.length} causes`;
  return [
    `${where}: ${found} found${present.length === 0 ? '.' : ''}`,
    ...present.map((one, index) => blockOf(one, present.length === 1 ? '' : `${index + 1}. `)),
    ...(remarks.length === 0 ? [] : ['No fault, but good to know:']),
    ...remarks.map((one) => blockOf(one, '')),
    ...(over.length === 0 ? [] : ['Earlier, and over by now:']),
    ...over.map((one) => blockOf(one, '')),
  ].join('\n\n');
}

/** Whether one of them is a fault of now. */
export function isFault(findings: readonly Pick<FindingView, 'countsAs'>[]): boolean {
  return findings.some(isPresent);
}

function isPresent({ countsAs }: Pick<FindingView, 'countsAs'>): boolean {
  return countsAs !== 'over' && countsAs !== 'remark';
}

function blockOf({ cause, proof, effects, next, otherwise, page }: FindingView, number: string): string {
  return [
    `${number}${plain(withCode(cause))}`,
    ...section('Proof', alike(proof).map(proofLine)),
    ...section('So', effects.map(messageOf)),
    ...(next === null ? [] : [`  Next${whereOf(next.on)}: ${plain(next.command)}`]),
    ...section('Otherwise', otherwise.map(messageOf)),
    `  See ${page}`,
  ].join('\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`  ${title}:`, ...lines.map((line) => `    - ${line}`)];
}

/** The same fact of several members, by the same observer. */
interface Alike extends Pick<ProofView, 'message' | 'at' | 'from'> {
  readonly members: readonly string[];
}

/** One for each fact, with the oldest time. */
function alike(proof: readonly ProofView[]): readonly Alike[] {
  const groups = Map.groupBy(proof, ({ message, from }) => `${from} ${message}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group.toSorted((a, b) => (a.at ?? '').localeCompare(b.at ?? ''));
    const members = group.flatMap(({ about }) => (about === null ? [] : [about]));
    return first === undefined ? [] : [{ message: first.message, at: first.at, from: first.from, members }];
  });
}

function proofLine({ message, members, at, from }: Alike): string {
  const when = at === null ? '' : `${shownTime(at)}, `;
  const unnamed = members.filter((member) => !message.includes(member));
  const who = unnamed.length === 0 ? '' : `${plain(unnamed.join(', '))}: `;
  return `${who}${plain(message)} (${when}${sources[from]})`;
}

const sources: Readonly<Record<ProofView['from'], string>> = {
  coordinator: 'seen by the coordinator',
  agent: 'reported by its agent',
  'etcd-log': 'from the log of etcd',
  machine: 'seen on the machine',
};

function messageOf({ message }: Rendered): string {
  return plain(message);
}

function whereOf(on: NonNullable<FindingView['next']>['on']): string {
  return on === null ? '' : ` on ${plain(on.member)} (${plain(on.address)})`;
}
