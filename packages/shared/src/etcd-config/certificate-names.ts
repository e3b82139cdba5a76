import type { San } from '../pki/san.ts';

/** Where a member is found, as far as its certificates say. */
export interface MemberNames {
  /** The short name. */
  readonly name: string;
  readonly fqdn?: string | undefined;
  readonly address: string;
}

/**
 * The names in a member's server certificate. Those of the service and the virtual addresses come first, so
 * that clients can be sent to the cluster by one name; the loopback ones serve etcdctl and the agent on the
 * node, and etcd's JSON gateway, which dials its own server.
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
 * The common name of a client certificate. With etcd's authentication on, it is the etcd user that the
 * certificate logs in as: the colon keeps a host that is called `root` from being etcd's root. At most 64
 * characters (RFC 5280, ub-common-name), the end of a longer name left out.
 */
export function clientName(holder: string): string {
  return `client:${holder}`.slice(0, 64);
}

/**
 * The common name of a server certificate. With etcd's authentication on, etcd from 3.5.30 on takes calls through its
 * gateway for calls of the user of this name, whoever makes them: the blank keeps anybody from naming a user so by chance.
 * Cut as {@link clientName} is.
 */
export function serverName(member: string): string {
  return `etcd ${member}`.slice(0, 64);
}

function ownNames({ fqdn, name }: MemberNames): string[] {
  return fqdn === undefined ? [name] : [fqdn, name];
}

function distinct(...lists: readonly (readonly ['dns' | 'ip', ...string[]])[]): San[] {
  return lists.flatMap(([type, ...values]) => [...new Set(values)].map((value) => ({ type, value })));
}
