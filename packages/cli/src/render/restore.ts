import type { ClusterStatusView, MemberView } from '@picket/shared/protocol/clusters.ts';
import { answersReads } from '@picket/shared/protocol/etcd-health.ts';
import type { SnapshotCheck, SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { longSilence } from '@picket/shared/reasons/long-silence.ts';
import { freshForMs, reportAge } from './member-health.ts';
import { mayBeMissing } from './snapshots.ts';
import { byteSize, dateTime, span } from './units.ts';

const checkedBy: Readonly<Record<SnapshotCheck, string>> = {
  structure: 'only its hash and structure were checked',
  etcdutl: 'checked by etcdutl',
};

interface Known {
  readonly now: number;
  readonly takesLast: boolean;
  /** Of the present cluster; null if no voter reports it. */
  readonly authenticationOn: boolean | null;
}

/** What a restore gives up, and the snapshot, shown before the operator confirms it. */
export function givenUpByRestore(
  status: ClusterStatusView,
  snapshot: SnapshotView,
  { now, takesLast, authenticationOn }: Known,
): string {
  const { cluster: name, clusterId, state } = status;
  const members = status.members.filter(staysDeclared);
  const leaving = status.members.filter((member) => !staysDeclared(member)).map((member) => member.name);
  const held = members
    .filter(({ incarnation, nodeId }) => incarnation !== null && nodeId !== null)
    .map((member) => `  - ${member.name} (${member.phase}, ${standingOf(member, Date.parse(status.now))})`);
  const evicted = members
    .filter(({ incarnation, nodeId }) => incarnation !== null && nodeId === null)
    .map((member) => member.name);
  const id = clusterId === null ? '' : `, etcd cluster ${clusterId}`;
  const keys = snapshot.totalKeys === null ? '' : `, ${snapshot.totalKeys} entries`;
  return [
    `A restore replaces the data of ${name} (${state}${id}) with the snapshot ${snapshot.id}:`,
    `  ${cameFrom(snapshot, now)} (${snapshot.why.message})`,
    `  revision ${snapshot.revision}${keys}, ${byteSize(snapshot.sizeBytes)}, ${checkedBy[snapshot.checkedBy]}`,
    ...mayBeMissing(snapshot),
    'All that was written after the snapshot is lost.',
    takesLast
      ? 'A last snapshot of the present data is taken first, and kept.'
      : 'No last snapshot of the present data is taken.',
    ...(held.length === 0
      ? ['No node of a member is left.']
      : ['These members are stopped and start again as another etcd cluster:', ...held]),
    ...(evicted.length === 0
      ? []
      : [`These members have no node, because it was evicted: ${evicted.join(', ')}. Join new machines after this.`]),
    ...(leaving.length === 0 ? [] : [`These members leave the cluster, and are only stopped: ${leaving.join(', ')}`]),
    ...authenticationAfter(status.cluster, authenticationOn),
    'One node founds the cluster with the data of the snapshot; the others enter as learners.',
    'Revisions continue far above the former ones, so a client that watches gets the error that its revision is compacted.',
    '',
  ].join('\n');
}

function cameFrom({ takenAt, member }: SnapshotView, now: number): string {
  const at = `${dateTime(takenAt)}, ${span(Math.max(0, now - Date.parse(takenAt)))} ago`;
  return member === null ? `imported ${at}` : `taken ${at}, from ${member}`;
}

/** It is part of etcd's data. No record says whether it was on when the snapshot was taken. */
function authenticationAfter(cluster: string, isOn: boolean | null): readonly string[] {
  const now =
    isOn === null
      ? 'Whether it is on now is not known.'
      : isOn
        ? 'It is on now. If it was off then, every client certificate of the cluster gives access to all keys.'
        : 'It is off now. If it was on then, clients without an etcd user of that time lose their access.';
  return [
    "etcd's authentication, its users and its roles become those of the snapshot.",
    `  ${now}`,
    `  After the restore, \`picket cluster auth enable ${cluster}\` and \`disable\` switch it.`,
  ];
}

/** The state of a member by its last report, while that is fresh. A silent member may still serve. */
function standingOf(member: MemberView, now: number): string {
  const { status } = member;
  const age = reportAge(member, now);
  if (status === null || age === undefined || age < 0) return 'not known to serve';
  if (age > freshForMs) return `silent for ${span(age)}`;
  if (answersReads(status)) return 'serves';
  const { state, damage, dataDamage } = status.service;
  if (state === 'lost-data' || damage !== undefined) return 'has lost its data';
  if (dataDamage !== undefined) return 'etcd cannot use its data';
  if (state === 'stopped') return 'etcd stopped';
  if (state === 'crashed') return 'etcd crashed';
  return 'etcd answers no reads';
}

function staysDeclared({ leaving }: MemberView): boolean {
  return leaving !== true;
}

/** What happens now, and what the operator may have to do. `before`: the status before the restore. */
export function restoreBegun(before: ClusterStatusView, snapshot: SnapshotView): string {
  const { cluster: name } = before;
  const now = Date.parse(before.now);
  const members = before.members.filter(staysDeclared);
  const without = members.filter(({ nodeId }) => nodeId === null).map((member) => member.name);
  const silent = members.filter((member) => {
    const age = reportAge(member, now);
    return member.nodeId !== null && age !== undefined && age >= longSilence * 1000;
  });
  const joins = (member: string) => `\`picket token create ${name} --member ${member}\``;
  return [
    `${name} is being restored from the snapshot ${snapshot.id}. \`picket status ${name} --watch\` shows the progress.`,
    ...silent.map(
      (member) =>
        `If the machine of ${member.name} is lost: \`picket node evict ${member.nodeId ?? ''} --lost\`, then ${joins(member.name)}.`,
    ),
    ...without.map(
      (member) => `To join a new machine as ${member}, paste on it the install command that ${joins(member)} prints.`,
    ),
  ].join('\n');
}
