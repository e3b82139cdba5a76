import { type Advisory, severities } from '@picket/shared/advisories/advisory.ts';
import { faults } from '@picket/shared/advisories/faults.ts';
import { affectedInWords, conditionWords } from '@picket/shared/advisories/in-words.ts';
import { securityAdvisories } from '@picket/shared/advisories/security.ts';

/** docs/reference/etcd-advisories.md as the table of advisories has it. */
export function etcdAdvisoriesDocument(): string {
  const lines = [
    '# Known faults of etcd',
    '',
    'Picket knows these faults of etcd 3.5, 3.6 and 3.7. `picket advisories CLUSTER` lists those that concern a cluster, by the versions that its members',
    'run. `picket explain ID` prints one row. Later faults are not in this list: see',
    'the [advisories of etcd](https://github.com/etcd-io/etcd/security/advisories). The severity is by what can happen, and no score of a publisher.',
    '',
    'Versions are compared by their numbers. If a distribution puts a fix into an older version, Picket does not see that.',
    '',
    'This page is made from `packages/shared/src/advisories` by `npm run docs`.',
    ...section('Security', securityAdvisories),
    ...section('Other faults', faults),
  ];
  return `${lines.join('\n')}\n`;
}

function section(heading: string, rows: readonly Advisory[]): readonly string[] {
  const ordered = rows.toSorted((one, other) => rankOf(one) - rankOf(other));
  return [
    '',
    `## ${heading}`,
    '',
    '| id | severity | affected | what can happen | what it concerns | what to do |',
    '| --- | --- | --- | --- | --- | --- |',
    ...ordered.map(({ id, alsoKnownAs, severity, affected, effect, means, concerns, action, sources }) => {
      const numbers = [`\`${id}\``, ...alsoKnownAs].join(', ');
      const known = sources.map((source, index) => `[${index + 1}](${source})`).join(' ');
      return `| ${numbers} | ${severity}: ${effect} | ${affectedInWords(affected)} | ${means} ${known} | ${conditionWords[concerns]} | ${action} |`;
    }),
  ];
}

function rankOf({ severity }: Advisory): number {
  return severities.indexOf(severity);
}
