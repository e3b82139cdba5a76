import { serverName } from '@picket/shared/etcd-config/certificate-names.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { reachable, voters } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';

/**
 * That etcd's authentication is on and lets Picket in, and which etcd users have the name of a server certificate. The
 * headline says if Picket is kept out. Pure.
 */
export function authenticationNotices(situation: Situation): readonly Reason[] {
  const { spec, status, now } = situation;
  const admitting = voters(situation).flatMap(([name]) => {
    const node = status.nodes[name];
    const { service, etcd = null } = node?.status ?? {};
    return reachable(node, now).ok && service?.authenticationOn === true && etcd !== null ? [service] : [];
  });
  if (admitting.length === 0) return [];
  const found = new Set(admitting.flatMap(({ usersLikeServers = [] }) => usersLikeServers));
  const servers = spec.members.map(({ name }) => serverName(name)).filter((name) => found.has(name));
  return [reason('authentication_admits'), ...servers.map((user) => reason('user_named_like_server', { user }))];
}
