import type { San } from '../pki/san.ts';

/** The names and addresses of a member that its certificates contain. */
export interface MemberNames {
  /** The short name. */
  readonly name: string;
  readonly fqdn?: string | undefined;
  readonly address: string;
}

/**
 * The names in a member's server certificate. Clients can reach the cluster with the service names and virtual addresses.
 * etcdctl and the agent on the node use the loopback names, and so does etcd's JSON gateway, which dials its own server.
 */
export function serverSans(
  member: MemberNames & { readonly serviceNames?: readonly string[]; readonly virtualIps?: readonly string[] },
): San[] {
  return distinct(
    ['dns', ...(member.serviceNames ?? []), ...ownNames(member), 'localhost'],
    ['ip', ...(member.virtualIps ?? []), member.address, '127.0.0.1', '::1'],
  );
}

/**
 * The names in a member's peer certificate. etcd checks the source address of a peer against them; members
 * that share a machine dial each other from 127.0.0.1.
 */
export function peerSans(member: MemberNames): San[] {
  return distinct(['dns', ...ownNames(member)], ['ip', member.address, '127.0.0.1']);
}

/**
 * The common name of a client certificate. With etcd's authentication on, the certificate logs in as the etcd user of this
 * name. The colon prevents that a host named `root` becomes etcd's root. A name longer than 64 characters is cut at its end
 * (RFC 5280, ub-common-name).
 */
export function clientName(holder: string): string {
  return `client:${holder}`.slice(0, 64);
}

/**
 * The common name of a server certificate. With etcd's authentication on, etcd 3.5.30 and later treats every call through its
 * gateway as a call of the user with this name. The blank makes it unlikely that somebody names a user like this by chance.
 * Cut like {@link clientName}.
 */
export function serverName(member: string): string {
  return `etcd ${member}`.slice(0, 64);
}

/** True for the name of an etcd user that a server certificate of some member has, see {@link serverName}. */
export function isNamedLikeServer(user: string): boolean {
  return user.startsWith(serverName('')) && user.length <= 64;
}

function ownNames({ fqdn, name }: MemberNames): string[] {
  return fqdn === undefined ? [name] : [fqdn, name];
}

function distinct(...lists: readonly (readonly ['dns' | 'ip', ...string[]])[]): San[] {
  return lists.flatMap(([type, ...values]) => [...new Set(values)].map((value) => ({ type, value })));
}
