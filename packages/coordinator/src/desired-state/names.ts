import type { ClusterSpec, MemberSpec } from '@picket/shared/protocol/clusters.ts';
import type { NameToResolve } from '@picket/shared/protocol/join.ts';

/**
 * The names that a member's machine should be able to resolve, its own first: those of the others if members are known
 * by name, and the shared ones, which lead to the members or to an address that fronts them. None if members are on
 * loopback addresses: no other machine can reach those. Pure.
 */
export function namesToResolve(spec: ClusterSpec, member: MemberSpec): NameToResolve[] {
  if (spec.allowLoopback) return [];
  const byName = spec.advertise === 'name';
  const others = byName ? spec.members.filter(({ name }) => name !== member.name) : [];
  const usedBy = byName ? 'peers' : 'clients';
  return [...[member, ...others].map((one) => ownName(spec, one, usedBy)), ...sharedNames(spec)];
}

/** The names that a client's machine should be able to resolve: those in its endpoints. Pure. */
export function namesForClient(spec: ClusterSpec): NameToResolve[] {
  if (spec.allowLoopback) return [];
  const members = spec.advertise === 'name' ? spec.members : [];
  return [...members.map((one) => ownName(spec, one, 'clients')), ...sharedNames(spec)];
}

function ownName(
  { domain }: ClusterSpec,
  { name, address }: MemberSpec,
  usedBy: NameToResolve['usedBy'],
): NameToResolve {
  return { name: `${name}.${domain}`, addresses: [address], usedBy };
}

function sharedNames({ serviceNames, members, vips }: ClusterSpec): NameToResolve[] {
  const addresses = [...members.map(({ address }) => address), ...vips];
  return serviceNames.map((name) => ({ name, addresses, usedBy: 'clients' }));
}
