import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { ListedMember } from '@picket/shared/protocol/report.ts';
import type { ClusterStatus } from './cluster-status.ts';
import type { ClusterProgress } from './progress.ts';

type Declared = Pick<ClusterSpec, 'members'>;

/**
 * The declared members in their order, then by name those that have an incarnation and are no longer declared: until etcd has
 * removed them they count as every other does (R3).
 */
export function memberNames({ spec, progress }: { spec: Declared; progress: Pick<ClusterProgress, 'members'> }) {
  return declaredFirst(spec, Object.keys(progress.members));
}

/** The declared members in their order, then by name those that are no longer declared and whose nodes still exist. */
export function nodeNames({ spec, status }: { spec: Declared; status: Pick<ClusterStatus, 'nodes'> }) {
  return declaredFirst(spec, Object.keys(status.nodes));
}

function declaredFirst(spec: Declared, names: readonly string[]): readonly string[] {
  return [...namesOf(spec.members), ...names.filter((name) => !isDeclared(spec, name)).sort()];
}

/** Only the node of a declared member gets orders. */
export function isDeclared({ members }: Declared, name: string): boolean {
  return members.some((member) => member.name === name);
}

/** Voters that etcd lists and that have no incarnation here: somebody else added them. They count for etcd's quorum (R3). */
export function strangeVoters({
  members,
  undeclared,
}: Pick<ClusterProgress, 'members' | 'undeclared'>): readonly ListedMember[] {
  const ids = new Set(Object.values(members).map(({ memberId }) => memberId));
  return undeclared.filter(({ id }) => !ids.has(id));
}

export function namesOf(members: readonly { readonly name: string }[]): readonly string[] {
  return members.map(({ name }) => name);
}
