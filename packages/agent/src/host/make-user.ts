import { dirname } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { userCommands } from '@picket/shared/system-user.ts';
import type { HostFiles } from './host.ts';
import { findProgram } from './programs.ts';
import { cleanEnvironment, problemOf, runAs } from './run-as.ts';
import { hasGroup, hasUser } from './users.ts';

/** As the packages of etcd name it: their installation then leaves the user as it is. Nothing makes this folder. */
const home = '/var/lib/etcd';
const patienceMs = 20_000;

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
  const commands = userCommands(tool, { user, home, hasGroup: await hasGroup(files, user) });
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
