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
 * The client URLs of any member. For one that is no longer declared they are those that etcd lists: its address went
 * with its declaration, and clients and members use etcd's list.
 */
export function clientUrlsOf(spec: ClusterSpec, progress: Listings, name: string): readonly string[] {
  const declared = spec.members.find((member) => member.name === name);
  return declared === undefined ? (listingOf(progress, name)?.clientUrls ?? []) : [clientUrlOf(spec, declared)];
}

/** The peer URLs of any member, likewise. */
export function peerUrlsOf(spec: ClusterSpec, progress: Listings, name: string): readonly string[] {
  const declared = spec.members.find((member) => member.name === name);
  return declared === undefined ? (listingOf(progress, name)?.peerUrls ?? []) : [peerUrlOf(spec, declared)];
}

type Listings = Pick<ClusterProgress, 'members' | 'undeclared'>;

function listingOf({ members, undeclared }: Listings, name: string): ListedMember | undefined {
  return undeclared.find(({ id }) => id === members[name]?.memberId);
}

/** The client URLs of the members that take requests. */
export function voterUrls(spec: ClusterSpec, progress: Pick<ClusterProgress, 'members' | 'undeclared'>): string[] {
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
