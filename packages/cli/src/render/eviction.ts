import type { ChangedClusterView, ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { EtcdAccess, EvictionView, NodeView } from '@picket/shared/protocol/nodes.ts';

const certificates = 'Its certificates for etcd stay valid until they expire: Picket cannot revoke them yet.';

export function evicted({ id }: Pick<NodeView, 'id'>): string {
  return [`The node ${id} is evicted. Another machine can join with its name.`, certificates].join('\n');
}

/** What it means to call a node lost, shown before the operator confirms it. */
export function givenUpAsLost(node: NodeView): string {
  const { member } = node;
  const who = whoIs(node);
  if (member === null) return `${who}\nIf you confirm, it is evicted.\n`;
  return [
    who,
    'If you call it lost, you state that its machine or its disk will not return with its data:',
    '  - The coordinator refuses its identity at once, and a new machine can join with its name.',
    '  - Its member leaves etcd as soon as enough other voters serve.',
    '  - If too few serve, the data of this member counts as lost. Once a majority of all voters counts as lost, a restore needs no --force.',
    'You cannot undo this. If you find the machine again, wipe it before you switch it on.',
    '',
  ].join('\n');
}

/** @param after the status of the cluster after that; null if the node was none of a member, and if the status could not be read */
export function calledLost({ id, cluster, member, client }: NodeView, after: ClusterStatusView | null): string {
  const name = member ?? client ?? '';
  return [
    `The node ${id} (${name}) is evicted as lost. \`picket status ${cluster}\` shows what follows.`,
    ...(member === null ? [] : [after === null ? unknownAfterLoss : nextAfterLoss(after, name)]),
    certificates,
  ].join('\n');
}

const unknownAfterLoss = 'Before a new machine joins, look at that status: without a quorum, a restore comes first.';

/** In a rescue, a new machine comes after the restore: beside the survivor it would wait for a quorum. */
function nextAfterLoss({ cluster: name, state, next }: ClusterStatusView, member: string): string {
  const token = `\`picket token create ${name} --member ${member}\``;
  if (state !== 'no-quorum' && state !== 'unknown') return `To replace it with a new machine: ${token}.`;
  const now = next === null || next.on !== null ? '' : ` Now: \`${next.command}\`.`;
  return (
    `Join no new machine yet: no quorum is known to serve.${now} If a majority is lost, restore a snapshot first; ` +
    `after that, join a new machine with ${token}.`
  );
}

/** What it means that somebody else controls a machine, shown before the operator confirms it. */
export function whatEvictionEnds(node: NodeView, { etcdAccess, waitsFor }: EvictionView): string {
  const name = node.member ?? node.client ?? '';
  const leaves =
    waitsFor === null
      ? 'Its member leaves etcd at once; the other members continue without it.'
      : `Its member stays in etcd until the others can continue without it: ${waitsFor.message}.`;
  return [
    whoIs(node),
    'If you confirm that somebody else controls its machine:',
    '  - The coordinator refuses its identity at once, closes its connections, and gives it no certificates.',
    `  - Join tokens that it has used, or that are bound to ${name}, are void.`,
    ...(node.member === null ? [] : [`  - ${leaves}`]),
    `  - ${stands(etcdAccess)}`,
    'You cannot undo this. Cut the machine off the network. Wipe it before it joins again.',
    '',
  ].join('\n');
}

export function evictedAsCompromised(
  { id, cluster, member, client }: NodeView,
  { etcdAccess, waitsFor }: EvictionView,
): string {
  const name = member ?? client ?? '';
  const next =
    waitsFor === null
      ? `A voter removes its member from etcd: \`picket status ${cluster} --watch\` shows when it is out.`
      : `Its member is still in etcd: ${waitsFor.message}. \`picket status ${cluster}\` says what to do.`;
  return [
    `The node ${id} (${name}) is evicted as compromised.`,
    ...(member === null ? [] : [next]),
    stands(etcdAccess),
    'Cut the machine off the network, and change the passwords and keys that it could read in etcd.',
  ].join('\n');
}

function whoIs({ id, cluster, member, client, reportedAt }: NodeView): string {
  const last = reportedAt === null ? 'It has never reported.' : `Its last report came at ${reportedAt}.`;
  return `Node ${id} is ${member ?? client ?? ''} of ${cluster}. ${last}`;
}

/** What an eviction does not end. */
function stands(access: EtcdAccess): string {
  const until = untilWhen(access);
  if (until === '') return 'It has no certificates for etcd.';
  return `Its certificates still give access to etcd, because Picket cannot revoke them yet: ${until}.`;
}

/** What a removal from etcd does not end. */
export function accessAfterRemoval(leaves: ChangedClusterView['leaves'] = []): readonly string[] {
  return leaves.flatMap(({ member, etcdAccess }) => {
    const until = untilWhen(etcdAccess);
    return until === '' ? [] : [`The certificates of ${member} still give access to etcd: ${until}.`];
  });
}

function untilWhen(access: EtcdAccess): string {
  return (['client', 'server', 'peer', 'admin'] as const)
    .flatMap((purpose) => (access[purpose] === null ? [] : [`${purpose} until ${access[purpose]}`]))
    .join(', ');
}
