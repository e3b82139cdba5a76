import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../../../../../test/support/said.ts';
import { configurationOf } from '../../../src/model/configuration-of.ts';
import { orderOverAfter } from '../../../src/model/waits.ts';
import { Scene, type SpecChanges, type StatusChanges } from '../support/situations.ts';

const release = '3.5.34';
const fetching = said('etcd 3.5.34 from the coordinator');

/** A formed cluster whose members run their packages, and whose operator has just declared a release. */
function declared(changes: SpecChanges = {}): Scene {
  const scene = Scene.formed(changes.members ?? 3, changes);
  scene.settle();
  return want(scene, release);
}

function want(scene: Scene, version: string | null): Scene {
  const { etcd: _former, ...spec } = scene.spec;
  const etcd = version === null ? {} : { etcd: { source: 'release', version } as const };
  scene.spec = { ...spec, revision: spec.revision + 1, ...etcd };
  return scene;
}

/** What each member should run, in their order; null: its package. */
function versions(scene: Scene): readonly (string | null)[] {
  return scene.spec.members.map(({ name }) => configurationOf(scene.spec, scene.progress, name).etcd?.version ?? null);
}

/** It reports that it runs this release. */
function running(scene: Scene, version: string | null, service: Partial<NodeStatus['service']> = {}) {
  const { release: _release, ...rest } = service;
  return {
    healthySince: scene.now,
    service: { etcdVersion: version ?? '3.5.33', ...(version === null ? {} : { release: version }), ...rest },
    etcd: { version: version ?? '3.5.33' },
  };
}

/** This member fetches it, restarts by permit and shows that it can run with it. */
function exchanges(scene: Scene, number: number, version: string | null = release): void {
  const before = configurationOf(scene.spec, scene.progress, scene.name(number)).etcd?.version;
  if ((before ?? null) !== version) throw new Error(`member ${number} is not to run ${version}`);
  scene
    .published(number)
    .wait(1)
    .reports(number, { service: { restartPending: true } })
    .settle();
  scene.published(number).wait(1).reports(number, running(scene, version)).settle();
  scene.published(number).wait(11);
  const shown = versions(scene);
  scene.spec.members.forEach((_, index) => {
    scene.reports(index + 1, { ...running(scene, shown[index] ?? null), healthySince: scene.now - 11_000 });
  });
  scene.settle();
}

t.test('R6 a release reaches one follower first, the leader last, and then is that of all', (t) => {
  const scene = declared();
  scene.settle();
  const order = [versions(scene)];
  for (const number of [2, 3, 1]) {
    exchanges(scene, number);
    order.push(versions(scene));
  }
  t.same(order, [
    [null, release, null],
    [null, release, release],
    [release, release, release],
    [release, release, release],
  ]);
  t.same(scene.progress.configuration.settled?.etcd, { version: release });
  want(scene, null).settle();
  t.same(versions(scene), [release, null, release], 'and so does the way back to the package');
  t.end();
});

t.test('R6 an agent that does not start the release, such as an older one, is no proof that it runs', (t) => {
  const scene = declared();
  scene.settle();
  scene.published(2).wait(60).allReport();
  const why = reason('etcd_not_exchanged', { version: release });
  t.same(scene.decide(), {
    step: null,
    waits: [reason('runs_revision', { member: 'x-k3s-m-2', revision: 2, why })],
  });
  t.end();
});

t.test('R6 a member is not put back while it fetches a release, however long that takes and however it serves', (t) => {
  const scene = declared();
  scene.settle();
  const { generation = 0 } = scene.published(2).nodes['x-k3s-m-2'] ?? {};
  const agent = { generationApplied: generation - 1, waits: [fetching] };
  for (const seconds of [1, 3600, 3600]) {
    scene
      .wait(seconds)
      .reports(1)
      .reports(3)
      .reports(2, { agent, etcd: { healthy: false } });
    t.same(scene.decide(), {
      step: null,
      waits: [reason('runs_revision_once_agent_can', { member: 'x-k3s-m-2', revision: 2, why: fetching })],
    });
  }
  t.same(versions(scene), [null, release, null]);
  t.end();
});

t.test('R6 a member that cannot serve with a release gets its package back, and nobody else gets the release', (t) => {
  const scene = declared();
  scene.settle();
  scene
    .published(2)
    .wait(1)
    .reports(2, { service: { restartPending: true } })
    .settle();
  const down = { etcd: null, service: { state: 'crashed', release, reason: said('etcd ended by itself') } } as const;
  for (const seconds of [1, 121]) scene.published(2).wait(seconds).reports(1).reports(3).reports(2, down);
  t.match(scene.takeNext(), { kind: 'put-back-configuration', member: 'x-k3s-m-2', changed: 'binary' });
  t.same(versions(scene), [null, null, null]);
  scene.published(2).wait(60).allReport().settle();
  scene.wait(60).allReport().settle();
  t.same(versions(scene), [null, null, null]);
  t.end();
});

t.test('R6 a newcomer during a rollout gets the etcd that all have had', (t) => {
  const scene = declared();
  scene.settle();
  t.same(configurationOf(scene.spec, scene.progress, 'x-k3s-m-4').etcd, undefined);
  t.end();
});

t.test('a release reaches a member whose package has moved to another minor version', (t) => {
  const scene = declared();
  for (const number of [1, 2, 3]) scene.reports(number, { service: { etcdVersion: '3.6.14' } });
  scene.settle();
  t.same(versions(scene), [null, release, null]);
  t.end();
});

t.test('a release reaches a member first that is down for its package, which needs no quorum without it', (t) => {
  const scene = declared();
  scene.wait(1).reports(1).reports(2);
  scene.reports(3, { etcd: null, service: { state: 'held-back', etcdVersion: '3.6.14' } });
  scene.settle();
  t.same(versions(scene), [null, null, release]);
  t.end();
});

const heldBack = { etcd: null, service: { state: 'held-back', etcdVersion: '3.6.14' } } as const;
/** Of an etcd without a quorum, which answers nothing else. */
const alone = {
  etcd: null,
  service: { state: 'running', etcdVersion: release, release, leaderlessVersion: release, noWayBack: true },
} as const;

/** All members are down for their packages, and an operator has declared a release. */
function heldBackCluster(changes: SpecChanges = {}): Scene {
  const scene = declared(changes);
  scene.wait(1);
  scene.spec.members.forEach((_, index) => {
    scene.reports(index + 1, heldBack);
  });
  return scene;
}

/** These members report so, and the others as before; a report each second, as many as that. */
function report(scene: Scene, seconds: number, reports: Readonly<Record<number, StatusChanges>>): Scene {
  for (let second = 0; second < seconds; second += 1) {
    scene.wait(1);
    scene.spec.members.forEach((_, index) => {
      scene.reports(index + 1, reports[index + 1] ?? heldBack);
    });
    scene.settle();
  }
  return scene;
}

t.test(
  'R17 a release starts a voter that is down for its package before the cluster grows, which waits for that voter',
  (t) => {
    const scene = want(Scene.formed(3, { members: 5 }), release);
    scene.wait(1).joins(4).reports(1).reports(2).reports(3, heldBack);
    scene.settle();
    t.same(versions(scene).slice(0, 3), [null, null, release]);
    t.end();
  },
);

t.test('R6 R17 a release moves from a member that waits for a permit to one that is down for its package', (t) => {
  const scene = declared();
  scene.settle();
  t.same(versions(scene), [null, release, null]);
  const waits = { service: { restartPending: true, etcdVersion: release } };
  scene.published(2).wait(1).reports(1).reports(2, waits).reports(3, heldBack).settle();
  t.same(versions(scene), [null, null, null], 'nobody has it before the first one has heard that it does not');
  const { generation = 0 } = scene.published(2).nodes['x-k3s-m-2'] ?? {};
  const deaf = { ...waits, agent: { generationSeen: generation - 1 } };
  scene.wait(20).reports(1).reports(2, deaf).reports(3, heldBack).settle();
  t.same(versions(scene), [null, null, null]);
  scene.wait(20).reports(1).reports(2).reports(3, heldBack).settle();
  t.same(versions(scene), [null, null, release]);
  t.match(scene.progress.configuration, { trial: { member: 'x-k3s-m-3' }, stopped: null });
  scene.published(3).wait(20);
  for (const seconds of [1, 40]) scene.wait(seconds).reports(1).reports(2).reports(3, running(scene, release)).settle();
  t.same(versions(scene), [null, release, release]);
  t.end();
});

t.test('R6 R17 it moves also from a member that runs it, and waits for a permit for other settings', (t) => {
  const scene = declared();
  scene.settle();
  exchanges(scene, 2);
  t.same(versions(scene), [null, release, release]);
  // The third one has not started it yet when the settings change, and an operator wants the second one to have them first.
  const { configuration } = scene.progress;
  const { settled, rolledOut } = configuration;
  const second = rolledOut['x-k3s-m-2']!;
  scene.spec = { ...scene.spec, revision: 3, tuning: { ...scene.spec.tuning, snapshotCount: 20_000 } };
  const newer = { ...second, revision: 3, tuning: scene.spec.tuning };
  const trial = { member: 'x-k3s-m-2', before: second, since: scene.now };
  const given = { 'x-k3s-m-2': newer };
  scene.progress = { ...scene.progress, configuration: { ...configuration, settled, rolledOut: given, trial } };
  const runs = (restartPending: boolean) => running(scene, release, { restartPending });
  scene.published(2).wait(1).reports(1).reports(2, runs(true)).reports(3, heldBack).settle();
  t.same(versions(scene), [null, release, null]);
  scene.published(2).wait(20).reports(1).reports(2, runs(false)).reports(3, heldBack).settle();
  t.same(versions(scene), [null, release, release]);
  t.match(scene.progress.configuration.trial, { member: 'x-k3s-m-3' });
  t.end();
});

t.test(
  'R6 R17 a member on trial that has just started the release keeps it, and lets it start another one once it has served',
  (t) => {
    const scene = declared();
    scene.settle();
    scene.published(2).wait(1).reports(1).reports(2, running(scene, release)).settle();
    scene.spec = { ...scene.spec, revision: 3, tuning: { ...scene.spec.tuning, snapshotCount: 20_000 } };
    const counts = () => configurationOf(scene.spec, scene.progress, 'x-k3s-m-2').tuning.snapshotCount;
    const pending = running(scene, release, { restartPending: true });
    scene.published(2).wait(1).reports(1).reports(2, pending).reports(3, heldBack).settle();
    t.same([versions(scene), counts()], [[null, release, null], 10_000], 'it gives up the newest settings alone');
    scene.published(2).wait(1).reports(1).reports(2, running(scene, release)).reports(3, heldBack).settle();
    t.same(versions(scene), [null, release, null], 'it has not served with the release for long enough');
    scene.published(2).wait(20).reports(1).reports(2, running(scene, release)).reports(3, heldBack).settle();
    t.same(versions(scene), [null, release, release]);
    t.match(scene.progress.configuration.trial, { member: 'x-k3s-m-3' });
    t.end();
  },
);

t.test('R6 a member on trial that runs with the newest settings keeps them while another one is down', (t) => {
  const scene = declared();
  scene.settle();
  scene.published(2).wait(1).reports(1).reports(2, running(scene, release)).settle();
  scene.spec = { ...scene.spec, revision: 3, tuning: { ...scene.spec.tuning, snapshotCount: 20_000 } };
  scene.settle();
  scene.published(2).wait(1).reports(1).reports(2, running(scene, release)).reports(3, heldBack).settle();
  t.equal(configurationOf(scene.spec, scene.progress, 'x-k3s-m-2').tuning.snapshotCount, 20_000);
  t.end();
});

t.test('R17 a member whose package was patched meanwhile gives way too, though it wants a restart for that', (t) => {
  const scene = declared();
  scene.settle();
  const patched = { service: { restartPending: true, etcdVersion: '3.5.34' } };
  scene.published(2).wait(1).reports(1).reports(2, patched).reports(3, heldBack).settle();
  scene.published(2).wait(1).reports(1).reports(2, patched).reports(3, heldBack).settle();
  t.same(versions(scene), [null, null, release]);
  t.end();
});

t.test('R6 a release does not move from a member that has started it, or may have', (t) => {
  const has: readonly StatusChanges[] = [
    { service: { etcdVersion: release, release }, etcd: { version: release } },
    { service: { etcdVersion: release, state: 'crashed' }, etcd: null },
  ];
  for (const second of has) {
    const scene = declared();
    scene.settle();
    scene.published(2).wait(1).reports(1).reports(2, second).reports(3, heldBack).settle();
    t.same(versions(scene), [null, release, null]);
  }
  t.end();
});

/** Of an etcd that runs its package and sees no leader; the release waits for a permit. */
const leaderless: StatusChanges = {
  service: { restartPending: true, etcdVersion: release },
  etcd: { leader: '0', linearizableRead: false, healthy: false },
};

/** The second member has the release on trial, the first one is off, and the third one is down for its package. */
function withoutQuorum(second: StatusChanges): Scene {
  const scene = declared();
  scene.settle();
  scene.published(2).wait(120).reports(2, second).reports(3, heldBack).settle();
  return scene;
}

t.test('R6 R17 without a quorum too, a release moves from a member that gets no permit to one that it starts', (t) => {
  const scene = withoutQuorum(leaderless);
  t.same(versions(scene), [null, null, null], 'nobody has it before the first one has heard that it does not');
  scene.published(2).wait(20).reports(2, leaderless).reports(3, heldBack).settle();
  t.same(versions(scene), [null, null, release]);
  t.match(scene.progress.configuration, { trial: { member: 'x-k3s-m-3' }, stopped: null });
  t.end();
});

t.test('R6 without a quorum, it does not move from a member whose etcd is down, or that others serve without', (t) => {
  const down = { ...leaderless, service: { ...leaderless.service, state: 'crashed' as const } };
  t.same(versions(withoutQuorum(down)), [null, release, null]);
  const scene = declared();
  scene.settle();
  scene.published(2).wait(1).reports(1).reports(2, leaderless).reports(3, heldBack).settle();
  t.same(versions(scene), [null, release, null]);
  t.end();
});

t.test('R6 R17 without a quorum, a member that runs the release shows that alone, whatever else it waits with', (t) => {
  const scene = declared();
  scene.settle();
  scene.published(2).wait(1).reports(1).reports(2, running(scene, release)).reports(3).settle();
  scene.spec = { ...scene.spec, revision: 3, tuning: { ...scene.spec.tuning, snapshotCount: 20_000 } };
  scene.settle();
  scene.published(2).wait(120);
  const pending = { ...alone, service: { ...alone.service, restartPending: true } };
  for (const _ of [1, 2]) scene.wait(31).reports(2, pending).reports(3, heldBack).settle();
  t.same(versions(scene), [null, release, release]);
  t.end();
});

t.test('R17 a trial ends though the cluster is to grow, which waits for a voter that only the release starts', (t) => {
  const scene = want(Scene.formed(3, { members: 5 }), release);
  // It is given more than what starts the other one.
  scene.spec = { ...scene.spec, tuning: { ...scene.spec.tuning, snapshotCount: 20_000 } };
  scene.settle();
  const shows = () => scene.reports(1).reports(2, running(scene, release)).reports(3, heldBack).joins(4);
  shows();
  scene.published(2).wait(1);
  shows().settle();
  t.same(versions(scene).slice(0, 3), [null, release, null], 'not before it has served for a while');
  scene.wait(20);
  shows().settle();
  t.same(versions(scene).slice(0, 3), [null, release, release]);
  t.end();
});

t.test('R2 no release starts a voter while a change of members that was asked for may still happen', (t) => {
  const scene = Scene.formed(3, { members: 5 });
  scene.joins(4).votersReport().settle();
  want(scene, release).wait(1);
  scene.reports(1).reports(2).reports(3, heldBack);
  scene.settle();
  t.match(scene.progress.assignment, { mutation: { kind: 'add-learner' } });
  t.same(versions(scene).slice(0, 3), [null, null, null]);
  t.end();
});

t.test('R6, R17 while nobody serves, a release starts members that are held back, one after another', (t) => {
  const scene = heldBackCluster();
  scene.settle();
  const order = [versions(scene)];
  scene.published(1);
  report(scene, 29, { 1: alone });
  order.push(versions(scene));
  report(scene, 2, { 1: alone });
  order.push(versions(scene));
  scene.published(2).wait(1);
  const serves = running(scene, release);
  report(scene, 15, { 1: serves, 2: { ...serves, healthySince: scene.now } });
  order.push(versions(scene));
  scene.published(3).wait(1);
  report(scene, 15, { 1: serves, 2: serves, 3: { ...serves, healthySince: scene.now } });
  t.same(order, [
    [release, null, null],
    [release, null, null],
    [release, release, null],
    [release, release, release],
  ]);
  t.same(scene.progress.configuration.settled?.etcd, { version: release });
  t.end();
});

t.test('R19 an etcd that lacks only a quorum is said to see no leader', (t) => {
  const scene = heldBackCluster();
  scene.settle();
  scene.published(1);
  report(scene, 5, { 1: alone });
  const why = reason('no_leader');
  const ailment = reason('of_member', { member: scene.name(1), why });
  t.match(scene.decide().waits, [
    { code: 'runs_revision', facts: { member: scene.name(1), why } },
    reason('voter_serves', { ailment }),
    { code: 'voter_serves' },
    { code: 'voter_serves' },
  ]);
  t.end();
});

t.test('R6 of five, as many get it one after another as a quorum needs', (t) => {
  const scene = heldBackCluster({ members: 5 });
  scene.settle();
  scene.published(1);
  report(scene, 32, { 1: alone });
  scene.published(2);
  report(scene, 32, { 1: alone, 2: alone });
  t.same(versions(scene), [release, release, release, null, null]);
  t.equal(scene.progress.configuration.trial?.member, scene.name(3));
  t.end();
});

const unshown: readonly (readonly [what: string, reports: StatusChanges])[] = [
  ['fetches it', { etcd: null, service: heldBack.service, agent: { waits: [fetching] } }],
  ['has stopped its guard', { etcd: null, service: { state: 'stopped', etcdVersion: release } }],
  [
    'has started it, and its etcd does not answer',
    { etcd: null, service: { ...alone.service, leaderlessVersion: '' } },
  ],
  ['answers with another version', { etcd: null, service: { ...alone.service, leaderlessVersion: '3.5.16' } }],
  ['answers, and has not started what it was given', { etcd: null, service: { ...alone.service, release: '3.5.16' } }],
  ['has another incarnation', { etcd: null, service: { ...alone.service, incarnation: 'former0001' } }],
  ['has not heard of it', { ...alone, agent: { generationSeen: 1 } }],
  ['crashes', { etcd: null, service: { ...alone.service, state: 'crashed' } }],
];
for (const [what, reports] of unshown)
  t.test(`R6 while nobody serves, no second member gets the release from one that ${what}`, (t) => {
    const scene = heldBackCluster();
    scene.settle();
    scene.published(1);
    report(scene, 100, { 1: reports });
    t.same(versions(scene), [release, null, null]);
    t.end();
  });

t.test('R6 an etcd that ends with the release stops the rollout, and nobody else gets it', (t) => {
  const scene = heldBackCluster();
  scene.settle();
  scene.published(1);
  report(scene, 20, { 1: { ...heldBack, service: { ...heldBack.service, release, rejected: said('etcd ended') } } });
  t.same(versions(scene), [null, null, null]);
  t.match(scene.decide().waits, [{ code: 'rollout_stopped' }]);
  report(scene, 200, {});
  t.same(versions(scene), [null, null, null]);
  t.end();
});

t.test('R6 while nobody serves, an etcd that runs with the release is not put back for that', (t) => {
  const scene = heldBackCluster();
  scene.settle();
  scene.published(1).wait(3600);
  // Its peers are off: nobody else can get it.
  for (let second = 0; second < 300; second += 1) scene.wait(1).reports(1, alone).settle();
  t.same(versions(scene), [release, null, null]);
  t.end();
});

t.test('R6 an etcd that does not answer, or that has its package to go back to, is put back', (t) => {
  const { noWayBack: _none, ...goesBack } = alone.service;
  const { leaderlessVersion: _said, ...silent } = alone.service;
  for (const service of [goesBack, silent]) {
    const scene = heldBackCluster();
    scene.settle();
    scene.published(1).wait(3600);
    for (let second = 0; second < 130; second += 1) scene.wait(1).reports(1, { etcd: null, service }).settle();
    t.same(versions(scene), [null, null, null]);
  }
  t.end();
});

t.test('R17 while nobody serves, no release of another minor version is given out', (t) => {
  const scene = heldBackCluster();
  want(scene, '3.6.14').settle();
  t.same(versions(scene), [null, null, null]);
  want(scene, release);
  scene.progress = { ...scene.progress, etcdMinor: null };
  scene.settle();
  t.same(versions(scene), [null, null, null], 'nor while nobody knows what the cluster runs');
  t.end();
});

t.test('R6 while nobody serves, a paused rollout gives nobody a release', (t) => {
  const scene = heldBackCluster();
  scene.progress = { ...scene.progress, configuration: { ...scene.progress.configuration, paused: true } };
  t.match(scene.decide(), { step: null, waits: [{ code: 'rollout_paused' }] });
  t.end();
});

t.test('R2 while nobody serves, an open permit ends before a member gets a release', (t) => {
  const scene = heldBackCluster();
  const permit = { id: 'permit1', member: scene.name(2), issuedAt: scene.now, withdrawnAt: null };
  scene.progress = { ...scene.progress, permit };
  scene.settle();
  t.same(versions(scene), [null, null, null]);
  for (let minute = 0; minute < 4; minute += 1) report(scene.wait(60), 1, {});
  t.same(versions(scene), [release, null, null]);
  t.end();
});

t.test(
  'while nobody serves, a member gets a release once a change of members that was asked for can no longer begin',
  (t) => {
    const scene = heldBackCluster();
    const mutation = { kind: 'remove-learner', member: 'x-k3s-m-4', memberId: 'd', reason: said('replaced') } as const;
    const assignment = { id: 'step1', mutation, executor: scene.name(1), issuedAt: scene.now, since: scene.now };
    scene.progress = { ...scene.progress, assignment };
    report(scene.wait(orderOverAfter / 1000 - 1), 1, {});
    t.same(versions(scene), [null, null, null]);
    report(scene, 1, {});
    t.same(versions(scene), [release, null, null]);
    t.end();
  },
);

t.test('a voter that is held back gets the release before a learner', (t) => {
  const scene = heldBackCluster();
  const learner = { ...scene.progress.members[scene.name(1)], phase: 'learner' } as const;
  scene.progress = { ...scene.progress, members: { ...scene.progress.members, [scene.name(1)]: learner as never } };
  scene.settle();
  t.same(versions(scene), [null, release, null]);
  t.end();
});

t.test('the only member of a cluster that is held back gets the release', (t) => {
  const scene = heldBackCluster({ members: 1 });
  scene.settle();
  t.same(versions(scene), [release]);
  t.end();
});

t.test('two of three that are held back get the release, also while the third is off', (t) => {
  const scene = declared();
  scene.wait(60).reports(1, heldBack).reports(2, heldBack).settle();
  scene.published(1);
  for (let second = 0; second < 32; second += 1) scene.wait(1).reports(1, alone).reports(2, heldBack).settle();
  t.same(versions(scene), [release, release, null]);
  t.end();
});

t.test('R16 a member that was not heard lately gets nothing: it may run', (t) => {
  const scene = heldBackCluster();
  scene.wait(60).settle();
  t.same(versions(scene), [null, null, null]);
  t.end();
});

t.test('R6 settings without room for the data are given to no member that is held back', (t) => {
  const scene = heldBackCluster();
  const tuning = { ...scene.spec.tuning, quotaBackendBytes: 1024 };
  scene.spec = { ...scene.spec, tuning };
  scene.reports(3, { etcd: { dbSizeBytes: 4096, leader: '0', healthy: false, linearizableRead: false } });
  t.match(scene.decide(), { step: null, waits: [{ code: 'quota_too_small' }, { code: 'voter_serves' }] });
  t.end();
});

t.test(
  'R6 a member that is held back beside a quorum is not put back while it fetches the release, or has just started it',
  (t) => {
    const scene = declared();
    const serve = { 1: running(scene, null), 2: running(scene, null) };
    report(scene, 1, serve);
    t.same(versions(scene), [null, null, release]);
    scene.published(3);
    report(scene.wait(7200), 300, { ...serve, 3: { ...heldBack, agent: { waits: [fetching] } } });
    report(scene, 60, { ...serve, 3: alone });
    t.same(versions(scene), [null, null, release]);
    report(scene, 70, { ...serve, 3: alone });
    t.same(versions(scene), [null, null, null], 'one that never serves beside a quorum is');
    t.end();
  },
);

for (const [what, etcdVersion] of [
  ['another minor version of it', '3.6.14'],
  ['none', null],
] as const)
  t.test(`R17 no member restarts for a package whose system has ${what}`, (t) => {
    const scene = declared();
    scene.settle();
    for (const number of [2, 3, 1]) exchanges(scene, number);
    want(scene, null).wait(1);
    for (const number of [1, 2, 3]) scene.reports(number, running(scene, release));
    scene.settle();
    scene
      .published(2)
      .wait(1)
      .reports(2, {
        ...running(scene, release),
        service: { etcdVersion, release, restartPending: true },
      });
    t.same(scene.decide().step, null, 'it gets no permit');
    t.same(versions(scene), [release, null, release]);
    t.end();
  });
