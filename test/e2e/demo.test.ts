import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { runToEnd, startInBackground } from '../support/children.ts';
import { processesBelow } from '../support/fleet.ts';
import { until } from '../support/until.ts';

const root = join(import.meta.dirname, '../..');
const runner = join(root, 'scripts/run.mjs');
const folderOf = (output: string): string | undefined => /is in (\S+picket-demo-\S+)/.exec(output)?.[1];

t.test('npm run demo -- --exit forms the cluster, checks it and leaves nothing', async (t) => {
  const { code, stdout, stderr } = await runToEnd(process.execPath, [runner, 'demo', '--', '--exit']);
  t.equal(code, 0, `${stdout}\n${stderr}`);
  t.notMatch(stdout, '✗');
  t.match(stdout, '✓ no client without a certificate gets in');
  await leavesNothing(t, folderOf(stdout));
});

t.test('Ctrl-C in the middle of a formation leaves nothing', async (t) => {
  const log = join(t.testdir(), 'demo.log');
  const demo = startInBackground(process.execPath, [runner, 'demo'], log);
  t.teardown(() => demo.stop('SIGINT'));
  // The first has its etcd by now or gets it this moment, the third has not joined.
  await until('two have joined', () => demo.log().includes('✓ x-k3s-m-2: picket-agent join'), {
    within: 60_000,
    lastSeen: demo.log,
  });
  process.kill(demo.pid, 'SIGINT');
  t.equal(await demo.ended, 130, demo.log());
  await leavesNothing(t, folderOf(demo.log()));
});

t.test('an unknown option is refused with the usage', async (t) => {
  const { code, stdout } = await runToEnd(process.execPath, [runner, 'demo', '--', '--exist']);
  t.equal(code, 2);
  t.match(stdout, 'npm run demo -- --exit');
});

async function leavesNothing(
  t: { same(a: unknown, b: unknown, m: string): boolean },
  folder: string | undefined,
): Promise<void> {
  if (folder === undefined) throw new Error('the demo did not name its folder');
  t.same(await processesBelow(folder), [], 'no process is left');
  const left = (await readdir(tmpdir())).filter((name) => folder.endsWith(`/${name}`));
  t.same(left, [], 'no file is left');
}
