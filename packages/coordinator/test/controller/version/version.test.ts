import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { ableToEnter } from '../../../src/controller/membership/newcomers.ts';
import { resetFormation } from '../../../src/controller/reset-formation.ts';
import { canStartAgain } from '../../../src/controller/version/version.ts';
import { nodeState } from '../../../src/desired-state/node-state.ts';
import { prepared } from '../../../src/model/prepared.ts';
import { Scene, type StatusChanges } from '../support/situations.ts';

const pending = { service: { restartPending: true } };
/** Instead of the running etcd 3.5, 3.6 is installed. */
const replaced: StatusChanges = { service: { etcdVersion: '3.6.4' } };
const upgraded: StatusChanges = { service: { etcdVersion: '3.6.4' }, etcd: { version: '3.6.4' } };

/** A formed cluster whose operator has just changed a setting. */
function changed(scene = Scene.formed(3)): Scene {
  scene.settle();
  const { spec } = scene;
  scene.spec = { ...spec, revision: spec.revision + 1, tuning: { ...spec.tuning, heartbeatIntervalMs: 100 } };
  return scene;
}

t.test('R17 a cluster runs what its founder runs, and every incarnation learns of it', (t) => {
  const scene = Scene.formed(3);
  t.equal(scene.progress.etcdMinor, '3.5');
  const [member] = scene.spec.members;
  if (member === undefined) throw new Error('no member is declared');
  const layout = { etcDir: '/etc/etcd', dataRoot: '/var/lib/picket/etcd', logFile: '/var/log/etcd/etcd.log' };
  const trust = { control: 'control', client: 'client', peer: 'peer' };
  const stateOf = () => nodeState(scene.spec, scene.progress, { nodeId: 'node1', member, layout }, trust);
  t.equal(stateOf().etcd?.minor, '3.5');
  scene.progress = { ...scene.progress, etcdMinor: null };
  t.notOk('minor' in (stateOf().etcd ?? {}), 'nothing is published while nothing is known');
  t.end();
});

t.test('R17 a machine with another minor version does not enter', (t) => {
  for (const etcdVersion of ['3.6.4', '3.4.23']) {
    const scene = Scene.formed(1).joins(2, { service: { etcdVersion } }).joins(3, { service: { etcdVersion } });
    t.equal(scene.decide().step, null);
    const why = reason('other_minor_installed', { minor: '3.5', installed: etcdVersion });
    t.strictSame(
      scene.decide().waits,
      ['x-k3s-m-2', 'x-k3s-m-3'].map((member) => reason('of_member', { member, why })),
    );
    t.match(scene.joins(2, { service: { etcdVersion: '3.5.30' } }).decide().step, {
      mutation: { kind: 'add-learner' },
    });
  }
  t.end();
});

t.test('R17 a machine does not enter with a release of another minor version that no upgrade brings', (t) => {
  const version = '3.6.14';
  const scene = Scene.formed(1);
  scene.spec = { ...scene.spec, etcd: { source: 'release', version } };
  const nothingSettled = { ...scene.progress.configuration, settled: null };
  scene.progress = { ...scene.progress, configuration: nothingSettled };
  scene.joins(2, { service: { etcdVersion: version, release: version } });
  scene.joins(3, { service: { etcdVersion: version, release: version } });
  const why = reason('other_minor_installed', { minor: '3.5', installed: version });
  t.not(scene.decide().step?.kind, 'assign');
  t.strictSame(prepared('x-k3s-m-2', { ...scene, status: scene.status() }), { ok: false, why });
  t.end();
});

t.test('R17 the version of a cluster from before is known by a majority of all its voters', (t) => {
  const scene = Scene.formed(3);
  scene.progress = { ...scene.progress, etcdMinor: null };
  scene.wait(3600).reports(1);
  t.not(scene.decide().step?.kind, 'record-version', 'one of three');
  t.same(scene.reports(2).decide().step, { kind: 'record-version', minor: '3.5' });
  t.equal(scene.take({ kind: 'record-version', minor: '3.5' }).progress.etcdMinor, '3.5');
  t.end();
});

t.test('R17 until it is known nobody enters', (t) => {
  const scene = Scene.formed(1);
  scene.progress = { ...scene.progress, etcdMinor: null };
  scene
    .reports(1, { etcd: { version: 'unknown' } })
    .joins(2)
    .joins(3);
  t.equal(scene.decide().step, null);
  const why = reason('minor_unknown');
  t.strictSame(
    scene.decide().waits,
    ['x-k3s-m-2', 'x-k3s-m-3'].map((member) => reason('of_member', { member, why })),
  );
  t.end();
});

t.test('R17 one voter alone changes nothing by its report', (t) => {
  for (const version of ['3.6.4', '4.0.0', 'nonsense', '']) {
    const scene = Scene.formed(3).reports(2, { etcd: { version } });
    scene.settle();
    t.equal(scene.progress.etcdMinor, '3.5', version);
  }
  t.end();
});

t.test('R17 the cluster runs a later minor version once every voter does, as etcd has it', (t) => {
  const scene = Scene.formed(3).reports(2, upgraded).reports(3, upgraded);
  scene.settle();
  t.equal(scene.progress.etcdMinor, '3.5');
  const members = ['x-k3s-m-2', 'x-k3s-m-3'];
  const mixed = reason('minors_mixed', { cluster: 'x-k3s', members, minor: '3.5', upgrades: false, falls: false });
  t.ok(scene.decide().waits.some((wait) => JSON.stringify(wait) === JSON.stringify(mixed)));
  scene.reports(1, { etcd: null, service: { state: 'crashed' } });
  scene.settle();
  t.equal(scene.progress.etcdMinor, '3.5', 'one that is down may run it still');
  scene.reports(1, upgraded);
  scene.settle();
  t.equal(scene.progress.etcdMinor, '3.6');
  t.end();
});

t.test('R17 the cluster runs the earliest that its voters do, if all run a later one than is recorded', (t) => {
  const scene = Scene.formed(3);
  scene.settle();
  t.equal(scene.progress.etcdMinor, '3.5');
  scene.reports(1, upgraded);
  for (const number of [2, 3]) scene.reports(number, { etcd: { version: '3.7.1' }, service: { etcdVersion: '3.7.1' } });
  scene.settle();
  t.equal(scene.progress.etcdMinor, '3.6');
  t.match(scene.decide().waits, [
    { code: 'minors_mixed', facts: { members: ['x-k3s-m-2', 'x-k3s-m-3'], minor: '3.6' } },
  ]);
  scene.reports(1, { etcd: { version: '3.7.1' } });
  scene.settle();
  t.equal(scene.progress.etcdMinor, '3.7');
  t.end();
});

/** A coordinator that was restored from before a downgrade: these members have gone down to etcd 3.5 since. */
function goneDown(...members: readonly number[]): Scene {
  const scene = Scene.formed(3);
  const downgradeInfo = { enabled: true, targetVersion: '3.5.0' };
  for (const number of [1, 2, 3]) scene.reports(number, { ...upgraded, etcd: { version: '3.6.4' } });
  scene.settle();
  for (const number of [1, 2, 3]) {
    if (members.includes(number)) scene.reports(number, { etcd: { version: '3.5.33' } });
    else scene.reports(number, { ...upgraded, etcd: { version: '3.6.4', downgradeInfo } });
  }
  scene.settle();
  return scene;
}

t.test(
  'R17 R19 the version that a restored coordinator knows stays until a downgrade has brought every voter down',
  (t) => {
    for (const members of [[2], [2, 3]]) {
      const scene = goneDown(...members);
      t.equal(scene.progress.etcdMinor, '3.6');
      t.match(scene.decide().waits, [
        { code: 'minors_mixed', facts: { members: members.map((number) => `x-k3s-m-${number}`), falls: true } },
      ]);
    }
    t.equal(goneDown(1, 2, 3).progress.etcdMinor, '3.5');
    const over = goneDown(2, 3).reports(1, upgraded);
    over.settle();
    t.equal(over.progress.etcdMinor, '3.5', 'nobody has ordered the downgrade, or somebody has ended it');
    t.end();
  },
);

t.test('R17 no newcomer enters with a later version than a voter runs', (t) => {
  const able = (scene: Scene) => ableToEnter('x-k3s-m-4', { ...scene, status: scene.status() });
  t.match(able(goneDown(2)), { ok: false, why: { code: 'newcomer_after_stage' } });
  t.match(able(goneDown()), { why: { code: 'not_joined' } });
  t.end();
});

t.test('R17 a member that is to come back restarts with the release of the stage alone', (t) => {
  const scene = Scene.formed(3).reports(1).reports(2).reports(3);
  scene.settle();
  const stages = [{ kind: 'install', version: '3.5.33', beside: '3.6' }] as const;
  const upgrade = { to: '3.5.33', stages, at: 0, restarts: {}, pauses: [], pausedAt: [] };
  scene.progress = { ...scene.progress, upgrade };
  const { spec, progress, now } = scene;
  const startsAgain = (etcdVersion: string) => {
    scene.reports(2, { ...upgraded, service: { etcdVersion } });
    return canStartAgain({ spec, progress, now, status: scene.status() }, 'x-k3s-m-2');
  };
  t.equal(startsAgain('3.5.16'), false, 'its package may be one that Picket would not start');
  t.equal(startsAgain('3.5.33'), true);
  t.end();
});

t.test('R17 a formation that is abandoned leaves no version behind', (t) => {
  const scene = new Scene().founded();
  t.equal(scene.progress.etcdMinor, '3.5');
  t.equal(resetFormation(scene.progress, 'x-k3s', scene.status()).etcdMinor, null);
  t.end();
});

t.test('R17 no permit for a member whose binary is of another minor version; another gets one', (t) => {
  const scene = Scene.formed(3);
  scene.settle();
  scene.reports(2, { service: { ...pending.service, ...replaced.service } });
  t.equal(scene.decide().step, null);
  t.strictSame(scene.decide().waits, [reason('minor_installed_before_restart', { member: 'x-k3s-m-2', minor: '3.5' })]);
  scene.reports(3, pending);
  t.match(scene.decide().step, { kind: 'grant-permit', member: 'x-k3s-m-3' });
  t.end();
});

t.test('R2 a later patch within a minor version is restarted with a permit', (t) => {
  const scene = Scene.formed(3);
  scene.settle();
  scene.reports(2, { service: { ...pending.service, etcdVersion: '3.5.30' } });
  t.match(scene.decide().step, { kind: 'grant-permit', member: 'x-k3s-m-2' });
  t.end();
});

t.test('R17 settings reach a member that can be restarted first', (t) => {
  const scene = changed().reports(2, replaced);
  t.match(scene.decide().step, { kind: 'release-configuration', member: 'x-k3s-m-3' });
  t.end();
});

t.test('R17 settings reach nobody if none can be restarted', (t) => {
  const scene = changed().reports(1, replaced).reports(2, replaced).reports(3, replaced);
  t.equal(scene.decide().step, null);
  t.strictSame(
    scene.decide().waits,
    ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'].map((member) =>
      reason('minor_installed_before_revision', { member, minor: '3.5', revision: 2 }),
    ),
  );
  t.end();
});

t.test('R6, R17 a trial of an etcd that is held back is not rolled back, however long it lasts', (t) => {
  const scene = changed();
  scene.settle();
  scene.published(2).wait(1).reports(2, pending).settle();
  const held: StatusChanges = { etcd: null, service: { state: 'held-back', etcdVersion: '3.6.4' } };
  for (let hour = 0; hour < 3; hour += 1) {
    scene.published(2).wait(3600).reports(1).reports(3).reports(2, held);
    t.notOk(scene.settle().some(({ kind }) => kind.endsWith('-configuration')));
  }
  t.equal(scene.progress.configuration.trial?.member, 'x-k3s-m-2');
  t.end();
});
