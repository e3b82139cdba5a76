import { plain } from '@picket/shared/plain.ts';
import type { ReadoptionView } from '@picket/shared/protocol/readoption.ts';
import { renderTable } from './table.ts';
import { dateTime } from './units.ts';

const standings: Readonly<Record<ReadoptionView['keys'][number]['standing'], string>> = {
  'in-force': 'the one of the backup',
  pending: 'asked for before the backup',
  unknown: 'certified after the backup',
};

/** What a node shows and reports, beside what the backup has of it. */
export function readoptionPreview(view: ReadoptionView): string {
  const { nodeId, cluster, name, stored, reported, keys, backupAt } = view;
  const shown = (value: string | number | null | undefined): string => (value == null ? '-' : plain(String(value)));
  const row = (what: string, field: keyof typeof stored) => [what, shown(stored[field]), shown(reported?.[field])];
  return [
    `Node ${plain(nodeId)} is ${plain(name)} of ${plain(cluster)}.`,
    ...(keys.length === 0 ? ['It has not shown a key since this coordinator was started.'] : []),
    ...keys.map(
      ({ key, standing, certifiedAt, until, lastShownAt }) =>
        `Key ${plain(key)}: ${standings[standing]}, valid from ${dateTime(certifiedAt)} to ${dateTime(until)}, last shown ${dateTime(lastShownAt)}`,
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
    ...(reported === null ? ['It has not reported yet: a node whose key is not known may only do so afterwards.'] : []),
    '',
  ].join('\n');
}

/** What taking it up again has done. */
export function readopted({ nodeId, name, waitsFor }: ReadoptionView): string {
  const rest = waitsFor.filter(({ code }) => code !== 'cluster_frozen');
  return [
    `The node ${plain(nodeId)} (${plain(name)}) is taken up again.`,
    ...(rest.length === 0 ? [] : ['Its cluster waits for:', ...rest.map(({ message }) => `  - ${plain(message)}`)]),
    '',
  ].join('\n');
}
