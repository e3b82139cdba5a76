import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../../../../../test/support/said.ts';
import { configurationOf } from '../../../src/model/configuration-of.ts';
import { Scene, type SpecChanges } from '../support/situations.ts';

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
