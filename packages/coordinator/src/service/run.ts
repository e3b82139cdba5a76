import { execFile } from 'node:child_process';

/** What programs get of this process: nothing of its own environment, which may hold a secret (R11). */
export const programPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A user, by the numbers of user and group. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface Ended {
  readonly ok: boolean;
  readonly stdout: string;
  /** Why it failed: the last line that it wrote, else the system's error. */
  readonly problem: string;
}

interface RunOptions {
  /** The user that it runs as; the user of this process by default. */
  readonly owner?: Owner;
  readonly stdin?: string | Buffer;
}

/** Runs a program to its end, for two minutes at most. Never rejects. */
export function run(program: string, args: readonly string[], { owner, stdin = '' }: RunOptions = {}): Promise<Ended> {
  return new Promise((done) => {
    const options = {
      env: { PATH: programPath },
      cwd: '/',
      timeout: 120_000,
      killSignal: 'SIGKILL',
      ...(owner === undefined ? {} : { uid: owner.uid, gid: owner.gid }),
    } as const;
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const words = `${stdout}\n${stderr}`.trim().split('\n').at(-1) ?? '';
      done({ ok: error === null, stdout, problem: words === '' ? (error?.code?.toString() ?? '') : words });
    });
    // A program that reads none of it may be gone already.
    child.stdin?.on('error', () => undefined).end(stdin);
  });
}
