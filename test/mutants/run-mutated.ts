import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killAllBelow } from '../support/fleet.ts';
import type { Mutant } from './mutant.ts';
import { environmentOf, replacingSource } from './replacing-source.ts';

const root = join(import.meta.dirname, '../..');

/**
 * Runs the test file with the guard replaced, in a process of its own, which is ended once an assertion fails. A module
 * that cannot be loaded ends a run too, without an assertion.
 *
 * The temporary folders of the tests lie in one folder of the run, tap's as well (TAP_CWD): two runs of one file would share
 * those. When the run has ended, that folder is removed, and
 * every process that has a path below it among its arguments is killed: an etcd that the agent starts has a session of its
 * own and outlives the test.
 */
export async function runMutated(mutant: Mutant): Promise<{ caught: boolean; said: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'picket-mutant-'));
  // As /tmp is: otherwise each test that runs a program as another user fails, with the guard too.
  await chmod(folder, 0o755);
  const child = spawn(process.execPath, [...replacingSource, join(root, mutant.caughtBy)], {
    env: {
      ...process.env,
      TMPDIR: folder,
      TAP_CWD: folder,
      ...environmentOf(mutant),
    },
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [exited, closed] = [once(child, 'exit'), once(child, 'close')];
  let said = '';
  let caught = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (stream !== child.stdout || caught || !/^\s*not ok /m.test(said)) return;
      caught = true;
      // By SIGTERM, tap still removes the folders that the tests made.
      child.kill('SIGTERM');
    });
  }
  await exited;
  await killAllBelow(folder);
  // What outlived the test may have held its output.
  await closed;
  await rm(folder, { recursive: true, force: true });
  return { caught, said };
}
