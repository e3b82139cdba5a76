import type { DeletionView } from '@picket/shared/protocol/clusters.ts';

/** What a deletion ends and keeps, shown before the operator confirms it. */
export function endedByDeletion(view: DeletionView): string {
  const { cluster: name, members, clients, strangers, atOnce } = view;
  const nodes = members.map((one) => `  - ${one.name} (node ${one.nodeId}${one.isHeard ? '' : ', does not report'})`);
  return [
    ...(atOnce
      ? [`The cluster ${name} was never founded, so it has no data.`]
      : [
          `A deletion ends the cluster ${name}${snapshotOf(view)}`,
          'Clients lose their etcd. The data directories stay on the disks and are never used again.',
        ]),
    ...(nodes.length === 0
      ? []
      : [`These nodes ${atOnce ? 'are let go' : 'stop their etcd and are let go'}:`, ...nodes]),
    ...(clients.length === 0 ? [] : [`These client nodes are let go: ${clients.join(', ')}`]),
    ...(strangers.length === 0
      ? []
      : [`These voters are no nodes of this coordinator, and their etcd runs on: ${strangers.join(', ')}`]),
    `Its snapshots, events and revisions are kept as ${view.filedAs}. Its join strings end.`,
    '',
  ].join('\n');
}

function snapshotOf({ takesSnapshot, lastSnapshot }: DeletionView): string {
  if (takesSnapshot) return ' after a last snapshot.';
  return lastSnapshot == null ? '. No snapshot is taken.' : `. Its last snapshot is ${lastSnapshot}.`;
}

/** What happens now, and what the operator may have to do. */
export function deletionOrdered(
  { cluster: name, filedAs, done, atOnce, members, takesSnapshot }: DeletionView,
  { isForced }: { readonly isForced: boolean },
): string {
  const silent = members.filter(({ isHeard }) => !isHeard).map((one) => one.name);
  if (done) {
    const unconfirmed = atOnce ? [] : silent;
    return [
      `${name} is deleted, and its name is free. \`picket events ${filedAs}\` shows its events.`,
      ...unconfirmed.map(
        (one) => `${one} has not confirmed that its etcd is stopped. If it comes back, its agent stops etcd.`,
      ),
    ].join('\n');
  }
  return [
    `${name} is being deleted${takesSnapshot ? '; a last snapshot comes first' : ''}. \`picket status ${name} --watch\` shows what it waits for.`,
    ...(silent.length === 0
      ? []
      : [
          `${silent.join(', ')} ${silent.length === 1 ? 'does' : 'do'} not report. ${
            isForced
              ? 'The name does not wait for that.'
              : `To free the name without waiting: \`picket cluster delete ${name} --force\`.`
          }`,
        ]),
  ].join('\n');
}
