import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../../../../../test/support/said.ts';
import { configurationOf, wantedConfiguration, withConfiguration } from '../../../src/model/configuration-of.ts';
import { rolloutView } from '../../../src/status/rollout-view.ts';
import { Scene, type SpecChanges } from '../support/situations.ts';

const pending = { service: { restartPending: true } };

/** A formed cluster whose operator has just changed a setting. */
function changed(members = 3, changes: SpecChanges = {}): Scene {
  const scene = Scene.formed(members, { members, ...changes });
  scene.settle();
  return set(scene, 100);
}

function set(scene: Scene, heartbeatIntervalMs: number): Scene {
  const { spec } = scene;
  scene.spec = { ...spec, revision: spec.revision + 1, tuning: { ...spec.tuning, heartbeatIntervalMs } };
  return scene;
}

function heartbeatOf(scene: Scene, number: number): number {
  return configurationOf(scene.spec, scene.progress, scene.name(number)).tuning.heartbeatIntervalMs;
}

/** What each member should run with, in their order. */
function heartbeats(scene: Scene): readonly number[] {
  return scene.spec.members.map((_, index) => heartbeatOf(scene, index + 1));
}

/** This member gets it, restarts with a permit, and shows that it can run with it. */
function runsWith(scene: Scene, number: number): void {
  scene.published(number).wait(1).reports(number, pending);
  scene.settle();
  scene.published(number).wait(1).reports(number, { healthySince: scene.now });
  // Its permit is withdrawn, and it hears of that.
  scene.settle();
  scene.published(number).wait(11).allReport();
  scene.settle();
}

/** All report except the second, which got it. */
function othersServe(scene: Scene): Scene {
  return scene.reports(1).reports(3);
}

t.test('R6 a change reaches one follower, and nobody else before that one runs with it', (t) => {
  const scene = changed();
  t.same(scene.settle(), [
    { kind: 'release-configuration', member: 'x-k3s-m-2', configuration: wantedConfiguration(scene.spec) },
  ]);
  t.same(heartbeats(scene), [500, 100, 500]);
  scene.published(2).wait(3600).allReport().reports(2, pending);
  t.same(scene.settle(), [{ kind: 'grant-permit', member: 'x-k3s-m-2' }]);
  t.same(heartbeats(scene), [500, 100, 500], 'not while it restarts');
  t.end();
});

t.test('R6 followers first, the leader last; then all have it', (t) => {
  const scene = changed();
  scene.settle();
  const order = [heartbeats(scene)];
  for (const number of [2, 3, 1]) {
    runsWith(scene, number);
    order.push(heartbeats(scene));
  }
  t.same(order, [
    [500, 100, 500],
    [500, 100, 100],
    [100, 100, 100],
    [100, 100, 100],
  ]);
  t.same(scene.progress.configuration.settled, wantedConfiguration(scene.spec));
  t.same(scene.progress.configuration.rolledOut, {});
  t.same(scene.decide(), { step: null, waits: [] });
  t.end();
});

t.test('R6 a member that cannot run with it gets its former settings back, and nobody else gets it', (t) => {
  const scene = changed();
  scene.settle();
  scene.published(2).wait(1).reports(2, pending).settle();
  scene
    .published(2)
    .wait(30)
    .allReport()
    .reports(2, { service: { rejected: said('its port is taken') } });
  const why = reason('node_says', { why: said('its port is taken') });
  t.match(scene.decide().step, { kind: 'put-back-configuration', member: 'x-k3s-m-2', changed: 'conf', reason: why });
  scene.settle();
  scene.published(2).wait(20).allReport();
  scene.settle();
  t.same(heartbeats(scene), [500, 500, 500]);
  t.equal(scene.progress.permit, null, 'its permit is closed, since it has returned');
  t.match(scene.wait(1).allReport().decide(), {
    step: null,
    waits: [reason('rollout_stopped', { cluster: 'x-k3s', member: 'x-k3s-m-2', revision: 2, changed: 'conf', why })],
  });
  t.end();
});

t.test('R6 another change is tried again, from the first member on', (t) => {
  const scene = changed();
  scene.settle();
  scene
    .published(2)
    .wait(1)
    .reports(2, { service: { rejected: said('no') } })
    .settle();
  scene.published(2).wait(1).allReport();
  set(scene, 200);
  scene.settle();
  t.same(heartbeats(scene), [500, 200, 500]);
  t.equal(scene.progress.configuration.stopped, null);
  t.end();
});

t.test('R6 a member that is down with it for too long counts as unable, if its agent says so', (t) => {
  const scene = changed();
  scene.settle();
  scene.published(2).wait(1).reports(2, pending).settle();
  scene.published(2);
  const down = { etcd: null, service: { state: 'crashed', reason: said('etcd ended by itself') } } as const;
  // It has used its permit late, so that this has been withdrawn meanwhile.
  othersServe(scene.wait(80)).reports(2, down);
  othersServe(scene.wait(119)).reports(2, down).settle();
  t.same(heartbeats(scene), [500, 100, 500]);
  othersServe(scene.published(2).wait(1)).reports(2, down);
  t.match(scene.decide().step, {
    kind: 'put-back-configuration',
    member: 'x-k3s-m-2',
    reason: reason('not_healthy', {
      seconds: 120,
      why: reason('node_says', { why: said('etcd ended by itself') }),
    }),
  });
  t.end();
});

t.test('R6 a machine that replaces the one on trial shows nothing about its settings', (t) => {
  const scene = changed();
  scene.settle();
  scene.published(2).wait(1).reports(2, pending).settle();
  othersServe(scene.wait(40));
  scene.vacates(2).settle();
  for (const seconds of [1, 121])
    othersServe(scene.wait(seconds)).reports(2, { etcd: null, service: { state: 'absent' } });
  t.not(scene.decide().step?.kind, 'put-back-configuration');
  t.equal(scene.progress.configuration.stopped, null);
  t.end();
});

t.test('R6 a voter that follows its leader with it and does not serve counts as unable', (t) => {
  const scene = changed();
  scene.settle();
  scene.published(2).wait(1).reports(2, pending).settle();
  for (const seconds of [1, 120])
    othersServe(scene.published(2).wait(seconds)).reports(2, { etcd: { healthy: false } });
  t.match(scene.decide().step, {
    kind: 'put-back-configuration',
    reason: reason('not_healthy', { seconds: 120, why: reason('no_reads') }),
  });
  t.end();
});

t.test('R6 reports from before the change say nothing about it', (t) => {
  const scene = changed();
  scene.settle();
  const stale = scene.nodes['x-k3s-m-2']?.generation ?? 0;
  scene
    .published(2)
    .wait(11)
    .reports(2, { agent: { generationSeen: stale, generationApplied: stale } });
  t.same(scene.decide(), {
    step: null,
    waits: [reason('runs_revision', { member: 'x-k3s-m-2', revision: 2, why: null })],
  });
  scene.reports(2, {
    agent: { generationSeen: stale, generationApplied: stale },
    service: { rejected: said('of something else') },
  });
  t.equal(scene.decide().step, null);
  t.end();
});

t.test('R6 a member that has not applied it does not run with it, and its agent’s reason is reported', (t) => {
  const scene = changed();
  scene.settle();
  const former = scene.nodes['x-k3s-m-2']?.generation ?? 0;
  const why = said('an operator: its log goes elsewhere');
  // The report of an agent that refuses the conf.yml: no restart is pending.
  scene
    .published(2)
    .wait(60)
    .allReport()
    .reports(2, { agent: { generationApplied: former, waits: [why] } });
  t.same(scene.decide(), {
    step: null,
    waits: [reason('runs_revision_once_agent_can', { member: 'x-k3s-m-2', revision: 2, why })],
  });
  t.end();
});

t.test('status shows why the member on trial does not continue: its agent’s reason, or its silence', (t) => {
  const scene = changed();
  scene.settle();
  const why = said('a permit to restart etcd');
  scene
    .published(2)
    .wait(1)
    .reports(2, { agent: { waits: [why], generationSeen: 1, generationApplied: 1 } });
  t.strictSame(scene.decide().waits, [
    reason('runs_revision_once_agent_can', { member: 'x-k3s-m-2', revision: 2, why }),
  ]);
  scene.wait(40).reports(1).reports(3);
  t.strictSame(scene.decide().waits, [
    reason('runs_revision', { member: 'x-k3s-m-2', revision: 2, why: reason('silent', { seconds: 40 }) }),
  ]);
  t.end();
});

t.test('R6 a change of mind reaches the member that has not begun, and replaces the first change', (t) => {
  const scene = changed();
  scene.settle();
  set(scene, 200).settle();
  t.same(heartbeats(scene), [500, 200, 500]);
  t.equal(scene.progress.configuration.trial?.before.tuning.heartbeatIntervalMs, 500, 'it goes back to what it had');
  set(scene, 500).settle();
  scene.published(2).wait(11).allReport().settle();
  t.same(heartbeats(scene), [500, 500, 500]);
  t.same(scene.decide(), { step: null, waits: [] }, 'and a change back is no rollout');
  t.end();
});

t.test('R6 the replacement reaches the member on trial although a voter is unhealthy', (t) => {
  const scene = changed();
  scene.settle();
  scene.published(2).wait(1).allReport().reports(2, pending).reports(3, { etcd: null });
  set(scene, 500).settle();
  t.same(heartbeats(scene), [500, 500, 500]);
  t.end();
});

t.test('a paused rollout gives the member on trial nothing new, but lets it go back', (t) => {
  const scene = changed();
  scene.settle();
  scene.progress = { ...scene.progress, configuration: { ...scene.progress.configuration, paused: true } };
  set(scene, 200).settle();
  t.same(heartbeats(scene), [500, 100, 500]);
  set(scene, 500).settle();
  t.same(heartbeats(scene), [500, 500, 500]);
  t.end();
});

t.test('a paused rollout lets the present member finish, and then waits for an operator', (t) => {
  const scene = changed();
  scene.settle();
  scene.progress = { ...scene.progress, configuration: { ...scene.progress.configuration, paused: true } };
  runsWith(scene, 2);
  t.same(heartbeats(scene), [500, 100, 500]);
  t.strictSame(scene.decide(), {
    step: null,
    waits: [reason('rollout_paused', { cluster: 'x-k3s', members: ['x-k3s-m-1', 'x-k3s-m-3'], revision: 2 })],
  });
  t.end();
});

t.test('R2 nothing is released while a voter is unhealthy, nor if nothing can keep serving', (t) => {
  const scene = changed();
  scene.reports(3, { etcd: null });
  t.match(scene.decide(), {
    step: null,
    waits: [
      {
        code: 'all_serve_before_revision',
        facts: { revision: 2, ailment: { code: 'of_member', facts: { member: 'x-k3s-m-3' } } },
      },
    ],
  });
  scene.reports(3, { service: { dataGone: true } });
  t.match(scene.decide(), {
    step: null,
    waits: [
      {
        code: 'all_serve_before_revision',
        facts: { ailment: { code: 'of_member', facts: { member: 'x-k3s-m-3', why: { code: 'runs_without_data' } } } },
      },
    ],
  });
  const two = changed(2);
  t.strictSame(two.decide(), {
    step: null,
    waits: [
      reason('revision_needs_downtime', {
        cluster: 'x-k3s',
        members: ['x-k3s-m-1', 'x-k3s-m-2'],
        revision: 2,
        count: 2,
      }),
    ],
  });
  two.spec = { ...two.spec, allowDowntime: true };
  t.equal(two.decide().step?.kind, 'release-configuration');
  t.end();
});

t.test('R6 a quota that the data has outgrown since its declaration is released to nobody', (t) => {
  const scene = Scene.formed(3);
  scene.settle();
  const { spec } = scene;
  scene.spec = { ...spec, revision: 2, tuning: { ...spec.tuning, quotaBackendBytes: 100_000_000 } };
  scene.reports(3, { etcd: { dbSizeBytes: 90_000_000, dbSizeInUseBytes: 90_000_000 } });
  t.same(scene.decide(), {
    step: null,
    waits: [
      reason('quota_too_small', {
        cluster: 'x-k3s',
        revision: 2,
        member: 'x-k3s-m-3',
        bytes: 90_000_000,
        leastBytes: 135_000_000,
      }),
    ],
  });
  t.end();
});

t.test('R6 nor does the member on trial get it, except to go back', (t) => {
  const scene = Scene.formed(3);
  scene.settle();
  const { spec } = scene;
  const want = (quotaBackendBytes: number) => {
    const { revision } = scene.spec;
    scene.spec = { ...spec, revision: revision + 1, tuning: { ...spec.tuning, quotaBackendBytes } };
    return scene.settle().map(({ kind }) => kind);
  };
  t.same(want(4_000_000_000), ['release-configuration']);
  scene.reports(2, { etcd: { dbSizeBytes: 1_900_000_000 } });
  t.same(want(2_000_000_000), []);
  t.same(want(spec.tuning.quotaBackendBytes), ['release-configuration']);
  t.end();
});

t.test('what needs no restart needs no permit', (t) => {
  const scene = changed();
  scene.settle();
  scene.published(2).wait(11).allReport();
  const kinds = scene.settle().map(({ kind }) => kind);
  t.same(kinds, ['confirm-configuration', 'release-configuration']);
  t.end();
});

t.test('R6 a later member gets the settings of all, not those on trial', (t) => {
  const scene = Scene.formed(1);
  scene.settle();
  set(scene, 100);
  t.same(heartbeats(scene), [500, 500, 500]);
  t.end();
});

t.test('a cluster from before rollouts has the settings of its spec', (t) => {
  const scene = Scene.formed(3);
  scene.progress = { ...scene.progress, configuration: { ...scene.progress.configuration, settled: null } };
  t.same(scene.settle(), [{ kind: 'settle-configuration', configuration: wantedConfiguration(scene.spec) }]);
  t.end();
});

/** The operator wants a heartbeat every 10 ms and an election after 50 ms; the members have 500 ms and 5000 ms. */
function muchFaster(): Scene {
  const scene = Scene.formed(3, { members: 3 });
  scene.settle();
  const { spec } = scene;
  const tuning = { ...spec.tuning, heartbeatIntervalMs: 10, electionTimeoutMs: 50 };
  scene.spec = { ...spec, revision: spec.revision + 1, tuning };
  scene.settle();
  return scene;
}

/** Heartbeat and election timeout of each member, in their order. */
function timings({ spec, progress }: Scene): readonly string[] {
  return spec.members.map(({ name }) => {
    const { heartbeatIntervalMs, electionTimeoutMs } = configurationOf(spec, progress, name).tuning;
    return `${heartbeatIntervalMs}/${electionTimeoutMs}`;
  });
}

t.test('R6 timing that cannot be beside the old one is rolled out in two steps, each one member at a time', (t) => {
  const scene = muchFaster();
  const shown = () => {
    const view = rolloutView(scene.spec, scene.progress);
    return view && `${view.step}/${view.steps}: ${view.members.map(({ upToDate }) => (upToDate ? 1 : 0)).join('')}`;
  };
  const order = [[...timings(scene), shown()]];
  for (const number of [2, 3, 1, 2, 3, 1]) {
    // A coordinator that restarts knows what is stored.
    scene.progress = JSON.parse(JSON.stringify(scene.progress));
    runsWith(scene, number);
    order.push([...timings(scene), shown()]);
  }
  t.same(order, [
    ['500/5000', '10/5000', '500/5000', '1/2: 010'],
    ['500/5000', '10/5000', '10/5000', '1/2: 011'],
    ['10/5000', '10/5000', '10/5000', '1/2: 111'],
    ['10/5000', '10/50', '10/5000', '2/2: 010'],
    ['10/5000', '10/50', '10/50', '2/2: 011'],
    ['10/50', '10/50', '10/50', '2/2: 111'],
    ['10/50', '10/50', '10/50', null],
  ]);
  t.same(scene.progress.configuration.settled, wantedConfiguration(scene.spec));
  t.same(scene.decide(), { step: null, waits: [] });
  t.end();
});

t.test('R6 a member that cannot run with the first step stops both', (t) => {
  const scene = muchFaster();
  scene.published(2).wait(1).reports(2, pending).settle();
  scene
    .published(2)
    .wait(30)
    .allReport()
    .reports(2, { service: { rejected: said('too fast') } });
  scene.settle();
  scene.published(2).wait(100).allReport();
  scene.settle();
  t.match(scene.decide(), {
    step: null,
    waits: [{ code: 'rollout_stopped', facts: { why: reason('node_says', { why: said('too fast') }) } }],
  });
  t.match(rolloutView(scene.spec, scene.progress), { state: 'stopped', step: 1, steps: 2 });
  t.same(timings(scene), ['500/5000', '500/5000', '500/5000']);
  t.end();
});

t.test('R6 an abort in the first step stops both', (t) => {
  const scene = muchFaster();
  runsWith(scene, 2);
  const { settled } = scene.progress.configuration;
  if (settled === null) throw new Error('nothing was settled');
  scene.spec = { ...withConfiguration(scene.spec, settled), revision: scene.spec.revision + 1 };
  scene.settle();
  for (const number of [3, 2]) runsWith(scene, number);
  t.same(timings(scene), ['500/5000', '500/5000', '500/5000']);
  t.equal(rolloutView(scene.spec, scene.progress), null);
  t.end();
});

t.test('R6 where etcd serves its metrics is a setting: one member after another gets it', (t) => {
  const scene = Scene.formed(3);
  scene.settle();
  scene.spec = { ...scene.spec, revision: scene.spec.revision + 1, etcdMetrics: 'address' };
  const onAddress = () =>
    [1, 2, 3].map((number) => {
      const given = configurationOf(scene.spec, scene.progress, scene.name(number));
      return withConfiguration(scene.spec, given).etcdMetrics === 'address';
    });
  t.match(scene.settle(), [{ kind: 'release-configuration', member: 'x-k3s-m-2' }]);
  t.same(onAddress(), [false, true, false]);
  for (const number of [2, 3, 1]) runsWith(scene, number);
  t.same(onAddress(), [true, true, true]);
  t.equal(rolloutView(scene.spec, scene.progress), null);
  t.end();
});
