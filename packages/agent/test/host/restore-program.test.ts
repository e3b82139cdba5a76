import { chmodSync, copyFileSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { differencesOf } from '../../../../test/support/etcd-differences.ts';
import { restoreProblem, restoreProgramFinder } from '../../src/host/restore-program.ts';
import { TestClock } from '../machine.ts';
import { binaries, etcdUser, openFolder, programsIn } from '../snapshots/sample-snapshot.ts';

const { etcdctlRestores } = differencesOf(binaries.version);

/** As etcd 3.6's etcdctl, which has no restore: cobra then shows the help of the parent command. */
const laterEtcdctl = '#!/bin/sh\necho "snapshot save - Stores an etcd node backend snapshot to a given file"\n';

function script(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

function given(t: Test) {
  const folder = openFolder(t);
  const [beside, onPath, started] = [join(folder, 'beside'), join(folder, 'on-path'), join(folder, 'started')];
  for (const made of [beside, onPath, started]) mkdirSync(made);
  const now: { started: string | null } = { started: null };
  const clock = new TestClock();
  const find = restoreProgramFinder({
    ofRelease: () => now.started,
    etcd: join(beside, 'etcd'),
    owner: etcdUser,
    clock,
    path: `${onPath}:relative`,
  });
  return { beside, onPath, started, now, clock, find };
}

t.test('etcdutl beside etcd restores, else the one on the path, else a capable etcdctl', async (t) => {
  const { beside, onPath, find } = given(t);
  t.equal(await find(), null);
  programsIn(onPath, 'etcdctl');
  t.same(await find(), etcdctlRestores ? { kind: 'etcdctl', path: join(onPath, 'etcdctl') } : null);
  programsIn(onPath, 'etcdutl');
  t.same(await find(), { kind: 'etcdutl', path: join(onPath, 'etcdutl') });
  programsIn(beside, 'etcdutl');
  t.same(await find(), { kind: 'etcdutl', path: join(beside, 'etcdutl') });
  rmSync(join(beside, 'etcdutl'));
  t.same(await find(), { kind: 'etcdutl', path: join(onPath, 'etcdutl') });
});

t.test('the etcdutl of the release that runs comes before that of the package', async (t) => {
  const { beside, started, now, find } = given(t);
  for (const folder of [beside, started]) programsIn(folder, 'etcdutl');
  t.same(await find(), { kind: 'etcdutl', path: join(beside, 'etcdutl') });
  now.started = started;
  t.same(await find(), { kind: 'etcdutl', path: join(started, 'etcdutl') });
});

t.test('an etcdctl that cannot restore, such as that of etcd 3.6, is not used', async (t) => {
  const { onPath, find } = given(t);
  script(join(onPath, 'etcdctl'), laterEtcdctl);
  t.equal(await find(), null);
  t.match(await restoreProblem(join(onPath, 'etcdctl'), etcdUser), /does not know --bump-revision, --mark-compacted/);
});

t.test(
  'a program that etcd’s user may not run is not used',
  { skip: etcdUser === null && 'only root can run a program as another user' },
  async (t) => {
    const { onPath, find } = given(t);
    copyFileSync(binaries.etcdutl, join(onPath, 'etcdutl'));
    chmodSync(join(onPath, 'etcdutl'), 0o700);
    t.equal(await find(), null);
    t.equal(await restoreProblem(join(onPath, 'etcdutl'), etcdUser), 'it may not be run');
    t.equal(await restoreProblem(join(onPath, 'etcdutl'), null), null);
  },
);

t.test('a program is asked once until it changes, and a failed one again after a while', async (t) => {
  const { beside, onPath, clock, find } = given(t);
  const asked = join(beside, 'asked');
  writeFileSync(asked, '');
  chmodSync(asked, 0o666);
  const asks = (help: string) => `#!/bin/sh\necho x >> ${asked}\n${help}\n`;
  const program = join(onPath, 'etcdutl');
  script(program, asks('[ -e /nowhere ] && echo --bump-revision --mark-compacted; exit 3'));
  const size = () => statSync(asked).size / 2;
  t.equal(await find(), null);
  t.equal(await find(), null);
  t.equal(size(), 1);
  clock.advance(60_000);
  await find();
  t.equal(size(), 2);
  script(program, asks('echo --bump-revision --mark-compacted'));
  t.match(await find(), { kind: 'etcdutl' });
  clock.advance(600_000);
  await find();
  t.equal(size(), 3);
});
