import { dirname } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import type { HostFiles } from './host.ts';
import { findProgram } from './programs.ts';
import { cleanEnvironment, problemOf, runAs } from './run-as.ts';
import { hasGroup, hasUser } from './users.ts';

/** Programs that make a user, with their arguments, in order. */
type Commands = readonly (readonly [program: string, ...args: string[]])[];

/** The programs that a system can have for this. */
export type UserTool = 'useradd' | 'adduser';

/** As the packages of etcd name it: their installation then leaves the user as it is. Nothing makes this folder. */
const home = '/var/lib/etcd';
const patienceMs = 20_000;

/**
 * How a system user and its group are made: without a home folder, a password and a login shell.
 *
 * @param tool `useradd` of shadow (Debian), or `adduser` of busybox (Alpine)
 * @param groupIsThere the system has a group of this name already
 */
export function commandsFor(tool: UserTool, user: string, groupIsThere: boolean): Commands {
  if (tool === 'useradd') {
    const group = groupIsThere ? ['--gid', user] : ['--user-group'];
    const shell = '/usr/sbin/nologin';
    return [['useradd', '--system', ...group, '--home-dir', home, '--no-create-home', '--shell', shell, user]];
  }
  const adduser = [
    'adduser',
    '-S',
    '-D',
    '-H',
    '-h',
    home,
    '-s',
    '/sbin/nologin',
    '-G',
    user,
    '-g',
    user,
    user,
  ] as const;
  return groupIsThere ? [adduser] : [['addgroup', '-S', user], adduser];
}

/**
 * Makes the user that runs etcd, and its group, unless the machine has that user. A repeat after a crash finishes the work.
 *
 * @param path where its programs are looked for, as in the environment's PATH
 * @returns whether it was made
 *
 * Throws `user_not_made`.
 */
export async function makeMissingUser(
  files: Pick<HostFiles, 'read'>,
  user: string,
  path: string = cleanEnvironment.PATH,
): Promise<boolean> {
  if (await hasUser(files, user)) return false;
  const found = (await findProgram('useradd', path)) ?? (await findProgram('adduser', path));
  const tool = found?.endsWith('/useradd') ? 'useradd' : 'adduser';
  const commands = commandsFor(tool, user, await hasGroup(files, user));
  const command = commands.map((words) => words.join(' ')).join(' && ');
  if (found === null)
    throw failure('user_not_made', { user, problem: 'this system has no useradd and no adduser', command });
  for (const [program, ...args] of commands) {
    const ended = await runAs(`${dirname(found)}/${program}`, args, { patienceMs });
    if (ended.error !== null)
      throw failure('user_not_made', { user, problem: `${program}: ${problemOf(ended)}`, command });
  }
  return true;
}
