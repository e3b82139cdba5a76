import { isNamedLikeServer } from '@picket/shared/etcd-config/certificate-names.ts';
import { picketUser } from '@picket/shared/etcd-users/picket-user.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { AuthenticationRefused } from './etcd.ts';
import { type JsonObject, listFrom, textFrom } from './gateway-json.ts';

/** Calls a path of etcd's JSON gateway. */
type Call = (path: string, body: JsonObject) => Promise<JsonObject>;

/** etcd refuses to switch authentication on without a user of this name and role. */
const root = 'root';

/** See `EtcdGateway.prepareAuthentication`. Only while authentication is off. Doing it again changes nothing. */
export async function prepareAuthentication(call: Call, clients: readonly string[]): Promise<void> {
  const { users } = await call('auth/user/list', {});
  const known = listFrom(users).map(textFrom);
  const likeServers = known.filter(isNamedLikeServer);
  if (likeServers.length > 0) throw new AuthenticationRefused(reason('users_like_servers', { users: likeServers }));
  const powerless: string[] = [];
  for (const client of clients) {
    if (!known.includes(client) || (await rolesOf(call, client)).length === 0) powerless.push(client);
  }
  if (powerless.length > 0) throw new AuthenticationRefused(reason('clients_without_role', { clients: powerless }));
  for (const name of [picketUser, root]) {
    // Nobody can log in with a password that does not exist, only with a certificate.
    if (!known.includes(name)) await call('auth/user/add', { name, options: { no_password: true } });
    if (!(await rolesOf(call, name)).includes(root)) await call('auth/user/grant', { user: name, role: root });
  }
}

async function rolesOf(call: Call, name: string): Promise<readonly string[]> {
  return listFrom((await call('auth/user/get', { name })).roles).map(textFrom);
}
