import { picketUser, rootUser } from '@picket/shared/etcd-users/picket-user.ts';

/**
 * Makes Picket's etcd user, with the role root. A user of this name that came with the snapshot is deleted first: somebody may know its
 * password, and must not get the role root. Doing it again changes nothing.
 *
 * @param asRoot runs etcdctl as etcd's user root, and resolves to what it prints
 */
export async function admitPicket(asRoot: (...args: readonly string[]) => Promise<string>): Promise<void> {
  const users = (await asRoot('user', 'list')).split('\n').map((line) => line.trim());
  if (users.includes(picketUser)) await asRoot('user', 'delete', picketUser);
  await asRoot('user', 'add', picketUser, '--no-password');
  await asRoot('user', 'grant-role', picketUser, rootUser);
}
