import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { wantedConfiguration } from '../../src/model/configuration-of.ts';
import type { OperationSituation } from '../../src/operations/operation.ts';
import { upgrade, upgradePlan } from '../../src/operations/upgrade.ts';
import { Scene, type SpecChanges } from '../controller/support/situations.ts';
import { refusalOf } from '../support/refusal.ts';

const stored = (version: string): ReleaseView => ({
  sha256: version.padEnd(64, '0'),
  name: 'file',
  architecture: 'arm64',
  version,
  programs: [{ name: 'etcd', sha256: version.padEnd(64, '0'), sizeBytes: 1 }],
  addedAt: '2026-11-30T12:00:00Z',
});
const releases = ['3.5.33', '3.6.14'].map(stored);
const newer = stored('3.6.15');

function formed(changes: SpecChanges = {}): Scene {
  const scene = Scene.formed(changes.members ?? 3, changes);
  scene.settle();
  return scene;
}

function situationOf(scene: Scene) {
  return { spec: scene.spec, progress: scene.progress, status: scene.status(), now: scene.now, nodes: [] };
}

const planOf = (scene: Scene) =>
  upgradePlan('up', { situation: situationOf(scene), nodes: [], releases, to: '3.6.14' });
const codes = (scene: Scene) => planOf(scene).obstacles.map(({ code }) => code);

function order(scene: Scene, expected = scene.spec.revision) {
  const operation = upgrade('up', { to: '3.6.14' }, { expected, by: 'operator ada', releases });
  return operation.decide(situationOf(scene) as unknown as OperationSituation);
}

t.test('the plan says what runs, each stage with its way back, and how often each member restarts', (t) => {
  const plan = planOf(formed());
  t.match(plan, { runs: ['3.5.33'], to: '3.6.14', restarts: 2, obstacles: [] });
  t.ok(plan.unchecked.some(({ code }) => code === 'unchecked_clients'));
  t.strictSame(
    plan.stages.map(({ kind, version, wayBack }) => [kind, version, wayBack.code]),
    [
      ['restart', null, 'back_by_abort'],
      ['install', '3.6.14', 'back_until_last'],
    ],
  );
  t.end();
});

t.test(
  'an order makes a revision that wants the release, and pauses before the last member unless told otherwise',
  (t) => {
    const scene = formed();
    const { spec, progress, events } = order(scene);
    t.match(spec, { revision: scene.spec.revision + 1, etcd: { source: 'release', version: '3.6.14' } });
    t.match(progress?.upgrade, { to: '3.6.14', at: 0, pauses: ['before-last'] });
    t.match(events, [{ kind: 'upgrade', facts: { by: 'operator ada', from: '3.5.33', to: '3.6.14' } }]);
    t.end();
  },
);

t.test('R2 R17 nothing begins before every voter serves', (t) => {
  const scene = formed();
  scene.reports(2, { etcd: null, service: { state: 'crashed' } });
  t.strictSame(codes(scene), ['every_voter_must_serve']);
  t.match(
    refusalOf(() => order(scene)),
    { code: 'upgrade_refused', facts: { reason: { code: 'every_voter_must_serve' } } },
  );
  t.end();
});

const heldBack = { etcd: null, service: { state: 'held-back', etcdVersion: '3.6.11' } } as const;

t.test(
  'R17 members that are down because their packages have moved get a release first, and keep no plan from beginning',
  (t) => {
    const scene = formed();
    scene.reports(2, heldBack);
    t.strictSame(codes(scene), []);
    const first = {
      version: '3.5.33',
      what: reason('stage_leaves_packages', { version: '3.5.33', members: ['x-k3s-m-2'] }),
    };
    t.match(planOf(scene).stages[0], first);
    scene.reports(3, { etcd: null, service: { state: 'crashed' } });
    t.strictSame(codes(scene), ['every_voter_must_serve'], 'one that ended otherwise does');
    t.end();
  },
);

t.test('R17 so it is if no member serves, and what lacks only a quorum is not in the way', (t) => {
  const scene = formed();
  for (const number of [2, 3]) scene.reports(number, heldBack);
  scene.reports(1, { etcd: { leader: '0', linearizableRead: false, healthy: false } });
  t.strictSame(codes(scene), []);
  scene.reports(1, { etcd: null, service: { state: 'crashed' } });
  t.strictSame(codes(scene), ['every_voter_must_serve']);
  scene.reports(1, heldBack);
  t.strictSame(codes(scene), []);
  t.strictSame(planOf(scene).runs, ['3.5'], 'the plan names the minor version of their data');
  const { progress } = order(scene);
  scene.progress = { ...scene.progress, ...progress };
  t.match(scene.decide().step, { kind: 'release-configuration', configuration: { etcd: { version: '3.5.33' } } });
  t.end();
});

t.test('nothing begins while etcd has raised an alarm', (t) => {
  const scene = formed();
  for (const number of [1, 2, 3]) scene.reports(number, { etcd: { alarms: ['NOSPACE member a1'] } });
  t.ok(codes(scene).includes('alarm_raised'));
  t.end();
});

t.test('R6 nothing begins while a disk has no room for a copy of the database', (t) => {
  const scene = formed();
  scene.reports(2, { machine: { disk: { totalBytes: 16e9, freeBytes: 100e6 } } });
  t.strictSame(codes(scene), ['upgrade_lacks_room']);
  t.match(
    refusalOf(() => order(scene)),
    { code: 'upgrade_refused', facts: { reason: { code: 'upgrade_lacks_room' } } },
  );
  t.end();
});

t.test('R17 nothing begins while a member is a learner', (t) => {
  const scene = Scene.formed(2, { members: 3 });
  scene.joins(3).allReport().settle();
  scene.etcdAdds(3).votersReport().settle();
  t.ok(codes(scene).includes('upgrade_after_learner'));
  t.end();
});

t.test('R17 nothing begins while a member is to leave: no stage would reach it', (t) => {
  const scene = Scene.formed(4, { members: 4 });
  scene.settle();
  const before = scene.spec;
  scene.spec = { ...before, revision: before.revision + 1, members: before.members.slice(0, 3) };
  t.ok(codes(scene).includes('upgrade_after_departure'));
  const replacing = formed();
  replacing.replaces(2);
  t.strictSame(codes(replacing), ['upgrade_after_departure']);
  t.end();
});

t.test('R17 nothing begins while a member has an agent that starts no other minor version', (t) => {
  const scene = formed();
  const { takesMinorOrders: _new, ...agent } = scene.nodes['x-k3s-m-2']!.status!.agent;
  const node = scene.nodes['x-k3s-m-2']!;
  scene.nodes['x-k3s-m-2'] = { ...node, status: { ...node.status!, agent } };
  t.match(planOf(scene).obstacles, [reason('upgrade_after_agents', { members: ['x-k3s-m-2'] })]);
  t.strictSame(upgradePlan('up', { situation: situationOf(scene), nodes: [], releases, to: '3.5.33' }).obstacles, []);
  t.end();
});

t.test('nothing begins beside a rollout, or while rollouts are paused', (t) => {
  const scene = formed();
  scene.spec = { ...scene.spec, revision: 2, tuning: { ...scene.spec.tuning, heartbeatIntervalMs: 100 } };
  t.ok(codes(scene).includes('upgrade_after_rollout'));
  const paused = formed();
  paused.progress = { ...paused.progress, configuration: { ...paused.progress.configuration, paused: true } };
  t.strictSame(codes(paused), ['upgrade_after_rollout']);
  t.end();
});

/** A cluster of etcd 3.5.33 whose second and third members run 3.6.14 without an order. */
function mixed(): Scene {
  const scene = formed();
  for (const number of [2, 3]) scene.reports(number, { etcd: { version: '3.6.14' } });
  const { tuning } = scene.spec;
  scene.spec = { ...scene.spec, revision: 2, tuning: { ...tuning, heartbeatIntervalMs: 100 } };
  return scene;
}

/** The same with the newest settings on these members, the last of them on trial. */
function mixedWith(numbers: readonly number[], onTrial: number | null): Scene {
  const scene = mixed();
  const { configuration } = scene.progress;
  const given = numbers.map((number) => [scene.name(number), wantedConfiguration(scene.spec)]);
  const before = configuration.settled ?? wantedConfiguration(scene.spec);
  const trial = onTrial === null ? null : { member: scene.name(onTrial), before, since: scene.now };
  scene.progress = {
    ...scene.progress,
    configuration: { ...configuration, rolledOut: Object.fromEntries(given), trial },
  };
  return scene;
}

t.test('R17 a rollout that waits for a member with another minor version keeps none from coming back', (t) => {
  const onTrial = mixedWith([2], 2);
  t.strictSame(codes(onTrial), []);
  t.match(planOf(onTrial).stages[0], { what: { code: 'stage_evens' } });
  t.strictSame(codes(mixedWith([1], null)), [], 'nor does one whose next member runs it');
  onTrial.progress = { ...onTrial.progress, configuration: { ...onTrial.progress.configuration, paused: true } };
  t.strictSame(codes(onTrial), ['upgrade_after_rollout', 'settings_on_trial'], 'an operator resumes it first');
  t.end();
});

t.test('R6 a rollout that another member can finish comes before what brings two minor versions together', (t) => {
  t.strictSame(codes(mixedWith([1], 1)), ['upgrade_after_rollout', 'settings_on_trial']);
  t.strictSame(codes(mixedWith([2, 3], null)), ['upgrade_after_rollout']);
  t.end();
});

t.test('R17 the member on trial gets what the cluster runs, in place of what it cannot start', (t) => {
  const scene = mixedWith([2], 2);
  const { spec = scene.spec, progress = scene.progress } = order(scene);
  Object.assign(scene, { spec, progress });
  t.match(scene.decide().step, {
    kind: 'release-configuration',
    member: scene.name(2),
    configuration: { etcd: { version: '3.5.33' }, tuning: { heartbeatIntervalMs: 100 } },
  });
  t.end();
});

t.test('R2 two members need the word that they may stop serving', (t) => {
  t.strictSame(codes(formed({ members: 2 })), ['needs_downtime']);
  t.strictSame(codes(formed({ members: 2, allowDowntime: true })), []);
  t.end();
});

t.test('a second upgrade is refused while one is under way', (t) => {
  const scene = formed();
  const { spec = scene.spec, progress = scene.progress } = order(scene);
  Object.assign(scene, { spec, progress });
  t.match(
    refusalOf(() => order(scene)),
    { code: 'upgrade_refused', facts: { reason: reason('upgrade_beside', { to: '3.6.14' }) } },
  );
  t.end();
});

t.test('an order against another revision is refused', (t) => {
  t.match(
    refusalOf(() => order(formed(), 7)),
    { code: 'revision_conflict' },
  );
  t.end();
});

/** A cluster that runs etcd 3.6.14, with what each voter says of etcd's own downgrade. */
function later(downgradeInfo = { enabled: false, targetVersion: '' }): Scene {
  const scene = formed();
  for (const number of [1, 2, 3]) scene.reports(number, { etcd: { version: '3.6.14', downgradeInfo } });
  scene.settle();
  return scene;
}

t.test('the plan of a downgrade says what etcd does itself, and counts only the restarts', (t) => {
  const scene = later();
  const plan = upgradePlan('down', { situation: situationOf(scene), nodes: [], releases, to: '3.5.33' });
  t.match(plan, { runs: ['3.6.14'], to: '3.5.33', restarts: 1, obstacles: [] });
  t.notOk(
    plan.unchecked.some(({ code }) => code === 'unchecked_clients'),
    'it waits nowhere',
  );
  t.strictSame(
    plan.stages.map(({ kind, version, wayBack }) => [kind, version, wayBack.code]),
    [
      ['downgrade', null, 'back_until_down'],
      ['install', '3.5.33', 'back_until_down'],
    ],
  );
  t.end();
});

t.test('an order to downgrade makes a revision that wants the earlier release, and pauses nowhere', (t) => {
  const scene = later();
  const decided = upgrade('down', { to: '3.5.33' }, { expected: scene.spec.revision, by: 'operator ada', releases });
  const { spec, progress, events } = decided.decide(situationOf(scene) as unknown as OperationSituation);
  t.match(spec, { revision: scene.spec.revision + 1, etcd: { source: 'release', version: '3.5.33' } });
  t.match(progress?.upgrade, { to: '3.5.33', at: 0, pauses: [], down: true });
  t.match(events, [{ kind: 'downgrade', facts: { from: '3.6.14', to: '3.5.33' } }]);
  t.end();
});

t.test('R17 no upgrade begins while somebody lets etcd downgrade the cluster by hand, and a downgrade may', (t) => {
  const scene = later({ enabled: true, targetVersion: '3.5.0' });
  const planTo = (direction: 'up' | 'down', to: string) =>
    upgradePlan(direction, { situation: situationOf(scene), nodes: [], releases: [...releases, newer], to }).obstacles;
  t.strictSame(planTo('up', '3.6.15'), [reason('downgrade_by_hand', { target: '3.5.0' })]);
  t.strictSame(planTo('down', '3.5.33'), []);
  t.end();
});

t.test('R17 a downgrade begins though a rollout waits for members that have gone down without an order', (t) => {
  const scene = later({ enabled: true, targetVersion: '3.5.0' });
  const tuning = { ...scene.spec.tuning, heartbeatIntervalMs: 501 };
  scene.spec = { ...scene.spec, revision: 7, tuning };
  const configuration = wantedConfiguration(scene.spec);
  const rolledOut = { 'x-k3s-m-1': configuration, 'x-k3s-m-3': configuration };
  scene.progress = { ...scene.progress, configuration: { ...scene.progress.configuration, rolledOut } };
  scene.reports(2, { etcd: { version: '3.5.33' } });
  scene.settle();
  t.equal(scene.progress.configuration.trial?.member, 'x-k3s-m-2');
  const obstacles = () =>
    upgradePlan('down', { situation: situationOf(scene), nodes: [], releases, to: '3.5.33' }).obstacles;
  t.strictSame(obstacles(), []);
  scene.reports(2, { etcd: { version: '3.6.14' } });
  t.ok(obstacles().some(({ code }) => code === 'upgrade_after_rollout'));
  t.end();
});

t.test('R2 R17 a downgrade waits for what an upgrade waits for', (t) => {
  const scene = later();
  scene.reports(2, { etcd: null, service: { state: 'crashed' } });
  const decided = upgrade('down', { to: '3.5.33' }, { expected: scene.spec.revision, by: 'operator ada', releases });
  t.match(
    refusalOf(() => decided.decide(situationOf(scene) as unknown as OperationSituation)),
    { code: 'downgrade_refused', facts: { reason: { code: 'every_voter_must_serve' } } },
  );
  t.end();
});

t.test('an order for the packages declares them, and keeps the reasons of the plan out of its stages', (t) => {
  const scene = formed();
  const operation = upgrade(
    'up',
    { to: 'package:3.6' },
    { expected: scene.spec.revision, by: 'operator ada', releases },
  );
  const { spec, progress, events } = operation.decide(situationOf(scene) as unknown as OperationSituation);
  t.equal(spec?.etcd, undefined);
  t.match(progress?.upgrade?.to, 'package:3.6');
  t.strictSame(progress?.upgrade?.stages, [
    { kind: 'install', version: '3.5.33' },
    { kind: 'restart' },
    { kind: 'install', version: null, packageMinor: '3.6' },
  ]);
  t.match(events, [{ kind: 'upgrade', facts: { to: 'package:3.6' } }]);
  t.end();
});
