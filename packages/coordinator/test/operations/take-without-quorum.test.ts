import { PicketError } from '@picket/shared/errors.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { applyStep } from '../../src/controller/apply-step.ts';
import type { Operation, OperationSituation } from '../../src/operations/operation.ts';
import { takeSnapshot } from '../../src/operations/take-snapshot.ts';
import { takeWithoutQuorum } from '../../src/operations/take-without-quorum.ts';
import { Scene, type StatusChanges } from '../controller/support/situations.ts';
import { said, withWords } from '../support/said.ts';

const usual = takeSnapshot(reason('asked_for', { by: 'operator admin' }));
const rescue = takeWithoutQuorum('operator admin');

/** What the operator gets: the words of the refusal, or who takes the snapshot and why. */
function ordered(scene: Scene, operation: Operation<string> = rescue): string | readonly [string, string] {
  const { spec, progress, now } = scene;
  const fresh = { incarnation: 'life9', nonce: 'nonce9', id: 'order9' };
  const after: OperationSituation['after'] = (step) => applyStep(progress, step, spec.name, fresh, now);
  try {
    const outcome = operation.decide({ spec, progress, now, status: scene.status(), after } as OperationSituation);
    scene.progress = outcome.progress ?? progress;
    const { task } = withWords(scene.progress.snapshots);
    if (task === null || task.id !== outcome.result) throw new Error('no such order');
    return [task.executor, String(task.why)];
  } catch (error) {
    if (error instanceof PicketError) return error.message;
    throw error;
  }
}

const leaderless = { leader: '0', healthy: false, linearizableRead: false, members: null };
const applied = (raftAppliedIndex: number): StatusChanges => ({ etcd: { ...leaderless, raftAppliedIndex } });

/** Of `count` voters these report, without a leader, what they have applied; the others have been silent for a minute. */
function survivors(count: number, indices: Readonly<Record<number, number>>): Scene {
  const scene = Scene.formed(count, { members: count }).wait(60);
  for (const [number, index] of Object.entries(indices)) scene.reports(Number(number), applied(index));
  return scene;
}

/** It is stored. */
function kept(scene: Scene): Scene {
  const id = scene.progress.snapshots.task?.id ?? '';
  return scene.take({ kind: 'record-snapshot', id, takenAt: scene.now });
}

t.test('R16: while an etcd is known to serve, a snapshot without a quorum is refused', async (t) => {
  const scene = Scene.formed(3).wait(34);
  t.match(ordered(scene), /x-k3s-m-1 \(34 s ago\).* answered a linearizable read.* repeat this command in 2 s\.$/);
  scene.wait(2).reports(1, applied(20));
  t.equal(ordered(scene)[0], 'x-k3s-m-1');
});

t.test('the survivor that has applied most takes it, and the order names those that were not asked', async (t) => {
  t.same(ordered(survivors(5, { 2: 20, 4: 30 })), [
    'x-k3s-m-4',
    'operator admin requested it without a quorum: x-k3s-m-4 had applied index 30; ' +
      'x-k3s-m-1 does not answer and last reported index 18; x-k3s-m-3 does not answer and last reported index 18; ' +
      'x-k3s-m-5 does not answer and last reported index 18',
  ]);
});

t.test('a silent voter that had applied more is named, and so is a lost one', async (t) => {
  const scene = survivors(3, { 1: 20, 2: 25 }).wait(60).reports(1, applied(20)).declaredLost(3).evicts(3);
  t.match(
    ordered(scene)[1],
    'x-k3s-m-2 does not answer and last reported index 25, which is higher; x-k3s-m-3 is lost',
  );
});

/** The reports of these nodes are as old as before, and the clock was set ahead by an hour. */
function clockSetAhead(scene: Scene, ...numbers: readonly number[]): Scene {
  scene.wait(3600);
  for (const number of numbers) {
    const node = scene.nodes[scene.name(number)];
    if (node?.receivedAt == null) throw new Error('it has not reported');
    scene.nodes[scene.name(number)] = { ...node, heardAt: node.receivedAt + 3_600_000 };
  }
  return scene;
}

t.test(
  'R16: a clock that is set ahead makes no member silent: one that has just answered a read still counts',
  async (t) => {
    const scene = clockSetAhead(Scene.formed(3).wait(4), 1, 2, 3);
    t.match(ordered(scene), /x-k3s-m-1 \(4 s ago\).* answered a linearizable read.* repeat this command in 32 s\.$/);
    scene.wait(32).reports(1, applied(20));
    t.equal(ordered(scene)[0], 'x-k3s-m-1');
  },
);

t.test('R16: after a start, a read that was reported before it may be recent', async (t) => {
  const scene = Scene.formed(1, { members: 1 }).wait(3600);
  const stored = scene.nodes[scene.name(1)];
  if (stored === undefined) throw new Error('no member');
  scene.nodes[scene.name(1)] = { ...stored, isStored: true, heardAt: scene.now };
  t.match(ordered(scene), /^.*x-k3s-m-1 \(before the coordinator was started\) answered a linearizable read/);
});

t.test('R16: no survivor is chosen while one with more may just have reported', async (t) => {
  const scene = clockSetAhead(survivors(3, { 2: 25 }).wait(5), 2).reports(1, applied(20));
  t.match(ordered(scene), /x-k3s-m-2 last reported applied index 25.* Repeat this command in 31 s\.$/);
  scene.wait(31).reports(1, applied(20));
  t.equal(ordered(scene)[0], 'x-k3s-m-1', 'it is silent');
});

t.test(
  'R16: after a start, a voter that has not reported again may have more than its stored report says',
  async (t) => {
    const scene = survivors(3, { 2: 15 }).wait(5).reports(1, applied(20));
    const stored = scene.nodes[scene.name(2)];
    if (stored === undefined) throw new Error('no member');
    scene.nodes[scene.name(2)] = { ...stored, isStored: true, heardAt: scene.now };
    t.match(ordered(scene), /x-k3s-m-2 last reported applied index 15.* Repeat this command in 36 s\.$/);
    scene.reports(2, applied(25));
    t.equal(ordered(scene)[0], 'x-k3s-m-2');
  },
);

t.test('R16: a silent voter that has less is no reason to wait', async (t) => {
  const scene = clockSetAhead(survivors(3, { 2: 15 }).wait(5), 2).reports(1, applied(20));
  t.equal(ordered(scene)[0], 'x-k3s-m-1');
});

t.test('one whose data differs from that of a majority takes it only if no other is left', async (t) => {
  const scene = survivors(3, { 1: 20, 2: 25 });
  const { corruption } = scene.progress;
  scene.progress = { ...scene.progress, corruption: { ...corruption, named: ['a2'] } };
  t.equal(ordered(scene)[0], 'x-k3s-m-1');
  const alone = survivors(3, { 2: 25 });
  alone.progress = { ...alone.progress, corruption: { ...corruption, named: ['a2'] } };
  t.equal(ordered(alone)[0], 'x-k3s-m-2');
});

t.test('no survivor: neither a silent voter, nor an etcd of another life or cluster is asked', async (t) => {
  for (const changes of [
    { etcd: null, service: { state: 'crashed' } },
    { ...applied(20), service: { incarnation: 'another' } },
    { etcd: { ...leaderless, clusterId: 'other' } },
  ] as const) {
    t.match(ordered(survivors(3, {}).reports(1, changes)), /no voter reports an etcd that answers\. Start the agent/);
  }
  t.match(ordered(survivors(3, {})), /no voter reports an etcd that answers/);
});

t.test('R5: a frozen cluster gets no order', async (t) => {
  const scene = survivors(3, { 1: 20 });
  scene.progress = { ...scene.progress, frozen: said('the store is older than its nodes') };
  t.match(ordered(scene), /frozen: the store is older than its nodes/);
});

t.test('it is never the last snapshot of a serving cluster: the schedule and changes take another one', async (t) => {
  const scene = Scene.formed(3, { snapshotEveryMinutes: 60 }).wait(660).reports(1, applied(20));
  ordered(scene);
  const { id } = scene.progress.snapshots.task ?? { id: '' };
  kept(scene);
  t.match(scene.progress.snapshots, { last: null, rescue: { id, by: 'x-k3s-m-1', appliedIndex: 20 } });
  t.match(scene.allReport().takeNext(), { kind: 'assign-snapshot', why: 'on schedule' });
  kept(scene);
  t.match(scene.progress.snapshots, { last: { by: 'x-k3s-m-2' }, rescue: null }, 'a quorum served since');
});

t.test('R3: a change does not wait for it, and takes another snapshot first', async (t) => {
  const scene = Scene.formed(3, { snapshotEveryMinutes: 600, members: 4 }).wait(660).allReport();
  scene.settle();
  kept(scene).wait(1200).reports(1, applied(20));
  ordered(scene);
  scene.allReport().joins(4);
  t.match(scene.takeNext(), { kind: 'assign-snapshot', why: 'before asking a voter to add x-k3s-m-4 as a learner' });
});

t.test('R3: failures of it do not let a change go on without a snapshot', async (t) => {
  const scene = Scene.formed(3, { snapshotEveryMinutes: 60 }).wait(660);
  for (const number of [1, 1]) {
    ordered(scene.reports(number, applied(20)));
    const { id } = scene.progress.snapshots.task ?? { id: '' };
    scene.reports(number, {
      ...applied(20),
      lastSnapshot: { id, outcome: 'failed', reason: reason('etcd_not_started') },
    });
    t.match(scene.takeNext(), { kind: 'withdraw-snapshot' });
  }
  t.match(scene.progress.snapshots, { failure: null, rescueFailure: { executor: 'x-k3s-m-1' } });
});

t.test('an order that is repeated names the same snapshot, and one of the other kind takes its place', async (t) => {
  const scene = survivors(3, { 1: 20 });
  ordered(scene);
  const { progress } = scene;
  ordered(scene);
  t.equal(scene.progress, progress);
  t.match(
    ordered(scene, usual),
    /no voter is known to serve\..* `picket snapshot take x-k3s --without-quorum`; it may lack the last writes\.$/,
  );
  t.same(ordered(scene.allReport(), usual), ['x-k3s-m-2', 'operator admin requested it']);
});
