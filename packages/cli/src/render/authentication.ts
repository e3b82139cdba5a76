import { picketUser } from '@picket/shared/etcd-users/picket-user.ts';
import { plain } from '@picket/shared/plain.ts';

/** After etcd's authentication was switched. */
export function authenticationSwitched(cluster: string, enabled: boolean): string {
  const name = plain(cluster);
  return enabled
    ? `etcd's authentication is on in ${name}. Picket administers etcd as the user ${picketUser}. Switch it off with: picket cluster auth disable ${name}`
    : `etcd's authentication is off in ${name}. The users and roles are still there.`;
}
