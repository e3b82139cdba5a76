import type { ReadoptionView } from '@picket/shared/protocol/readoption.ts';
import { renderTable } from './table.ts';
import { dateTime } from './units.ts';

const standings: Readonly<Record<ReadoptionView['keys'][number]['standing'], string>> = {
  'in-force': 'the key in the backup',
  pending: 'requested before the backup',
  unknown: 'certified after the backup',
};

/** What a node has shown and reported, beside the content of the backup. */
export function readoptionPreview(view: ReadoptionView): string {
  const { nodeId, cluster, name, stored, reported, keys, backupAt } = view;
  const row = (what: string, field: keyof typeof stored) => [what, stored[field], reported?.[field] ?? null];
  return [
    `Node ${nodeId} is ${name} of ${cluster}.`,
    ...(keys.length === 0 ? ['It has not shown a key since this coordinator started.'] : []),
    ...keys.map(
      ({ key, standing, certifiedAt, notAfter, lastShownAt }) =>
        `Key ${key}: ${standings[standing]}, valid from ${dateTime(certifiedAt)} to ${dateTime(notAfter)}, last shown ${dateTime(lastShownAt)}`,
    ),
    renderTable(
      ['', backupAt === null ? 'STORE' : `BACKUP OF ${dateTime(backupAt)}`, 'REPORTED'],
      [
        row('generation', 'generation'),
        row('etcd cluster', 'clusterId'),
        row('member', 'memberId'),
        row('incarnation', 'incarnation'),
      ],
    ),
    ...(reported === null
      ? [
          'It has not reported yet. A node with a key that the backup does not know can report only after its re-adoption.',
        ]
      : []),
    '',
  ].join('\n');
}

/** The result of the re-adoption. */
export function readopted({ nodeId, name, waitsFor }: ReadoptionView): string {
  const rest = waitsFor.filter(({ code }) => code !== 'cluster_frozen');
  return [
    `The node ${nodeId} (${name}) is re-adopted.`,
    ...(rest.length === 0 ? [] : ['Its cluster waits for:', ...rest.map(({ message }) => `  - ${message}`)]),
    '',
  ].join('\n');
}
