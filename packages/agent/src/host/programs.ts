import { execFile } from 'node:child_process';
import { access, constants, realpath } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { cleanEnvironment } from './clean-environment.ts';
import { codeOf } from './file-failure.ts';

const patienceMs = 10_000;
const mostOutputBytes = 64 * 1024;

/**
 * The absolute path of a program on `path` (as in the environment's PATH), or null. Where `/bin` is a link to `/usr/bin`
 * it is told in the latter, whichever comes first: two shells must not differ over what this machine runs. A link to the
 * program itself is left as it is, since a package may lead it elsewhere with each version.
 */
export async function findProgram(program: string, path: string): Promise<string | null> {
  for (const folder of path.split(delimiter)) {
    const named = resolve(folder === '' ? '.' : folder);
    if (await isExecutable(join(named, program))) return join(await realpath(named), program);
  }
  return null;
}

/** Whether this user may run the file. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The version that an etcd binary says it has, such as `3.5.16`.
 * Throws `etcd_unusable` if it cannot be run, says something else, or takes longer than 10 s.
 */
export async function readEtcdVersion(binary: string): Promise<string> {
  const stdout = await outputOf(binary, ['--version']);
  const version = /^etcd Version: (\d+\.\d+\.\d+\S*)$/m.exec(stdout)?.[1];
  if (version === undefined)
    throw failure('etcd_unusable', { binary, problem: '--version does not tell an etcd version' });
  return version;
}

function outputOf(binary: string, args: readonly string[]): Promise<string> {
  return new Promise((done, fail) => {
    execFile(
      binary,
      args,
      { env: cleanEnvironment, timeout: patienceMs, maxBuffer: mostOutputBytes, encoding: 'utf8' },
      (error, stdout) => {
        if (error === null) done(stdout);
        else fail(failure('etcd_unusable', { binary, problem: runProblem(error) }, { cause: error }));
      },
    );
  });
}

function runProblem(error: Error & { readonly killed?: boolean | undefined }): string {
  if (error.killed === true) return `--version gave no answer within ${patienceMs / 1000} s`;
  const code = codeOf(error);
  if (code === 'ENOENT') return 'there is no such file, or it needs a library that is not there';
  if (code === 'EACCES') return 'it may not be run';
  if (code === 'ENOEXEC') return 'it is not a program for this machine';
  return '--version failed';
}
