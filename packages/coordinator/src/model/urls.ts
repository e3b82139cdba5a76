import { clientUrl, type MemberPlace, peerUrl } from '@picket/shared/etcd-config/member-config.ts';
import type { ClusterSpec, MemberSpec } from '@picket/shared/protocol/clusters.ts';
import type { ClusterProgress } from './progress.ts';

/** The URL under which other members know this one: by address unless asked, so that losing DNS costs nothing. */
export function peerUrlOf(spec: ClusterSpec, member: MemberSpec): string {
  return peerUrl(placeOf(spec, member));
}

/** The URL under which clients know this member. */
export function clientUrlOf(spec: ClusterSpec, member: MemberSpec): string {
  return clientUrl(placeOf(spec, member));
}

/** The client URLs of the members that take requests. */
export function voterUrls(spec: ClusterSpec, { members }: Pick<ClusterProgress, 'members'>): string[] {
  return spec.members.filter(({ name }) => members[name]?.phase === 'voter').map((voter) => clientUrlOf(spec, voter));
}

export function placeOf(spec: ClusterSpec, member: MemberSpec): Required<MemberPlace> {
  return {
    address: member.address,
    advertise: spec.advertise,
    fqdn: `${member.name}.${spec.domain}`,
    ports: spec.ports,
  };
}
