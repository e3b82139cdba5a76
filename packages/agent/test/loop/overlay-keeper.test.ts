import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { findLbu, lbu } from '../../src/host/lbu.ts';
import { openAgent } from '../../src/loop/agent.ts';
import { type OverlayKeeper, overlayKeeper } from '../../src/loop/overlay-keeper.ts';
import { reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { silentLog } from '../../src/program/log.ts';
import { TestClock, type TestMachine, testMachine } from '../machine.ts';
import { temporaryFolder } from '../support.ts';

/**
 * A stand-in that takes Alpine's arguments. `include` keeps paths without their leading slash, each once. `commit`
 * prints its usage if no place to save is configured, or fails if it cannot save.
 */
const standIn = (folder: string) => `#!/bin/sh
cd ${folder} || exit 1
echo "$@" >> calls
case $1 in
include)
  shift
  for path; do grep -qx "+\${path#/}" lbu.list 2>/dev/null || echo "+\${path#/}" >> lbu.list; done ;;
exclude)
  shift
  for path; do grep -qx -e "-\${path#/}" lbu.list 2>/dev/null || echo "-\${path#/}" >> lbu.list; done ;;
commit)
  if [ ! -e media ]; then echo "usage: lbu commit|ci [-nv] [<media>]" >&2; exit 1; fi
  if [ -e media/full ]; then echo "lbu: Problems creating archive. aborting" >&2; exit 1; fi
  echo saved > media/host.apkovl.tar.gz ;;
*) exit 1 ;;
esac
`;

/** A machine whose /etc and lbu are folders of the test. */
function diskless(t: Test) {
  const folder = temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  for (const name of ['etc', 'state', 'media']) mkdirSync(at(name));
  writeFileSync(at('lbu'), standIn(folder));
  chmodSync(at('lbu'), 0o755);
  writeFileSync(at('launcher'), '');
  const clock = new TestClock();
  const start = (): OverlayKeeper =>
    overlayKeeper({
      lbu: lbu(at('lbu')),
      files: hostFiles(),
      clock,
      log: silentLog,
      stateDir: at('state'),
      saved: [at('etc'), at('launcher')],
      toInclude: [at('launcher'), at('nothing-there')],
      toExclude: [at('state/tools')],
    });
  return {
    at,
    clock,
    start,
    calls: () => (existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').trim().split('\n') : []),
    commits: () => (existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').split('commit').length - 1 : 0),
    write: (content: string) => writeFileSync(at('etc/conf.yml'), content),
  };
}

const settled = { settled: true, idle: true };

async function pass(clock: TestClock, keeper: OverlayKeeper, seconds: number, rest = settled): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    clock.advance(1000);
    keeper.tend(rest);
    await keeper.rested();
  }
}

t.test('many changes are saved by one commit, after they have stopped', async (t) => {
  const { at, clock, start, calls, write } = diskless(t);
  const keeper = start();
  for (let change = 0; change < 5; change += 1) {
    write(`${change}`);
    keeper.touched();
    await pass(clock, keeper, 3);
  }
  t.strictSame(calls(), []);
  await pass(clock, keeper, 60);
  const saving = [`include ${at('launcher')}`, `exclude ${at('state/tools')}`, 'commit'];
  t.strictSame(calls(), saving);
  t.equal(readFileSync(at('lbu.list'), 'utf8'), `+${at('launcher').slice(1)}\n-${at('state/tools').slice(1)}\n`);
  write('another');
  keeper.touched();
  await pass(clock, keeper, 60);
  t.strictSame(calls().slice(3), saving);
});

t.test('a saved state costs no commit: neither after a restart of the agent nor if nothing differs', async (t) => {
  const { clock, start, commits, write } = diskless(t);
  write('the same');
  await pass(clock, start(), 20);
  const next = start();
  await pass(clock, next, 20);
  next.touched();
  await pass(clock, next, 20);
  t.equal(commits(), 1);
});

t.test('a change that a power cut left unsaved is saved by the next run', async (t) => {
  const { clock, start, commits, write } = diskless(t);
  await pass(clock, start(), 20);
  write('changed, and the agent died');
  await pass(clock, start(), 20);
  t.equal(commits(), 2);
});

t.test('R2: nothing is saved while a member is down or something is left to do', async (t) => {
  const { clock, start, commits } = diskless(t);
  const keeper = start();
  await pass(clock, keeper, 600, { settled: false, idle: false });
  t.equal(commits(), 0);
  const waiting = start();
  await pass(clock, waiting, 200, { settled: false, idle: true });
  t.equal(commits(), 0);
  await pass(clock, waiting, 200, { settled: false, idle: true });
  t.equal(commits(), 1, 'an etcd that waits long for its peers does not prevent a save');
});

/** The changes in /etc are not saved, because of what lbu says. */
const notSaved = (text: string | RegExp) => ({
  code: 'overlay_not_saved',
  facts: { why: { code: 'error_says', facts: { text } } },
});

t.test('a failed commit is reported, and retried after ever longer pauses', async (t) => {
  const { at, clock, start, commits } = diskless(t);
  writeFileSync(at('media/full'), '');
  const keeper = start();
  await pass(clock, keeper, 600);
  t.equal(commits(), 5);
  t.match(keeper.problem(), notSaved(/^lbu commit failed: lbu: Problems creating archive/));
  rmSync(at('media/full'));
  await pass(clock, keeper, 600);
  t.equal(commits(), 6);
  t.equal(keeper.problem(), null);
});

t.test('an lbu that was never set up is reported as that', async (t) => {
  const { at, clock, start } = diskless(t);
  rmSync(at('media'), { recursive: true });
  const keeper = start();
  await pass(clock, keeper, 20);
  t.match(keeper.problem(), notSaved('lbu commit has no place to save to: run setup-lbu'));
});

t.test('an lbu is used if the root is in memory, and nowhere else', async (t) => {
  const machine = (type: string, program: string | null) => ({
    fileSystem: async () => ({ type, mountPoint: '/' }),
    findProgram: async () => program,
  });
  t.not(await findLbu(machine('tmpfs', '/sbin/lbu')), null);
  t.equal(await findLbu(machine('ext4', '/sbin/lbu')), null);
  t.equal(await findLbu(machine('tmpfs', null)), null);
});

t.test('an agent on such a machine saves its files once, and reports if it cannot', async (t) => {
  const { at, clock, start, commits } = diskless(t);
  const machine: TestMachine = await testMachine(t);
  const keeper = start();
  Object.assign(machine.deps, { overlay: keeper });
  machine.coordinator.offer(machine.desired({ etcd: null }));
  const agent = await openAgent(machine.deps);
  await fetchDesiredState(agent, 0);
  writeFileSync(at('media/full'), '');
  const look = async (seconds: number) => {
    let reason: AnyReason | null = null;
    for (let second = 0; second < seconds; second += 1) {
      clock.advance(1000);
      machine.clock.advance(1000);
      reason = (await reconcileOnce(agent)).status.service.reason;
      await keeper.rested();
    }
    return reason;
  };
  t.match(await look(20), { code: 'overlay_not_saved' });
  rmSync(at('media/full'));
  t.equal(await look(60), null);
  t.equal(commits(), 2);
  t.strictSame((await reconcileOnce(agent)).status.agent.waits, []);
});
