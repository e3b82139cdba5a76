import { join } from 'node:path';
import t from 'tap';
import { runToEnd, startInBackground } from '../support/children.ts';
import { processesBelow } from '../support/fleet.ts';
import { until } from '../support/until.ts';

const main = join(import.meta.dirname, 'main.ts');

t.test('npm run load forms a cluster beside its busy loops, and ends with all of it when it is asked to', async (t) => {
  const folder = t.testdir();
  const args = [main, '--minutes', '10', '--loops', '1', '--disk-mib', '1'];
  const load = startInBackground(process.execPath, args, join(folder, 'log'), { TMPDIR: folder });
  t.teardown(() => load.stop());
  await until('a cluster was formed', () => load.log().includes('1 cluster formed') || !load.running, {
    within: 240_000,
    every: 500,
  });
  await load.stop();
  t.match(load.log(), 'The load has ended.');
  t.strictSame(await processesBelow(folder), []);
});

t.test('bad options are reported with the usage', async (t) => {
  for (const [args, problem] of [
    [['--minutes', '121'], 'error: --minutes takes a whole number from 1 to 120.'],
    [['--loops', '0'], 'error: --loops takes a whole number from 1 to 64.'],
    [['--hours', '1'], "error: Unknown option '--hours'."],
  ] as const) {
    const { code, stderr } = await runToEnd(process.execPath, [main, ...args]);
    t.strictSame({ code, told: stderr.startsWith(problem) }, { code: 64, told: true }, stderr);
  }
});
