import { access, constants, readFile, realpath, stat } from 'node:fs/promises';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { mountOf, parseMounts } from './file-system.ts';
import type { NamedOwner } from './host.ts';
import { type Ended, problemOf, runAs } from './run-as.ts';
import { hasBits } from './users.ts';

const patienceMs = 10_000;

/**
 * The absolute path of a program on `path` (as in the environment's PATH), or null. If `/bin` is a link to `/usr/bin`,
 * the result is in the latter, whichever comes first: two shells must not disagree on what this machine runs. A link to
 * the program itself is kept, since a package may change its target with each version.
 */
export async function findProgram(program: string, path: string): Promise<string | null> {
  for (const folder of path.split(delimiter)) {
    const named = resolve(folder === '' ? '.' : folder);
    if (await isExecutable(join(named, program))) return join(await realpath(named), program);
  }
  return null;
}

/** This path (as in the environment's PATH) without the folders in this one. */
export function pathOutside(path: string, folder: string): string {
  const outside = (one: string) => relative(folder, resolve(one === '' ? '.' : one)).startsWith('..');
  return path.split(delimiter).filter(outside).join(delimiter);
}

/** True if this user may run the file. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The version that an etcd binary prints, such as `3.5.16`. Throws `etcd_unusable` if it cannot be run, prints
 * something else, or takes longer than 10 s.
 *
 * @param user who runs it, as etcd will run: root can run what others cannot. null for the user of this process
 */
export async function readEtcdVersion(binary: string, user: NamedOwner | null = null): Promise<string> {
  const ended = await runAs(binary, ['--version'], { owner: user, patienceMs });
  if (ended.error !== null) throw unusable(binary, user, await runProblem(ended, binary, user), ended.error);
  const version = /^etcd Version: (\d{1,9}\.\d{1,9}\.\d{1,9}\S{0,100})$/m.exec(ended.stdout)?.[1];
  if (version === undefined) throw unusable(binary, user, '--version does not print an etcd version');
  return version;
}

function unusable(binary: string, user: NamedOwner | null, problem: string, cause?: unknown): Error {
  const command = user === null ? `${binary} --version` : `su -s /bin/sh ${user.user} -c '${binary} --version'`;
  return failure('etcd_unusable', { binary, problem, command }, { cause });
}

async function runProblem(ended: Ended, binary: string, user: NamedOwner | null): Promise<string> {
  const { error, stderr } = ended;
  if (error?.killed === true) return `--version gave no answer within ${patienceMs / 1000} s`;
  if (error?.code === 'EACCES') return (await runObstacle(binary, user)) ?? 'it may not be run';
  if (error?.code === 'EPERM') return `the agent has no permission to run it as the user ${user?.user}`;
  if (error?.code === 'ENOENT' || error?.code === 'ENOEXEC') return problemOf(ended);
  // Such as the loader's message about a missing library, or one that this user may not read.
  const words = stderr.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
  return words === '' ? '--version failed' : `--version failed: ${words}`;
}

/**
 * What keeps a user from running an existing program: its file system, a folder on the way, or its mode. null if the
 * cause is not visible, as with an access control list. Only the user's first group counts.
 *
 * @param user null for the user of this process
 */
export async function runObstacle(binary: string, user: NamedOwner | null): Promise<string | null> {
  const path = await realpath(binary).catch(() => null);
  if (path === null) return null;
  const mount = mountOf(parseMounts(await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')), path);
  if (mount?.noexec === true) return `it is on ${mount.mountPoint}, which is mounted with the option noexec`;
  if (user === null) return null;
  for (const folder of foldersAbove(path)) {
    if (!(await hasExecuteBit(folder, user))) return `the user ${user.user} cannot pass through the folder ${folder}`;
  }
  return (await hasExecuteBit(path, user)) ? null : `the user ${user.user} has no permission to run it`;
}

/** The outermost folder first. */
function foldersAbove(path: string): readonly string[] {
  const folder = dirname(path);
  return folder === path ? [] : [...foldersAbove(folder), folder];
}

async function hasExecuteBit(path: string, user: NamedOwner): Promise<boolean> {
  return hasBits(await stat(path), user, 0o1);
}
