import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../../support/said.ts';
import { Scene } from '../support/situations.ts';

const hourly = { snapshotEveryMinutes: 60 };
const asked = (executor: number, why: Reason = reason('on_schedule')) => ({
  kind: 'assign-snapshot',
  executor: `x-k3s-m-${executor}`,
  why,
});

/** Three voters, no longer young. */
function grown(): Scene {
  return Scene.formed(3, hourly).wait(600).allReport();
}

/** The ordered snapshot is stored. */
function kept(scene: Scene): Scene {
  const { task } = scene.progress.snapshots;
  return scene.take({ kind: 'record-snapshot', id: task?.id ?? '', takenAt: scene.now });
}

t.test('a new cluster gets no order for a snapshot, and forms as if there were none', (t) => {
  const scene = Scene.formed(3, hourly);
  t.same(scene.decide().step, null);
  t.same(scene.wait(500).allReport().settle(), []);
  t.end();
});

t.test('a follower takes one when it is due, and again after the interval', (t) => {
  const scene = grown();
  t.same(scene.settle(), [asked(2)]);
  t.same(scene.decide(), { step: null, waits: [] }, 'nothing waits for it');
  kept(scene);
  t.same(scene.wait(3500).allReport().settle(), []);
  t.same(
    scene.wait(100).allReport().settle(),
    [asked(3)],
    'from another one, so that the snapshots are not all of one node',
  );
  kept(scene);
  t.same(scene.wait(3600).allReport().settle(), [asked(2)]);
  t.end();
});

t.test('none is taken if that is turned off, not even before changes', (t) => {
  const scene = Scene.formed(3, { snapshotEveryMinutes: 0 }).wait(864_000).allReport();
  t.same(scene.settle(), []);
  t.end();
});

t.test('a clock that was set back does not postpone it', (t) => {
  const scene = grown().wait(6000).allReport();
  scene.settle();
  kept(scene);
  scene.now -= 500_000;
  scene.allReport();
  t.same(scene.settle(), [asked(3)]);
  t.end();
});

t.test('a snapshot that failed, or was ordered, while the clock was ahead is awaited no longer than any other', (t) => {
  const day = 86_400_000;
  const failing = grown();
  failing.settle();
  const id = failing.progress.snapshots.task?.id ?? '';
  failing.reports(2, { lastSnapshot: { id, outcome: 'failed', reason: said('the disk is full') } });
  failing.take({ kind: 'withdraw-snapshot', reason: said('the disk is full') });
  failing.now -= day;
  failing.allReport();
  t.same(failing.decide().step, asked(3));

  const slow = grown();
  slow.settle();
  slow.now -= day;
  slow.allReport();
  t.match(slow.decide().step, {
    kind: 'withdraw-snapshot',
    reason: reason('snapshot_not_begun', { executor: 'x-k3s-m-2' }),
  });
  t.end();
});

t.test('a failed one is tried again later and later, from another voter', (t) => {
  const scene = grown();
  scene.settle();
  const id = scene.progress.snapshots.task?.id ?? '';
  scene.reports(2, { lastSnapshot: { id, outcome: 'failed', reason: said('the disk is full') } });
  const why = reason('of_member', {
    member: 'x-k3s-m-2',
    why: reason('node_says', { why: said('the disk is full') }),
  });
  t.match(scene.settle(), [{ kind: 'withdraw-snapshot', reason: why }]);
  scene.wait(29).allReport();
  t.same(scene.settle(), []);
  t.same(scene.wait(1).allReport().settle(), [asked(3)]);
  t.match(scene.progress.snapshots.failure, { count: 1, reason: why });
  kept(scene);
  t.equal(scene.progress.snapshots.failure, null, 'and is forgotten once one succeeds');
  t.end();
});

for (const [what, happens, why] of [
  [
    'an agent that does not begin, such as an older one',
    (scene: Scene) => scene.wait(130).allReport(),
    reason('snapshot_not_begun', { executor: 'x-k3s-m-2' }),
  ],
  [
    'an agent that is silent',
    (scene: Scene) => scene.wait(40).reports(1).reports(3),
    reason('of_member', { member: 'x-k3s-m-2', why: reason('silent', { seconds: 40 }) }),
  ],
  [
    'an agent that does not finish',
    (scene: Scene) => {
      const id = scene.progress.snapshots.task?.id ?? '';
      return scene
        .wait(2000)
        .allReport()
        .reports(2, { lastSnapshot: { id, outcome: 'begun', reason: null } });
    },
    reason('snapshot_not_sent', { executor: 'x-k3s-m-2' }),
  ],
] as const) {
  t.test(`it is no longer awaited from ${what}`, (t) => {
    const scene = grown();
    scene.settle();
    t.match(happens(scene).decide().step, { kind: 'withdraw-snapshot', reason: why });
    t.end();
  });
}

/** A fourth member is declared and could enter. */
function growing(): Scene {
  const scene = Scene.formed(3, { ...hourly, members: 5 })
    .wait(600)
    .allReport();
  scene.settle();
  kept(scene);
  return scene.wait(1200).allReport().joins(4).joins(5);
}
const add = { kind: 'assign', mutation: { kind: 'add-learner', member: 'x-k3s-m-4' } };
const change = reason('before_change', { kind: 'add-learner', member: 'x-k3s-m-4', why: null });
const before = reason('before', { why: change });

t.test('R3: a change of membership waits for a snapshot that is not older than ten minutes', (t) => {
  const scene = growing();
  t.same(scene.settle(), [asked(3, before)]);
  const { id } = scene.progress.snapshots.task ?? { id: '' };
  t.same(scene.decide().waits, [reason('takes_snapshot', { executor: 'x-k3s-m-3', id, why: change })]);
  kept(scene);
  t.match(scene.settle(), [add]);
  t.end();
});

t.test('R3: it continues without one after two that failed, and after one that does not end', (t) => {
  const failing = growing();
  failing.settle();
  for (const executor of [3, 1]) {
    const id = failing.progress.snapshots.task?.id ?? '';
    failing.reports(executor, { lastSnapshot: { id, outcome: 'failed', reason: said('no') } });
    failing.settle();
    failing.wait(30).allReport().joins(4).joins(5);
    if (executor === 3) failing.settle();
  }
  t.match(failing.settle(), [add]);

  const slow = growing();
  slow.settle();
  const id = slow.progress.snapshots.task?.id ?? '';
  const begun = { lastSnapshot: { id, outcome: 'begun', reason: null } } as const;
  slow.wait(599).allReport().reports(3, begun).joins(4).joins(5);
  t.same(slow.settle(), []);
  slow.wait(2).allReport().reports(3, begun).joins(4).joins(5);
  t.match(slow.settle(), [add]);
  t.end();
});

t.test('R3: a change no longer waits for one that failed while the clock was ahead', (t) => {
  for (const count of [1, 2]) {
    const scene = growing();
    const at = scene.now + 86_400_000;
    const failure = { id: 'snapshot0001', executor: scene.name(2), at, count, reason: said('no') };
    scene.progress = { ...scene.progress, snapshots: { ...scene.progress.snapshots, failure } };
    t.same(scene.decide().step, asked(3, before));
  }
  t.end();
});
