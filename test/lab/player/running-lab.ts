import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { until } from '../../support/until.ts';
import { leftoversOf } from '../leftovers.ts';

/** What `npm run lab` starts. */
export const labProgram = [process.execPath, join(import.meta.dirname, '../../../lab/main.ts')] as const;

/** The program, with a pipe or a terminal in front of it; its files are in a folder of the test's. */
export interface RunningLab {
  readonly pid: number;
  type(text: string): void;
  /** Resolves once it has printed this after what was last seen. */
  says(pattern: RegExp): Promise<void>;
  output(): string;
  /** Its exit status, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Fails the test if a process, a loop device or a file of it is left. */
  leavesNothing(): Promise<void>;
}

/** Longer than anything in there takes on a busy machine. */
const within = 180_000;

export async function startLab(t: Test, { terminal = false } = {}): Promise<RunningLab> {
  const folder = join(t.testdir({}), 'tmp');
  await mkdir(folder);
  const line = terminal
    ? ['script', '--quiet', '--return', '--command', labProgram.join(' '), '/dev/null']
    : labProgram;
  // What it writes is to stay in its order.
  const child = spawn('sh', ['-c', 'exec "$@" 2>&1', 'sh', ...line], { env: { ...process.env, TMPDIR: folder } });
  let output = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    pid: child.pid as number,
    type: (text) => void child.stdin.write(text),
    async says(pattern) {
      const look = () => {
        const found = pattern.exec(output.slice(seen));
        if (found === null) return false;
        seen += found.index + found[0].length;
        return true;
      };
      await until(`the lab says ${pattern}`, look, { within, lastSeen: () => output.slice(-2000) });
    },
    output: () => output,
    ended,
    async leavesNothing() {
      t.same(await leftoversOf(folder), { processes: [], loopDevices: [] }, 'no process and no mount is left');
      t.same(await readdir(folder), [], 'no file is left');
    },
  };
}
