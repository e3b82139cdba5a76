import type { ClusterSpec, MemberSpec } from '@picket/shared/protocol/clusters.ts';
import type { NameToResolve } from '@picket/shared/protocol/join.ts';

/**
 * The names that a member's machine should be able to resolve, its own first: those of the others where members are
 * known by name, and the shared ones, which lead to the members or to an address that fronts them. None where members
 * are on loopback addresses, which no other machine resolves to. Pure.
 */
export function namesToResolve(spec: ClusterSpec, member: MemberSpec): NameToResolve[] {
  if (spec.allowLoopback) return [];
  const byName = spec.advertise === 'name';
  const others = byName ? spec.members.filter(({ name }) => name !== member.name) : [];
  const shared = [...spec.members.map(({ address }) => address), ...spec.vips];
  return [
    ...[member, ...others].map((one) => ({
      name: `${one.name}.${spec.domain}`,
      addresses: [one.address],
      usedBy: byName ? ('peers' as const) : ('clients' as const),
    })),
    ...spec.serviceNames.map((name) => ({ name, addresses: shared, usedBy: 'clients' as const })),
  ];
}
