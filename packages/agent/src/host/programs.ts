import { type ExecFileException, execFile } from 'node:child_process';
import { access, constants, realpath } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { cleanEnvironment } from './clean-environment.ts';
import { codeOf } from './file-failure.ts';
import type { NamedOwner } from './host.ts';
import { runObstacle } from './run-obstacle.ts';

const patienceMs = 10_000;
const mostOutputBytes = 64 * 1024;

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
  const stdout = await outputOf(binary, user);
  const version = /^etcd Version: (\d{1,9}\.\d{1,9}\.\d{1,9}\S{0,100})$/m.exec(stdout)?.[1];
  if (version === undefined) throw unusable(binary, user, '--version does not print an etcd version');
  return version;
}

async function outputOf(binary: string, user: NamedOwner | null): Promise<string> {
  const as = user === null ? {} : { uid: user.uid, gid: user.gid };
  const options = { env: cleanEnvironment, timeout: patienceMs, maxBuffer: mostOutputBytes, cwd: '/', ...as };
  const ran = await new Promise<{ error: ExecFileException | null; stdout: string; stderr: string }>((done) => {
    execFile(binary, ['--version'], { ...options, encoding: 'utf8' }, (error, stdout, stderr) =>
      done({ error, stdout, stderr }),
    );
  });
  if (ran.error === null) return ran.stdout;
  throw unusable(binary, user, await runProblem(ran.error, ran.stderr, binary, user), ran.error);
}

function unusable(binary: string, user: NamedOwner | null, problem: string, cause?: unknown): Error {
  const command = user === null ? `${binary} --version` : `su -s /bin/sh ${user.user} -c '${binary} --version'`;
  return failure('etcd_unusable', { binary, problem, command }, { cause });
}

async function runProblem(
  error: ExecFileException,
  stderr: string,
  binary: string,
  user: NamedOwner | null,
): Promise<string> {
  if (error.killed === true) return `--version gave no answer within ${patienceMs / 1000} s`;
  const code = codeOf(error);
  if (code === 'ENOENT') return 'the file does not exist, or a library that it needs is missing';
  if (code === 'EACCES') return (await runObstacle(binary, user)) ?? 'it may not be run';
  if (code === 'ENOEXEC') return 'it is not a program for this machine';
  if (code === 'EPERM') return `the agent has no permission to run it as the user ${user?.user}`;
  // Such as the loader's message about a missing library, or one that this user may not read.
  const words = stderr.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
  return words === '' ? '--version failed' : `--version failed: ${words}`;
}
