import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { applyStep } from '../../src/controller/apply-step.ts';
import type { Operation, OperationSituation } from '../../src/operations/operation.ts';
import { takeSnapshot } from '../../src/operations/take-snapshot.ts';
import { takeWithoutQuorum } from '../../src/operations/take-without-quorum.ts';
import { Scene, type StatusChanges } from '../controller/support/situations.ts';
import { refusalOf } from '../support/refusal.ts';
import { said } from '../support/said.ts';

const usual = takeSnapshot(reason('asked_for', { by: 'operator admin' }));
const rescue = takeWithoutQuorum('operator admin');

/** Who takes the snapshot and why. Throws the refusal. */
function ordered(scene: Scene, operation: Operation<string> = rescue) {
  const { spec, progress, now } = scene;
  const fresh = { incarnation: 'life9', nonce: 'nonce9', id: 'order9' };
  const after: OperationSituation['after'] = (step) => applyStep(progress, step, spec.name, fresh, now);
  const outcome = operation.decide({ spec, progress, now, status: scene.status(), after } as OperationSituation);
  scene.progress = outcome.progress ?? progress;
  const { task } = scene.progress.snapshots;
  if (task === null || task.id !== outcome.result) throw new Error('no such order');
  return { executor: task.executor, why: task.why };
}

const refusal = (scene: Scene, operation = rescue) => refusalOf(() => ordered(scene, operation));
const because = (why: Reason) => ({ code: 'snapshot_refused', facts: { cluster: 'x-k3s', reason: why } });
/** Each of these voters answered a read so many seconds ago. */
const quorumServes = (serving: string, wait: string) =>
  because(reason('quorum_serves', { cluster: 'x-k3s', serving, wait }));

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
  const serving = [1, 2, 3].map((number) => `x-k3s-m-${number} (34 s ago)`).join(', ');
  t.strictSame(refusal(scene), quorumServes(serving, '2 s'));
  scene.wait(2).reports(1, applied(20));
  t.equal(ordered(scene).executor, 'x-k3s-m-1');
});

t.test('the survivor that has applied most takes it, and the order names those that were not asked', async (t) => {
  t.same(ordered(survivors(5, { 2: 20, 4: 30 })), {
    executor: 'x-k3s-m-4',
    why: reason('without_quorum', {
      by: 'operator admin',
      member: 'x-k3s-m-4',
      appliedIndex: 30,
      unasked: [
        { member: 'x-k3s-m-1', isLost: false, appliedIndex: 18 },
        { member: 'x-k3s-m-3', isLost: false, appliedIndex: 18 },
        { member: 'x-k3s-m-5', isLost: false, appliedIndex: 18 },
      ],
    }),
  });
});

t.test('a silent voter that had applied more is named, and so is a lost one', async (t) => {
  const scene = survivors(3, { 1: 20, 2: 25 }).wait(60).reports(1, applied(20)).declaredLost(3).evicts(3);
  const unasked = [
    { member: 'x-k3s-m-2', isLost: false, appliedIndex: 25 },
    { member: 'x-k3s-m-3', isLost: true, appliedIndex: null },
  ];
  const taken = { by: 'operator admin', member: 'x-k3s-m-1', appliedIndex: 20 };
  t.strictSame(ordered(scene).why, reason('without_quorum', { ...taken, unasked }));
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
    const serving = [1, 2, 3].map((number) => `x-k3s-m-${number} (4 s ago)`).join(', ');
    t.strictSame(refusal(scene), quorumServes(serving, '32 s'));
    scene.wait(32).reports(1, applied(20));
    t.equal(ordered(scene).executor, 'x-k3s-m-1');
  },
);

t.test('R16: after a start, a read that was reported before it may be recent', async (t) => {
  const scene = Scene.formed(1, { members: 1 }).wait(3600);
  const stored = scene.nodes[scene.name(1)];
  if (stored === undefined) throw new Error('no member');
  scene.nodes[scene.name(1)] = { ...stored, isStored: true, heardAt: scene.now };
  t.strictSame(refusal(scene), quorumServes('x-k3s-m-1 (before the coordinator was started)', '36 s'));
});

t.test('R16: no survivor is chosen while one with more may just have reported', async (t) => {
  const scene = clockSetAhead(survivors(3, { 2: 25 }).wait(5), 2).reports(1, applied(20));
  t.strictSame(
    refusal(scene),
    because(reason('survivor_in_doubt', { member: 'x-k3s-m-2', appliedIndex: 25, seconds: 31 })),
  );
  scene.wait(31).reports(1, applied(20));
  t.equal(ordered(scene).executor, 'x-k3s-m-1', 'it is silent');
});

t.test(
  'R16: after a start, a voter that has not reported again may have more than its stored report says',
  async (t) => {
    const scene = survivors(3, { 2: 15 }).wait(5).reports(1, applied(20));
    const stored = scene.nodes[scene.name(2)];
    if (stored === undefined) throw new Error('no member');
    scene.nodes[scene.name(2)] = { ...stored, isStored: true, heardAt: scene.now };
    t.strictSame(
      refusal(scene),
      because(reason('survivor_in_doubt', { member: 'x-k3s-m-2', appliedIndex: 15, seconds: 36 })),
    );
    scene.reports(2, applied(25));
    t.equal(ordered(scene).executor, 'x-k3s-m-2');
  },
);

t.test('R16: a silent voter that has less is no reason to wait', async (t) => {
  const scene = clockSetAhead(survivors(3, { 2: 15 }).wait(5), 2).reports(1, applied(20));
  t.equal(ordered(scene).executor, 'x-k3s-m-1');
});

t.test('one whose data differs from that of a majority takes it only if no other is left', async (t) => {
  const scene = survivors(3, { 1: 20, 2: 25 });
  const { corruption } = scene.progress;
  scene.progress = { ...scene.progress, corruption: { ...corruption, named: ['a2'] } };
  t.equal(ordered(scene).executor, 'x-k3s-m-1');
  const alone = survivors(3, { 2: 25 });
  alone.progress = { ...alone.progress, corruption: { ...corruption, named: ['a2'] } };
  t.equal(ordered(alone).executor, 'x-k3s-m-2');
});

t.test('no survivor: neither a silent voter, nor an etcd of another incarnation or cluster is asked', async (t) => {
  for (const changes of [
    { etcd: null, service: { state: 'crashed' } },
    { ...applied(20), service: { incarnation: 'another' } },
    { etcd: { ...leaderless, clusterId: 'other' } },
  ] as const) {
    t.strictSame(refusal(survivors(3, {}).reports(1, changes)), because(reason('no_survivor_answers')));
  }
  t.strictSame(refusal(survivors(3, {})), because(reason('no_survivor_answers')));
});

t.test('R5: a frozen cluster gets no order', async (t) => {
  const scene = survivors(3, { 1: 20 });
  const why = said('the store is older than its nodes');
  scene.progress = { ...scene.progress, frozen: why };
  t.strictSame(refusal(scene), because(reason('is_frozen', { why })));
});

t.test('it is never the last snapshot of a serving cluster: the schedule and changes take another one', async (t) => {
  const scene = Scene.formed(3, { snapshotEveryMinutes: 60 }).wait(660).reports(1, applied(20));
  ordered(scene);
  const { id } = scene.progress.snapshots.task ?? { id: '' };
  kept(scene);
  t.match(scene.progress.snapshots, { last: null, rescue: { id, by: 'x-k3s-m-1', appliedIndex: 20 } });
  t.match(scene.allReport().takeNext(), { kind: 'assign-snapshot', why: reason('on_schedule') });
  kept(scene);
  t.match(scene.progress.snapshots, { last: { by: 'x-k3s-m-2' }, rescue: null }, 'a quorum served since');
});

t.test('R3: a change does not wait for it, and takes another snapshot first', async (t) => {
  const scene = Scene.formed(3, { snapshotEveryMinutes: 600, members: 4 }).wait(660).allReport();
  scene.settle();
  kept(scene).wait(1200).reports(1, applied(20));
  ordered(scene);
  scene.allReport().joins(4);
  t.match(scene.takeNext(), {
    kind: 'assign-snapshot',
    why: reason('before', { why: reason('before_change', { kind: 'add-learner', member: 'x-k3s-m-4', why: null }) }),
  });
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
  t.strictSame(
    refusal(scene, usual),
    because(reason('only_survivors_answer', { cluster: 'x-k3s', survivor: 'x-k3s-m-1' })),
  );
  t.same(ordered(scene.allReport(), usual), {
    executor: 'x-k3s-m-2',
    why: reason('asked_for', { by: 'operator admin' }),
  });
});
