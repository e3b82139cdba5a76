import t from 'tap';
import { afterClockStep, afterStart } from '../../../src/controller/clock-steps.ts';
import type { Step } from '../../../src/model/progress.ts';
import { said } from '../../support/said.ts';
import { Scene } from '../support/situations.ts';

const kinds = (steps: readonly Step[]): readonly string[] =>
  steps.map((step) => (step.kind === 'assign' ? `${step.mutation.kind} ${step.mutation.member}` : step.kind));

/** The promotion of x-k3s-m-4 is ordered. Four are declared. */
function promotionAsked(): Scene {
  const scene = Scene.formed(3, { members: 4 }).joins(4);
  scene.settle();
  scene.etcdAdds(4).votersReport().settle();
  t.same(kinds(scene.reports(4).settle()), ['record-caught-up', 'promote x-k3s-m-4']);
  return scene;
}

/** And no longer, since x-k3s-m-3 does not serve. */
function promotionWithdrawn(): Scene {
  const scene = promotionAsked();
  scene.wait(31).allReport().reports(3, { etcd: null });
  t.same(kinds(scene.settle()), ['withdraw-assignment']);
  return scene;
}

const unpromoted = { code: 'change_lapses', facts: { member: 'x-k3s-m-4', kind: 'promote' } };

t.test('R3 a voter is not removed while a promotion that is no longer ordered may happen', (t) => {
  const scene = promotionWithdrawn().replaces(3);
  t.same(scene.settle(), []);
  t.match(scene.decide().waits, [unpromoted]);
  scene.wait(125).allReport().reports(3, { etcd: null });
  t.same(scene.settle(), [], 'its lease, and until that is seen');
  scene.wait(1).allReport().reports(3, { etcd: null });
  t.same(kinds(scene.settle()), ['forget-assignment', 'remove-voter x-k3s-m-3']);
  t.end();
});

t.test('R3 the same promotion is ordered again at once', (t) => {
  const scene = promotionWithdrawn().allReport();
  t.same(kinds(scene.settle()), ['promote x-k3s-m-4']);
  t.end();
});

t.test('R3 a member whose promotion is withdrawn may itself be removed at once', (t) => {
  const scene = promotionWithdrawn().replaces(4);
  t.same(kinds(scene.settle()), ['remove-learner x-k3s-m-4']);
  scene.etcdRemoves('a4').allReport();
  t.same(kinds(scene.settle()).at(0), 'record-removed');
  t.same(scene.progress.withdrawn, [], 'and then nothing of it is awaited');
  t.end();
});

t.test('R3 a withdrawn promotion that happened all the same is no longer awaited', (t) => {
  const scene = promotionWithdrawn().replaces(3);
  scene.etcdPromotes(4).allReport().reports(3, { etcd: null });
  t.same(kinds(scene.settle()), ['record-voter', 'remove-voter x-k3s-m-3']);
  t.end();
});

t.test('R3 no other machine replaces a learner that may have been promoted, and is needed as a voter', (t) => {
  const refused = {
    code: 'replace_refused',
    facts: {
      member: 'x-k3s-m-4',
      cluster: 'x-k3s',
      reason: { code: 'no_majority_to_remove', facts: { agreeing: 2, all: 4 } },
    },
  };
  const asked = promotionAsked().wait(31).allReport().reports(3, { etcd: null });
  t.throws(() => asked.vacates(4), refused, 'it is ordered');
  const scene = promotionWithdrawn();
  t.throws(() => scene.vacates(4), refused, 'it may still happen');
  t.match(promotionWithdrawn().allReport().vacates(4).member(4)?.leaving, { machineGone: true }, 'it is not needed');
  scene.wait(126).allReport().reports(3, { etcd: null });
  t.same(kinds(scene.settle()), ['forget-assignment']);
  t.match(scene.vacates(4).member(4), { phase: 'learner', leaving: { machineGone: true } }, 'it was not promoted');
  t.end();
});

t.test('R2 no voter restarts while a promotion that is no longer ordered may happen', (t) => {
  const scene = Scene.formed(3, { members: 5 }).joins(4).joins(5);
  scene.settle();
  scene.etcdAdds(4).votersReport().settle();
  t.same(kinds(scene.reports(4).settle()), ['record-caught-up', 'promote x-k3s-m-4']);
  // The fifth is gone, so the fourth should rest as a learner.
  const later = (seconds: number) =>
    scene
      .wait(seconds)
      .votersReport()
      .reports(4)
      .reports(2, { service: { restartPending: true } });
  t.same(kinds(later(60).settle()), ['withdraw-assignment']);
  t.match(scene.decide().waits.at(-1), unpromoted);
  t.same(later(125).settle(), []);
  t.same(kinds(later(1).settle()), ['forget-assignment', 'grant-permit']);
  t.end();
});

t.test('R3 an order from before a freeze is awaited once the cluster continues', (t) => {
  const scene = Scene.formed(3).replaces(2);
  t.same(kinds(scene.settle()), ['remove-voter x-k3s-m-2']);
  scene.take({ kind: 'freeze', reason: said('a test') });
  scene.progress = { ...scene.progress, frozen: null };
  t.match(scene.progress.withdrawn, [{ mutation: { kind: 'remove-voter', member: 'x-k3s-m-2' }, at: scene.now }]);
  scene.replaces(3);
  t.same(kinds(scene.settle()), ['remove-voter x-k3s-m-2'], 'the same first, and nothing beside it');
  t.end();
});

t.test('R3 removing a stray learner first does not hide an ordered removal', (t) => {
  const scene = Scene.formed(3).replaces(2);
  t.same(kinds(scene.settle()), ['remove-voter x-k3s-m-2']);
  scene.etcd = [
    ...scene.etcd,
    { id: 'c9', name: '', peerUrls: ['https://192.168.7.12:2380'], clientUrls: [], isLearner: true },
  ];
  scene.index += 1;
  t.same(kinds(scene.allReport().settle()), ['remove-learner x-k3s-m-2']);
  t.match(scene.progress.withdrawn, [{ mutation: { kind: 'remove-voter', memberId: 'a2' } }]);
  t.end();
});

t.test('R3 a removed member leaves the orders for another unchanged', (t) => {
  const scene = promotionWithdrawn().replaces(4).allReport();
  t.same(kinds(scene.settle()), ['remove-learner x-k3s-m-4']);
  const { assignment } = scene.progress;
  scene.take({
    kind: 'record-removed',
    member: 'x-k3s-m-3',
    memberId: 'a3',
    reason: said('a test'),
    asOf: {},
    nodeId: null,
  });
  t.same(scene.progress.assignment, assignment);
  t.end();
});

t.test('R3 how long a lease still holds does not depend on a clock that was set', (t) => {
  const scene = promotionWithdrawn();
  const at = scene.progress.withdrawn?.[0]?.at ?? 0;
  t.match(afterClockStep(scene.progress, 60_000).withdrawn, [{ at: at + 60_000 }]);
  t.match(afterStart(scene.progress, at + 100_000).withdrawn, [{ at: at + 100_000 }], 'after a start it counts again');
  t.end();
});
