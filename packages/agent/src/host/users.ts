import { failure } from '@picket/shared/errors.ts';
import type { HostFiles, Owner } from './host.ts';

/**
 * As whom etcd runs, and to whom its files belong; null for whoever runs the agent. An agent that is root never runs
 * etcd as root unless it is told so: etcd could make a data dir then, and begin anew on a lost disk (R4).
 * Throws `user_unknown`.
 */
export async function etcdOwner(
  files: Pick<HostFiles, 'read'>,
  configured: string | null,
  uid: number | null,
  passwd?: string,
): Promise<Owner | null> {
  if (configured === null && uid !== 0) return null;
  return findUser(files, configured ?? 'etcd', passwd);
}

/** The numbers of a user by name, from the machine's own list. Throws `user_unknown`. */
export async function findUser(files: Pick<HostFiles, 'read'>, user: string, passwd = '/etc/passwd'): Promise<Owner> {
  const line = (await files.read(passwd))?.split('\n').find((entry) => entry.startsWith(`${user}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined || !/^\d+$/.test(uid) || !/^\d+$/.test(gid))
    throw failure('user_unknown', { user });
  return { uid: Number(uid), gid: Number(gid) };
}
