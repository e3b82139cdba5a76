import type { Stats } from 'node:fs';
import { failure } from '@picket/shared/errors.ts';
import type { HostFiles, NamedOwner, Owner } from './host.ts';

/** Where this machine lists its users and groups (passwd(5), group(5)). */
interface UserLists {
  readonly passwd: string;
  readonly group: string;
}

const systemLists: UserLists = { passwd: '/etc/passwd', group: '/etc/group' };

/** The user that the packages of etcd make. */
export const defaultEtcdUser = 'etcd';

/**
 * The user that runs etcd and owns its files; null for the user that runs the agent. An agent that is root runs etcd as
 * root only if agent.yml says so: as root, etcd could make an empty data directory on a lost disk and start with it
 * (R4). Throws `user_unknown`.
 */
export async function etcdOwner(
  files: Pick<HostFiles, 'read'>,
  configured: string | null,
  uid: number | null,
  lists?: UserLists,
): Promise<NamedOwner | null> {
  if (configured === null && uid !== 0) return null;
  return findUser(files, configured ?? defaultEtcdUser, lists);
}

/** A user by name, from the machine's own lists. Throws `user_unknown`. */
export async function findUser(
  files: Pick<HostFiles, 'read'>,
  user: string,
  { passwd, group }: UserLists = systemLists,
): Promise<NamedOwner> {
  const line = (await files.read(passwd))?.split('\n').find((entry) => entry.startsWith(`${user}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined || !/^\d+$/.test(uid) || !/^\d+$/.test(gid))
    throw failure('user_unknown', { user });
  const groups = (await files.read(group))?.split('\n').map((entry) => entry.split(':')) ?? [];
  // A group without a name is named by its number, which chown(1) and the init systems accept.
  const name = groups.find(([, , number]) => number === gid)?.[0] ?? gid;
  return { user, group: name, uid: Number(uid), gid: Number(gid) };
}

/** Whether the machine lists a user of this name, even a damaged one. */
export async function hasUser(files: Pick<HostFiles, 'read'>, user: string): Promise<boolean> {
  return isListed(await files.read(systemLists.passwd), user);
}

export async function hasGroup(files: Pick<HostFiles, 'read'>, group: string): Promise<boolean> {
  return isListed(await files.read(systemLists.group), group);
}

function isListed(text: string | null, name: string): boolean {
  return (text ?? '').split('\n').some((entry) => entry.startsWith(`${name}:`));
}

/** Whether a mode gives a user all of these bits, by the first class that the user belongs to, as the kernel decides. */
export function hasBits({ uid, gid, mode }: Pick<Stats, 'uid' | 'gid' | 'mode'>, user: Owner, bits: number): boolean {
  const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
  return ((mode >> shift) & bits) === bits;
}
