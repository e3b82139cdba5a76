import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../../../../../test/support/said.ts';
import { ableToEnter } from '../../../src/controller/membership/newcomers.ts';
import { configurationOf } from '../../../src/model/configuration-of.ts';
import { mayGoBack, minorBeside } from '../../../src/model/upgrade-stage.ts';
import { rolloutView } from '../../../src/status/rollout-view.ts';
import { Upgrading } from './upgrading.ts';

const install = (version: string | null) => ({ kind: 'install', version }) as const;
const restart = { kind: 'restart' } as const;
const whole = [install('3.5.33'), restart, install('3.6.14')];

const kinds = (cluster: Upgrading) => cluster.taken.map(({ kind }) => kind);

t.test('R17 an upgrade does one stage after another, and then the cluster runs the next minor version', (t) => {
  const cluster = new Upgrading().orders(whole).rounds();
  t.strictSame(cluster.versions(), ['3.6.14', '3.6.14', '3.6.14']);
  t.equal(cluster.upgrade, null);
  t.equal(cluster.scene.progress.etcdMinor, '3.6');
  const stages = kinds(cluster).filter((kind) => kind.startsWith('end-upgrade'));
  t.strictSame(stages, ['end-upgrade-stage', 'end-upgrade-stage', 'end-upgrade-stage', 'end-upgrade']);
  t.match(cluster.taken.at(-1), { kind: 'end-upgrade', aborted: false });
  t.end();
});

t.test('R17 no member gets the next minor version before each has restarted once more on the level before', (t) => {
  const cluster = new Upgrading().orders(whole).rounds();
  const first = cluster.taken.findIndex(
    (step) => step.kind === 'release-configuration' && step.configuration.etcd?.version === '3.6.14',
  );
  const before = cluster.taken.slice(0, first);
  const again = before.flatMap((step) => (step.kind === 'grant-permit' && step.upgrade ? [step.member] : []));
  t.strictSame(again, ['x-k3s-m-2', 'x-k3s-m-3', 'x-k3s-m-1'], 'the leader last');
  const patched = before.findLastIndex((step) => step.kind === 'settle-configuration');
  const firstAgain = before.findIndex((step) => step.kind === 'grant-permit' && step.upgrade === true);
  t.ok(firstAgain > patched, 'and after the last one runs that level');
  t.end();
});

t.test('R2 one member at a time restarts in an upgrade', (t) => {
  const cluster = new Upgrading({ members: 5 }).orders(whole).rounds(120);
  const permits = cluster.taken.flatMap(({ kind }) =>
    kind === 'grant-permit' || kind === 'close-permit' ? [kind] : [],
  );
  t.equal(permits.length, 30);
  t.ok(permits.every((kind, index) => kind === (index % 2 === 0 ? 'grant-permit' : 'close-permit')));
  t.strictSame(new Set(cluster.versions()), new Set(['3.6.14']));
  t.end();
});

t.test('R19 the rollout of a later stage is no second step of two', (t) => {
  const { scene } = new Upgrading().orders(whole, ['before-last']).rounds();
  t.match(rolloutView(scene.spec, scene.progress), { step: 1, steps: 1 });
  t.end();
});

t.test('R6 an upgrade waits before the last member, and goes on at the word of an operator', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')], ['before-last']).rounds();
  t.strictSame(cluster.versions(), ['3.5.33', '3.6.14', '3.6.14']);
  t.match(cluster.scene.decide().waits, [
    { code: 'upgrade_pauses_before_last', facts: { member: 'x-k3s-m-1', version: '3.6.14' } },
  ]);
  t.equal(mayGoBack({ ...cluster.scene, status: cluster.scene.status() }), true);
  cluster.steers('resume').rounds();
  t.strictSame(cluster.versions(), ['3.6.14', '3.6.14', '3.6.14']);
  t.equal(cluster.upgrade, null);
  t.end();
});

t.test('R6 an upgrade waits after the first member, if an operator wants that', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')], ['after-first']).rounds();
  t.strictSame(cluster.versions(), ['3.5.33', '3.6.14', '3.5.33']);
  t.match(cluster.scene.decide().waits, [{ code: 'upgrade_pauses_after_first' }]);
  cluster.steers('resume').rounds();
  t.equal(cluster.scene.progress.etcdMinor, '3.6');
  t.end();
});

t.test('R19 an operator’s own pause is not called one of the upgrade', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')], ['after-first']).rounds();
  cluster.steers('resume').steers('pause').rounds(2);
  t.match(cluster.scene.decide().waits, [{ code: 'rollout_paused' }]);
  cluster.steers('resume').rounds();
  t.equal(cluster.scene.progress.etcdMinor, '3.6');
  t.end();
});

/** What the stage under way waits for, ten minutes after these members were heard last. */
function awaited(cluster: Upgrading, ...silent: readonly number[]) {
  const { scene } = cluster;
  scene.wait(600);
  for (const number of cluster.runs.keys()) if (!silent.includes(number)) cluster.report(number);
  cluster.settle();
  return scene.decide().waits.filter(({ code }) => code === 'stage_waits_for');
}

t.test('R19 a stage that all but a silent voter have done says whom it waits for', (t) => {
  const restarting = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')]);
  const { progress } = restarting.scene;
  for (const number of [2, 3]) restarting.runs.set(number, { ...restarting.at(number), permit: `permit${number}` });
  const restarts = { 'x-k3s-m-2': 'permit2', 'x-k3s-m-3': 'permit3' };
  restarting.scene.progress = { ...progress, upgrade: { ...progress.upgrade!, restarts } };
  t.match(awaited(restarting, 1), [{ facts: { member: 'x-k3s-m-1', why: { code: 'silent' } } }]);
  t.strictSame(awaited(restarting, 1, 2, 3).length, 1, 'only those that have not restarted');

  const installing = new Upgrading().orders([install('3.5.33')]).rounds();
  installing.scene.progress = {
    ...installing.scene.progress,
    upgrade: { ...progress.upgrade!, stages: [install('3.5.33')] },
  };
  t.match(awaited(installing, 3), [{ facts: { member: 'x-k3s-m-3', why: { code: 'silent' } } }]);
  installing.runs.set(3, { ...installing.at(3), version: '3.5.16' });
  t.match(awaited(installing), [
    { facts: { member: 'x-k3s-m-3', why: reason('runs_other_etcd', { runs: '3.5.16', version: '3.5.33' }) } },
  ]);
  t.end();
});

t.test('R6 R17 an abort before the last member brings every member back', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')], ['before-last']).rounds();
  cluster.steers('abort');
  t.equal(minorBeside(cluster.scene.progress), '3.6', 'members may still come from it');
  cluster.rounds();
  t.strictSame(cluster.at(2).release, null);
  t.equal(cluster.upgrade, null);
  t.equal(cluster.scene.progress.etcdMinor, '3.5');
  t.match(cluster.taken.at(-1), { kind: 'end-upgrade', aborted: true });
  t.end();
});

t.test('R6 an abort is refused once etcd’s cluster version has risen, and not before', (t) => {
  const paused = () => new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')], ['before-last']).rounds();
  const given = paused();
  given.raises = false;
  given.steers('resume').rounds(2);
  t.match(given.scene.progress.configuration.trial, { member: 'x-k3s-m-1' }, 'the last one has been given it');
  given.steers('abort').rounds();
  t.strictSame(given.versions(), ['3.5.33', '3.5.33', '3.5.33']);
  const risen = paused();
  risen.steers('resume').rounds(2);
  risen.clusterVersion = '3.6.0';
  risen.allReport();
  const why = reason('abort_too_late');
  t.throws(() => risen.steers('abort'), failure('no_rollout', { cluster: 'x-k3s', order: 'abort', reason: why }));
  risen.clusterVersion = '3.5.0';
  risen.allReport();
  risen.report(2, { etcd: { clusterVersion: '3.6.0' } });
  t.throws(() => risen.steers('abort'), failure('no_rollout', { cluster: 'x-k3s', order: 'abort', reason: why }));
  t.end();
});

t.test(
  'R6 an abort brings a single member back whose next etcd does not start: nobody can show a cluster version',
  (t) => {
    const cluster = new Upgrading({ runs: '3.5.33', members: 1, allowDowntime: true });
    cluster.cannotRun.add(1);
    cluster.orders([restart, install('3.6.14')]).rounds(20);
    t.strictSame(cluster.versions(), ['3.6.14']);
    t.notOk(kinds(cluster).includes('put-back-configuration'), 'never without an order');
    cluster.steers('abort').rounds();
    t.match(configurationOf(cluster.scene.spec, cluster.scene.progress, 'x-k3s-m-1'), { etcd: undefined });
    t.end();
  },
);

t.test('R6 R17 an abort ends if somebody removes the last member with the former version', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')], ['before-last']).rounds();
  cluster.steers('abort');
  cluster.clusterVersion = '3.6.0';
  cluster.allReport();
  cluster.settle();
  t.equal(cluster.upgrade, null);
  t.equal(cluster.scene.progress.etcdMinor, '3.6');
  t.equal(cluster.scene.progress.configuration.paused, true, 'an operator decides what is wanted');
  t.end();
});

t.test('R17 a restored coordinator brings no member back from a cluster version that has risen', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')], ['before-last']).rounds();
  const { progress } = cluster.scene;
  cluster.steers('resume').rounds(4);
  // The backup is from before the last member changed, and what members got since is not known.
  cluster.scene.progress = {
    ...progress,
    configuration: { ...progress.configuration, rolledOut: {}, trial: null, paused: true },
  };
  cluster.taken.length = 0;
  for (const number of cluster.runs.keys()) cluster.report(number, { etcd: { clusterVersion: '' } });
  t.throws(
    () => cluster.steers('abort'),
    failure('no_rollout', { cluster: 'x-k3s', order: 'abort', reason: reason('abort_too_late') }),
    'R19 no way back is known before members have shown one',
  );
  cluster.rounds();
  t.strictSame(cluster.versions(), ['3.6.14', '3.6.14', '3.6.14']);
  t.notOk(kinds(cluster).includes('grant-permit'));
  t.equal(cluster.scene.progress.etcdMinor, '3.6');
  t.equal(cluster.upgrade, null);
  t.match(cluster.scene.progress.configuration.settled, { etcd: { version: '3.6.14' } });
  t.end();
});

t.test('R17 an upgrade ends whose members already run a minor version that its stage knows nothing of', (t) => {
  for (const at of [0, 1]) {
    const cluster = new Upgrading({ runs: '3.5.33' }).orders([install('3.6.14'), restart, install('3.7.1')]);
    // As in the backup of a coordinator: the cluster has come further since.
    cluster.scene.progress = {
      ...cluster.scene.progress,
      ...(at === 1 ? { etcdMinor: '3.6' } : {}),
      upgrade: cluster.upgrade && { ...cluster.upgrade, at },
    };
    cluster.clusterVersion = '3.7.0';
    for (const [number, one] of cluster.runs) cluster.runs.set(number, { ...one, version: '3.7.1', release: '3.7.1' });
    cluster.allReport();
    cluster.settle();
    t.match(cluster.taken, [{ kind: 'record-version', minor: '3.7', ends: '3.7.1' }]);
    t.equal(cluster.upgrade, null);
    t.equal(cluster.scene.progress.etcdMinor, '3.7');
  }
  t.end();
});

t.test('R6 R17 a stage that all members have done ends although other settings have stopped since', (t) => {
  for (const last of [install('3.6.14'), { ...install(null), packageMinor: '3.6' }]) {
    const cluster = new Upgrading().orders([install('3.5.33'), restart, last]);
    const { scene } = cluster;
    for (const number of cluster.runs.keys()) cluster.packages.set(number, '3.6.14');
    for (let count = 0; count < 60 && cluster.clusterVersion !== '3.6.0'; count += 1) cluster.round();
    const tuning = { ...scene.spec.tuning, heartbeatIntervalMs: 501 };
    scene.spec = { ...scene.spec, revision: 9, tuning };
    for (let count = 0; count < 9 && scene.progress.configuration.trial?.member !== 'x-k3s-m-2'; count += 1)
      cluster.round();
    cluster.rejects.add(2);
    cluster.rounds(9);
    t.equal(cluster.upgrade, null);
    t.equal(scene.progress.etcdMinor, '3.6');
    t.match(scene.decide().waits, [{ code: 'rollout_stopped', facts: { member: 'x-k3s-m-2', revision: 9 } }]);
    const tried = cluster.taken.filter(
      (step) => step.kind === 'release-configuration' && step.configuration.revision === 9,
    );
    t.equal(tried.length, 1, 'nobody gets them again');
    cluster.steers('abort');
    t.equal(scene.spec.tuning.heartbeatIntervalMs, 500, 'and an abort takes them back');
    t.strictSame(new Set(cluster.rounds().versions()), new Set(['3.6.14']));
  }
  t.end();
});

t.test('R6 R17 a stage does not end while a member lacks its etcd, which others have', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')]);
  cluster.cannotRun.add(3);
  cluster.rounds();
  cluster.cannotRun.clear();
  for (const number of cluster.runs.keys()) cluster.runs.set(number, { ...cluster.at(number), version: '3.6.14' });
  cluster.clusterVersion = '3.6.0';
  cluster.allReport();
  t.ok(cluster.scene.progress.configuration.stopped);
  t.not(cluster.scene.decide().step?.kind, 'end-upgrade-stage');
  t.end();
});

/** The coordinator was restored to the first stage, and since then the members have got these versions of etcd. */
function restoredBehind(...versions: readonly string[]): Upgrading {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([install('3.6.14'), restart, install('3.7.1')]);
  cluster.clusterVersion = '3.6.0';
  versions.forEach((version, index) => {
    cluster.runs.set(index + 1, { ...cluster.at(index + 1), version, release: version });
  });
  cluster.allReport();
  return cluster;
}

t.test('R17 an upgrade ends whose members have passed its stage with etcd that it knows nothing of', (t) => {
  for (const versions of [
    ['3.6.14', '3.7.1', '3.6.14'],
    ['3.6.15', '3.6.15', '3.6.15'],
  ]) {
    const cluster = restoredBehind(...versions);
    cluster.settle();
    t.match(cluster.taken[0], { kind: 'record-version', minor: '3.6', ends: '3.7.1' });
    t.equal(cluster.upgrade, null);
    t.strictSame(cluster.rounds().versions(), versions, 'nobody goes back');

    const early = restoredBehind(...versions);
    early.clusterVersion = '3.5.0';
    early.raises = false;
    early.allReport();
    early.settle();
    t.notOk(kinds(early).includes('record-version'), 'not before etcd’s cluster version has risen');
  }
  const former = restoredBehind('3.6.15', '3.6.15', '3.5.33');
  former.settle();
  t.notOk(kinds(former).includes('record-version'), 'not while a member runs the former version');
  t.end();
});

t.test('R6 a member that says that it rejected the new one is not put back once the cluster version has risen', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')], ['before-last']).rounds();
  cluster.steers('resume').rounds(2);
  cluster.clusterVersion = '3.6.0';
  cluster.allReport();
  cluster.report(1, { service: { rejected: reason('conf_silent', { proving: 10, within: 90 }) } });
  t.not(cluster.scene.decide().step?.kind, 'put-back-configuration');
  t.end();
});

t.test('R6 settings that the last member cannot run with past the rise are named, and give way to others', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')]);
  const { scene } = cluster;
  for (let count = 0; count < 60 && cluster.clusterVersion !== '3.6.0'; count += 1) cluster.round();
  cluster.rejects.add(1);
  cluster.rounds(9);
  t.match(scene.decide().waits, [{ code: 'runs_revision', facts: { why: { code: 'node_says' } } }]);
  scene.spec = { ...scene.spec, revision: 10, tuning: { ...scene.spec.tuning, snapshotCount: 20_000 } };
  t.match(scene.decide().step, {
    kind: 'release-configuration',
    member: 'x-k3s-m-1',
    configuration: { etcd: { version: '3.6.14' }, tuning: { snapshotCount: 20_000 } },
  });
  t.end();
});

t.test('R6 a change of settings in the middle takes neither the pause nor the snapshot from the last member', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')], ['before-last']).rounds();
  const { scene } = cluster;
  scene.spec = { ...scene.spec, revision: 9, tuning: { ...scene.spec.tuning, snapshotCount: 20_000 } };
  scene.leader = 'a2';
  cluster.steers('resume').rounds();
  const given = cluster.taken.flatMap((step) => (step.kind === 'release-configuration' ? [step.member] : []));
  t.equal(cluster.taken.filter(({ kind }) => kind === 'pause-upgrade').length, 1);
  t.ok(given.includes('x-k3s-m-1'));
  t.equal(cluster.upgrade, null);
  t.end();
});

t.test('R6 a first member that cannot run with the next minor version gets its own back, and no other gets it', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')]);
  cluster.cannotRun.add(2);
  cluster.rounds();
  t.ok(kinds(cluster).includes('put-back-configuration'));
  t.strictSame([cluster.at(1).version, cluster.at(3).version], ['3.5.33', '3.5.33']);
  t.end();
});

t.test('R6 R17 a last member that fails is not put back once no quorum shows the former cluster version', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')], ['before-last']).rounds();
  cluster.cannotRun.add(1);
  cluster.clusterVersion = '3.6.0';
  cluster.steers('resume').rounds();
  t.notOk(kinds(cluster).includes('put-back-configuration'));
  t.match(cluster.scene.decide().waits, [{ code: 'runs_revision', facts: { why: { code: 'no_way_back_by_swap' } } }]);
  t.end();
});

/** The last of so many members ends at each start with the next minor version, before it has answered, and the cluster version has not risen. */
function lastEndsAtOnce(members: number): Upgrading {
  const cluster = new Upgrading({ runs: '3.5.33', members, allowDowntime: true });
  cluster.orders([restart, install('3.6.14')], ['before-last']).rounds();
  cluster.cannotRun.add(1);
  cluster.steers('resume').rounds(members > 2 ? 20 : 9);
  const unknown = { back: '3.5', agreeing: members - 1, needed: members, voters: members };
  if (members <= 2) cluster.report(1, { agent: { waits: [reason('way_back_unknown', unknown)] } });
  return cluster;
}

t.test('R6 one of three that ends at each start gets the former release back while the version has not risen', (t) => {
  const cluster = lastEndsAtOnce(3);
  t.ok(kinds(cluster).includes('put-back-configuration'));
  t.equal(configurationOf(cluster.scene.spec, cluster.scene.progress, 'x-k3s-m-1').etcd, undefined);
  t.end();
});

for (const members of [1, 2]) {
  t.test(`R6 R19 one of ${members} that does so gets it back by an order alone, which status names`, (t) => {
    const cluster = lastEndsAtOnce(members);
    t.notOk(kinds(cluster).includes('put-back-configuration'), 'without it, no quorum shows the cluster version');
    const way = { cluster: 'x-k3s', member: 'x-k3s-m-1', minor: '3.5' };
    t.strictSame(cluster.scene.decide().waits[0], reason('goes_back_by_order', way));
    cluster.steers('abort');
    t.notOk(
      cluster.scene.decide().waits.some(({ code }) => code === 'goes_back_by_order'),
      'it is ordered',
    );
    cluster.rounds(20);
    t.equal(configurationOf(cluster.scene.spec, cluster.scene.progress, 'x-k3s-m-1').etcd, undefined);
    t.end();
  });
}

t.test('R6 R19 the order is not named once a voter shows the risen cluster version', (t) => {
  const cluster = lastEndsAtOnce(2);
  cluster.clusterVersion = '3.6.0';
  cluster.report(2);
  t.notOk(cluster.scene.decide().waits.some(({ code }) => code === 'goes_back_by_order'));
  t.end();
});

/** The last member restarts with the next minor version, and meanwhile an operator declares other settings. */
function changedAtTheLast(): Upgrading {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')]);
  for (let count = 0; count < 60 && cluster.clusterVersion !== '3.6.0'; count += 1) cluster.round();
  const { scene } = cluster;
  if (scene.progress.permit?.member !== 'x-k3s-m-1') throw new Error('the last member has no permit');
  const tuning = { ...scene.spec.tuning, heartbeatIntervalMs: scene.spec.tuning.heartbeatIntervalMs + 1 };
  scene.spec = { ...scene.spec, tuning, revision: 9 };
  for (let count = 0; count < 9 && scene.progress.permit !== null; count += 1) cluster.round();
  return cluster;
}

t.test(
  'R6 a last member that runs the next minor version gets other settings only once it has shown that it runs',
  (t) => {
    const cluster = changedAtTheLast();
    const shown = cluster.taken.findIndex(
      (step) => step.kind === 'confirm-configuration' && step.member === 'x-k3s-m-1',
    );
    const given = cluster.taken.findIndex(
      (step) => step.kind === 'release-configuration' && step.configuration.tuning.heartbeatIntervalMs === 501,
    );
    t.ok(shown >= 0 && given > shown, 'what it had before 3.6 is no way back from them');
    cluster.rounds();
    t.equal(cluster.scene.progress.configuration.settled?.tuning.heartbeatIntervalMs, 501);
    t.end();
  },
);

t.test(
  'R6 settings that a member cannot run with are put back, though its etcd stays what the stage has brought',
  (t) => {
    const cluster = changedAtTheLast();
    const { scene } = cluster;
    const member = scene.progress.configuration.trial?.member ?? '';
    const number = Number(member.at(-1));
    scene.published(number).wait(1);
    cluster.report(number, { service: { rejected: said('etcd ended with them') } });
    cluster.settle();
    t.match(scene.progress.configuration, { trial: null, stopped: { member } });
    t.equal(configurationOf(scene.spec, scene.progress, member).etcd?.version, '3.6.14');
    t.end();
  },
);

t.test(
  'R6 the last member is given the next minor version only after a snapshot: once down, it starts without a permit',
  (t) => {
    const { taken } = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')]).rounds();
    const given = taken.findLastIndex((step) => step.kind === 'release-configuration');
    const stored = taken.findIndex((step) => step.kind === 'assign-snapshot');
    t.match(taken[given], { member: 'x-k3s-m-1', configuration: { etcd: { version: '3.6.14' } } });
    t.ok(stored >= 0 && stored < given);
    t.end();
  },
);

t.test('R17 a stage that brings another minor version ends when a quorum shows the new cluster version', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')]);
  cluster.raises = false;
  cluster.rounds();
  t.strictSame(cluster.versions(), ['3.6.14', '3.6.14', '3.6.14']);
  t.match(cluster.scene.decide().waits, [{ code: 'cluster_version_rises', facts: { minor: '3.6' } }]);
  t.equal(cluster.scene.progress.etcdMinor, '3.5', 'whatever a majority runs');
  cluster.raises = true;
  cluster.rounds(2);
  t.equal(cluster.scene.progress.etcdMinor, '3.6');
  t.end();
});

t.test('R6 the last member changes only with a snapshot of the last minutes, however often that fails', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')]);
  cluster.storesSnapshots = false;
  cluster.rounds();
  t.strictSame(cluster.versions(), ['3.5.33', '3.6.14', '3.6.14']);
  t.match(cluster.scene.decide().waits.at(-1), { code: /snapshot/ });
  cluster.storesSnapshots = true;
  cluster.rounds();
  t.strictSame(cluster.versions(), ['3.6.14', '3.6.14', '3.6.14']);
  t.end();
});

t.test(
  'R19 the last member restarts only with a snapshot of the last minutes, however long ago it was given the next version',
  (t) => {
    const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')], ['before-last']).rounds();
    cluster.steers('resume');
    const isGiven = () => cluster.scene.progress.configuration.trial?.member === 'x-k3s-m-1';
    for (let count = 0; count < 20 && !isGiven(); count += 1) cluster.round();
    const before = cluster.taken.length;
    cluster.storesSnapshots = false;
    cluster.scene.wait(3600);
    cluster.rounds(3);
    t.strictSame(cluster.versions(), ['3.5.33', '3.6.14', '3.6.14']);
    t.strictSame(kinds(cluster).slice(before), ['assign-snapshot']);
    t.match(cluster.scene.decide().waits, [{ code: 'takes_snapshot', facts: { why: { code: 'last_gets_minor' } } }]);
    cluster.storesSnapshots = true;
    cluster.rounds();
    t.equal(cluster.scene.progress.etcdMinor, '3.6');
    t.end();
  },
);

t.test(
  'R17 members that run the next minor version without an order come back, and the upgrade goes on from there',
  (t) => {
    const cluster = new Upgrading({ runs: '3.5.33' });
    for (const number of [2, 3])
      cluster.runs.set(number, { ...cluster.at(number), version: '3.6.14', release: '3.6.14' });
    cluster.allReport();
    cluster.settle();
    cluster.orders([{ ...install('3.5.33'), beside: '3.6' }, restart, install('3.6.14')]);
    t.equal(minorBeside(cluster.scene.progress), '3.6');
    for (let count = 0; count < 60 && cluster.upgrade?.at === 0; count += 1) cluster.round();
    t.strictSame(cluster.versions(), ['3.5.33', '3.5.33', '3.5.33']);
    t.match(cluster.upgrade, { at: 1 });
    cluster.rounds();
    t.strictSame(cluster.versions(), ['3.6.14', '3.6.14', '3.6.14']);
    t.equal(cluster.scene.progress.etcdMinor, '3.6');
    t.end();
  },
);

t.test('R17 a newcomer waits for the end of the stage once no member runs the former version', (t) => {
  const cluster = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')], ['before-last']).rounds();
  const { scene } = cluster;
  const able = () => ableToEnter('x-k3s-m-4', { ...scene, status: scene.status() });
  t.not(able().ok || (able() as { readonly why: Reason }).why.code, 'newcomer_after_stage', 'one member runs it still');
  cluster.runs.set(1, { ...cluster.at(1), version: '3.6.14', release: '3.6.14', permit: null });
  cluster.allReport();
  t.match(able(), { ok: false, why: { code: 'newcomer_after_stage' } });
  t.end();
});

t.test('R17 a member with a later version than the stage brings lets no newcomer with the former one in', (t) => {
  const { scene } = restoredBehind('3.6.14', '3.7.1', '3.6.14');
  const able = ableToEnter('x-k3s-m-4', { ...scene, status: scene.status() });
  t.match(able, { ok: false, why: { code: 'newcomer_after_stage' } });
  t.end();
});
