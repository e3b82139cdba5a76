import { serverName } from '@picket/shared/etcd-config/certificate-names.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { presentStatus, voters } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';

/**
 * That etcd's authentication is on and lets Picket in, and which etcd users have the name of a server certificate. The
 * headline says if Picket is kept out. Pure.
 */
export function authenticationNotices(situation: Situation): readonly Reason[] {
  const admitting = voters(situation).flatMap(([name]) => {
    const { service, etcd = null } = presentStatus(situation, name) ?? {};
    return service?.authenticationOn === true && etcd !== null ? [service] : [];
  });
  if (admitting.length === 0) return [];
  const found = new Set(admitting.flatMap(({ usersLikeServers = [] }) => usersLikeServers));
  const servers = situation.spec.members.map(({ name }) => serverName(name)).filter((name) => found.has(name));
  return [reason('authentication_admits'), ...servers.map((user) => reason('user_named_like_server', { user }))];
}
