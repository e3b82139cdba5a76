import { plain } from '../plain.ts';
import type { FindingView, ProofView } from '../protocol/diagnosis.ts';
import type { Told } from '../protocol/told.ts';
import { shownTime } from '../reasons/shown-time.ts';

/** The findings as lines for a person, numbered if there are several. */
export function findingsAsText(findings: readonly FindingView[]): string {
  return findings.map((one, index) => blockOf(one, findings.length === 1 ? '' : `${index + 1}. `)).join('\n\n');
}

function blockOf({ cause, proof, effects, next, otherwise, page }: FindingView, number: string): string {
  return [
    `${number}${plain(cause.message)}`,
    ...section('Proof', proof.map(proofLine)),
    ...section('So', effects.map(messageOf)),
    ...(next === null ? [] : [`  Next${whereOf(next.on)}: ${plain(next.command)}`]),
    ...section('Otherwise', otherwise.map(messageOf)),
    `  See ${page}`,
  ].join('\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`  ${title}:`, ...lines.map((line) => `    - ${line}`)];
}

function proofLine({ message, about, at, from }: ProofView): string {
  const when = at === null ? '' : `${shownTime(at)}, `;
  const who = about === null || message.includes(about) ? '' : `${plain(about)}: `;
  return `${who}${plain(message)} (${when}${sources[from]})`;
}

const sources: Readonly<Record<ProofView['from'], string>> = {
  coordinator: 'seen by the coordinator',
  agent: 'reported by its agent',
  'etcd-log': 'from the log of etcd',
  machine: 'seen on the machine',
};

function messageOf({ message }: Told): string {
  return plain(message);
}

function whereOf(on: NonNullable<FindingView['next']>['on']): string {
  return on === null ? '' : ` on ${plain(on.member)} (${plain(on.address)})`;
}
