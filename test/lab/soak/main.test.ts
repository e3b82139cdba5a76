import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { runToEnd, startInBackground } from '../../support/children.ts';
import { until } from '../../support/until.ts';
import { labNeeded } from '../lab-needed.ts';
import { leftoversOf } from '../leftovers.ts';

const main = join(import.meta.dirname, 'main.ts');
const soak = (...args: readonly string[]) => runToEnd(process.execPath, [main, ...args]);

t.test('a command line that is wrong is refused with what it takes', async (t) => {
  for (const [args, problem] of [
    [['--cuts', 'x'], /^error: --cuts takes a whole number from 1, not "x"\.\n/],
    [['--cuts-per-cluster', '0'], /^error: --cuts-per-cluster takes a whole number from 1, not "0"\.\n/],
    [['--cut', '3'], /^error: Unknown option '--cut'\.\n/],
    [['5'], /^error: Unexpected argument '5'\.\n/],
    [
      ['--releases', '.'],
      /^error: --releases takes a folder with two archives or more, named as etcd-v3\.6\.14-linux-amd64\.tar\.gz is\.\n/,
    ],
    [['--releases', 'nowhere'], /^error: ENOENT: no such file or directory/],
    [['--journeys', '3.7.1'], /^error: --journeys needs --releases\.\n/],
    [['--seed'], /^error: Option '--seed <value>' argument missing\.\n/],
  ] as const) {
    const { code, stderr } = await soak(...args);
    t.equal(code, 64);
    t.match(stderr, problem);
    t.match(stderr, /--cuts N +power cuts in all/);
  }
  t.match(await soak('--help'), { code: 0, stdout: /^Usage: npm run soak/ });
});

t.test('nothing is left of a soak that is interrupted', labNeeded, async (t) => {
  const folder = t.testdir({ tmp: {} });
  const log = join(folder, 'log');
  const args = [main, '--cuts', '1', '--seed', 'x'];
  const running = startInBackground(process.execPath, args, log, { TMPDIR: join(folder, 'tmp') });
  t.teardown(() => running.stop('SIGKILL'));
  const patience = { within: 120_000, lastSeen: running.log };
  await until('hosts join', () => running.log().includes('three hosts join'), patience);
  process.kill(running.pid, 'SIGINT');
  t.equal(await running.ended, 130);
  t.match(running.log(), /Interrupted after 0 power cuts/);
  t.strictSame(await readdir(join(folder, 'tmp')), []);
  t.strictSame(await leftoversOf(join(folder, 'tmp')), { processes: [], loopDevices: [] });
});
