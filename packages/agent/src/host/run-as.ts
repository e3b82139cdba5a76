import { type ExecFileException, execFile } from 'node:child_process';
import { lineInWords } from '@picket/shared/etcd-log/line-in-words.ts';
import type { Owner } from './host.ts';

/**
 * The environment for programs that the agent starts. It holds nothing of the agent's own, which may include a join
 * string (R11).
 */
export const cleanEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } as const;

export interface Ended {
  /** null if it exited with 0. */
  readonly error: ExecFileException | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  /** The user that it runs as; the user of this process by default. */
  readonly owner?: Owner | null;
  /** Milliseconds until it is killed. */
  readonly patienceMs: number;
  /** Kills it as well. */
  readonly signal?: AbortSignal | undefined;
  /** The folder that it begins in, which its user need not reach; `/` by default. */
  readonly cwd?: string;
}

/** See {@link runAs}. */
export type RunAs = (program: string, args: readonly string[], options: RunOptions) => Promise<Ended>;

const mostOutputBytes = 4 * 1024 * 1024;

/** Runs a program to its end, as another user if one is given, and then without supplementary groups. Never rejects. */
export function runAs(
  program: string,
  args: readonly string[],
  { owner = null, patienceMs, signal, cwd = '/' }: RunOptions,
): Promise<Ended> {
  const isOther = owner !== null && owner.uid !== process.getuid?.();
  return new Promise((done) => {
    const options = {
      cwd,
      env: cleanEnvironment,
      timeout: patienceMs,
      killSignal: 'SIGKILL',
      maxBuffer: mostOutputBytes,
      encoding: 'utf8',
      signal,
      ...(isOther ? { uid: owner.uid, gid: owner.gid } : {}),
    } as const;
    execFile(program, args, options, (error, stdout, stderr) => done({ error, stdout, stderr }));
  });
}

/** Why it failed: the last line on its stderr, otherwise the system's error. */
export function problemOf({ error, stderr }: Ended): string {
  const words = lineInWords(stderr.trim().split('\n').at(-1) ?? '').text.slice(0, 500);
  if (words !== '') return words;
  switch (error?.code) {
    case 'ENOENT':
      return 'the file does not exist, or a library that it needs is missing';
    case 'EACCES':
      return 'it may not be run';
    case 'ENOEXEC':
      return 'it is not a program for this machine';
    default:
      return error?.killed === true ? 'it did not end in time' : (error?.message.split('\n', 1)[0] ?? 'it failed');
  }
}
