import { clientUrl, type MemberPlace, peerUrl } from '@picket/shared/etcd-config/member-config.ts';
import type { ClusterSpec, MemberSpec } from '@picket/shared/protocol/clusters.ts';
import type { ListedMember } from '@picket/shared/protocol/report.ts';
import { memberNames } from './member-names.ts';
import type { ClusterProgress } from './progress.ts';

/**
 * The URL by which other members know this one: by address unless the spec asks for names, so that losing DNS costs
 * nothing.
 */
export function peerUrlOf(spec: ClusterSpec, member: MemberSpec): string {
  return peerUrl(placeOf(spec, member));
}

/** The URL by which clients know this member. */
export function clientUrlOf(spec: ClusterSpec, member: MemberSpec): string {
  return clientUrl(placeOf(spec, member));
}

/**
 * The client URLs of any member. For one that is no longer declared they are those that etcd lists, since clients and
 * members use etcd's list; until that list is recorded, those of its former declaration.
 */
export function clientUrlsOf(spec: ClusterSpec, progress: Listings, name: string): readonly string[] {
  const declared = spec.members.find((member) => member.name === name);
  if (declared !== undefined) return [clientUrlOf(spec, declared)];
  return listingOf(progress, name)?.clientUrls ?? formerly(progress, name).map((member) => clientUrlOf(spec, member));
}

/** The peer URLs of any member, likewise. */
export function peerUrlsOf(spec: ClusterSpec, progress: Listings, name: string): readonly string[] {
  const declared = spec.members.find((member) => member.name === name);
  if (declared !== undefined) return [peerUrlOf(spec, declared)];
  return listingOf(progress, name)?.peerUrls ?? formerly(progress, name).map((member) => peerUrlOf(spec, member));
}

type Listings = Pick<ClusterProgress, 'members' | 'undeclared' | 'departing'>;

/** Its declaration, if operators have taken it out of the spec and its node is not let go yet. */
function formerly({ departing }: Listings, name: string): readonly MemberSpec[] {
  const former = departing[name];
  return former === undefined ? [] : [{ name, ...former }];
}

function listingOf({ members, undeclared }: Listings, name: string): ListedMember | undefined {
  return undeclared.find(({ id }) => id === members[name]?.memberId);
}

/** The client URLs of the members that take requests. */
export function voterUrls(spec: ClusterSpec, progress: Listings): string[] {
  return memberNames({ spec, progress })
    .filter((name) => progress.members[name]?.phase === 'voter')
    .flatMap((name) => clientUrlsOf(spec, progress, name));
}

export function placeOf(spec: ClusterSpec, member: MemberSpec): Required<MemberPlace> {
  return {
    address: member.address,
    advertise: spec.advertise,
    fqdn: `${member.name}.${spec.domain}`,
    ports: spec.ports,
  };
}
