import { failure } from '@picket/shared/errors.ts';
import type { HostFiles, Owner } from './host.ts';

/** The numbers of a user by name, from the machine's own list. Throws `user_unknown`. */
export async function findUser(files: HostFiles, user: string, passwd = '/etc/passwd'): Promise<Owner> {
  const line = (await files.read(passwd))?.split('\n').find((entry) => entry.startsWith(`${user}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined || !/^\d+$/.test(uid) || !/^\d+$/.test(gid))
    throw failure('user_unknown', { user });
  return { uid: Number(uid), gid: Number(gid) };
}
