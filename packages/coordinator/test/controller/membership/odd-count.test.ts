import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { membershipPlan } from '../../../src/controller/membership/plan.ts';
import { redeclared } from '../../../src/controller/membership/redeclare.ts';
import { takeOver } from '../../../src/controller/take-over/take-over.ts';
import { Scene, sampleSpec } from '../support/situations.ts';

const all = sampleSpec({ members: 9 }).members;

/** An operator declares these members and no others. */
function declare(scene: Scene, ...numbers: readonly number[]): Scene {
  const members = numbers.flatMap((number) => all.find(({ name }) => name === scene.name(number)) ?? []);
  const after = { ...scene.spec, revision: scene.spec.revision + 1, members };
  scene.progress = redeclared({ ...scene, status: scene.status() }, after, 'operator admin');
  scene.spec = after;
  return scene;
}

const ordered = (scene: Scene) => {
  scene.settle();
  const { mutation } = scene.progress.assignment ?? {};
  return mutation === undefined ? null : `${mutation.kind} ${mutation.member}`;
};

/** A machine has joined as this member, and etcd adds the learner, which follows. */
function enters(scene: Scene, number: number): Scene {
  scene.joins(number).allReport().joins(number).settle();
  scene.etcdAdds(number).votersReport().settle();
  return scene.reports(number);
}

function becomesVoter(scene: Scene, number: number): Scene {
  scene.settle();
  return scene.etcdPromotes(number).votersReport().reports(number);
}

function leaves(scene: Scene, number: number): Scene {
  return scene.etcdRemoves(`a${number}`).votersReport();
}

function votersOf({ progress }: Scene): readonly string[] {
  return Object.keys(progress.members)
    .filter((name) => progress.members[name]?.phase === 'voter')
    .sort();
}

function planOf(scene: Scene) {
  const { spec, progress, now } = scene;
  const plan = membershipPlan({ spec, progress, now, status: scene.status() }, []);
  return plan?.steps.map(({ kind, member }) => `${kind} ${member.slice(-1)}`);
}

t.test('R3 an exchange: the newcomer waits as a learner, then promotion and removal follow directly', async (t) => {
  const scene = declare(Scene.formed(3), 1, 3, 4).allReport();
  t.equal(ordered(scene), null, 'nobody leaves before the newcomer is there');
  t.strictSame(
    scene.decide().waits[0],
    reason('leaves_after_newcomer', { member: 'x-k3s-m-2', newcomers: ['x-k3s-m-4'] }),
  );
  enters(scene, 4);
  t.equal(ordered(scene), 'promote x-k3s-m-4');
  becomesVoter(scene, 4);
  t.equal(ordered(scene), 'remove-voter x-k3s-m-2');
  leaves(scene, 2);
  t.equal(ordered(scene), null);
  t.same(votersOf(scene), ['x-k3s-m-1', 'x-k3s-m-3', 'x-k3s-m-4']);
});

/** A newcomer waits as a learner, and the leader is the one that it replaces. */
function leaderIsToLeave(): Scene {
  return enters(declare(Scene.formed(3).allReport(), 2, 3, 4), 4);
}

/** The agent of 1 has done what it was asked for. */
function handsOver(scene: Scene): Scene {
  const { id = '' } = scene.progress.leaderMove ?? {};
  scene.leader = 'a2';
  const done = { id, outcome: 'done', reason: reason('leadership_handed_over', { memberId: 'a2' }) } as const;
  return scene.allReport().reports(1, { lastMaintenance: done });
}

t.test('R3 in an exchange, a leader hands over before its newcomer is promoted', async (t) => {
  const scene = leaderIsToLeave();
  t.equal(ordered(scene), null);
  t.match(scene.progress.leaderMove, { executor: 'x-k3s-m-1', member: 'x-k3s-m-2' });
  handsOver(scene);
  t.equal(ordered(scene), 'promote x-k3s-m-4');
  becomesVoter(scene, 4);
  t.equal(ordered(scene), 'remove-voter x-k3s-m-1', 'directly after the promotion');
  t.equal(scene.progress.leaderMove, null);
});

t.test('R3 a leader that does not answer delays the promotion only, and leads when it is removed', async (t) => {
  const scene = leaderIsToLeave();
  t.equal(ordered(scene), null);
  scene.wait(130).allReport();
  t.equal(ordered(scene), 'promote x-k3s-m-4');
  becomesVoter(scene, 4);
  t.equal(ordered(scene), 'remove-voter x-k3s-m-1');
});

t.test('R3 if the leadership returns after the handover, the removal follows the promotion all the same', async (t) => {
  const scene = leaderIsToLeave();
  scene.settle();
  handsOver(scene);
  t.equal(ordered(scene), 'promote x-k3s-m-4');
  scene.leader = 'a1';
  becomesVoter(scene, 4);
  t.equal(ordered(scene), 'remove-voter x-k3s-m-1');
});

t.test('R3 if the one that leaves leads only since the promotion, it hands over before its removal', async (t) => {
  const scene = leaderIsToLeave();
  scene.leader = 'a3';
  scene.allReport();
  t.equal(ordered(scene), 'promote x-k3s-m-4');
  scene.leader = 'a1';
  becomesVoter(scene, 4);
  t.equal(ordered(scene), null);
  t.match(scene.progress.leaderMove, { executor: 'x-k3s-m-1', member: 'x-k3s-m-2' });
});

t.test('a leader hands over only if it is the one that leaves next', async (t) => {
  const scene = enters(declare(Scene.formed(3).allReport(), 3, 4, 5), 4);
  t.equal(ordered(scene), 'promote x-k3s-m-4', '2 leaves first, and 1 leads');
  t.equal(scene.progress.leaderMove, null);
});

t.test('R3 the newcomer stays a learner while its partner cannot leave', async (t) => {
  const scene = enters(declare(Scene.formed(1, { members: 1 }), 4, 5, 6).allReport(), 4);
  t.equal(ordered(scene), null, 'one of two does not leave where three are declared');
  t.match(scene.decide().waits.at(-1), { code: 'rests_as_learner', facts: { member: 'x-k3s-m-4' } });
  scene.joins(5).settle();
  t.equal(ordered(scene), 'promote x-k3s-m-4', 'another one can follow');
});

t.test('R3 no snapshot comes between promotion and removal', async (t) => {
  const scene = Scene.formed(3, { snapshotEveryMinutes: 60 }).wait(3600).allReport();
  const snapshot = () => scene.take({ kind: 'record-snapshot', id: 'snapshot1', takenAt: scene.now } as never);
  scene.settle();
  snapshot();
  declare(scene, 1, 3, 4);
  enters(scene, 4);
  t.equal(ordered(scene), 'promote x-k3s-m-4');
  scene.wait(601).allReport();
  scene.etcdPromotes(4).votersReport().reports(4);
  t.equal(ordered(scene), 'remove-voter x-k3s-m-2', 'although the last snapshot is older than ten minutes');
});

t.test('R3 a snapshot comes before a removal that follows no promotion', async (t) => {
  const scene = Scene.formed(4, { members: 4, snapshotEveryMinutes: 60 }).wait(3600).allReport();
  const snapshot = () => scene.take({ kind: 'record-snapshot', id: 'snapshot1', takenAt: scene.now } as never);
  scene.settle();
  snapshot();
  scene.wait(1200).allReport();
  declare(scene, 1, 2, 3);
  const { spec, now, progress } = scene;
  const status = { nodes: scene.nodes, clients: {} };
  // A coordinator that was restored learns who the voters are: none was promoted now.
  const taken = takeOver({ spec, status, progress, now, restoredAt: 0, seenUnadopted: [], freshToken: 'x-k3s-fresh' });
  if (!taken.ok) throw new Error('it does not take over');
  scene.progress = taken.progress;
  t.equal(ordered(scene), null);
  t.match(scene.decide().waits, [
    {
      code: 'takes_snapshot',
      facts: { why: { code: 'before_change', facts: { kind: 'remove-voter', member: 'x-k3s-m-4' } } },
    },
  ]);
  snapshot();
  t.equal(ordered(scene), 'remove-voter x-k3s-m-4');
});

t.test('R3 if the removal becomes impossible after the promotion, the cluster says so', async (t) => {
  const scene = enters(declare(Scene.formed(3).allReport(), 1, 3, 4), 4);
  becomesVoter(scene, 4).takeNext();
  scene.wait(60).reports(2).reports(4);
  t.equal(ordered(scene), null);
  t.match(scene.decide().waits, [
    {
      code: 'even_until_it_leaves',
      facts: { member: 'x-k3s-m-2', why: { code: 'too_few_stay', facts: { others: 3 } }, voters: 4 },
    },
  ]);
  scene.votersReport();
  t.equal(ordered(scene), 'remove-voter x-k3s-m-2');
});

t.test('R3 a voter that does not serve leaves before its newcomer is added, once that one is ready', async (t) => {
  const scene = Scene.formed(3).wait(60).reports(1).reports(2);
  declare(scene, 1, 2, 4);
  t.equal(ordered(scene), null, 'it may be back before the newcomer comes');
  scene.joins(4);
  t.equal(ordered(scene), 'remove-voter x-k3s-m-3');
  leaves(scene, 3);
  enters(scene, 4);
  t.equal(ordered(scene), 'promote x-k3s-m-4');
});

t.test('R3 a voter that does not serve leaves also if no voter is to stay', async (t) => {
  const scene = Scene.formed(3).wait(60).reports(1).reports(3);
  declare(scene, 4, 5, 6).joins(4);
  t.equal(ordered(scene), 'remove-voter x-k3s-m-2', 'etcd adds nobody beside it');
  leaves(scene, 2);
  enters(scene, 4);
  t.equal(ordered(scene), 'promote x-k3s-m-4');
  becomesVoter(scene, 4);
  t.equal(ordered(scene), null, 'three voters serve');
});

t.test(
  'R3 of three voters that all leave, none leaves before a newcomer is ready: two would wait for it',
  async (t) => {
    const scene = declare(Scene.formed(3), 4).wait(60).reports(2).reports(3);
    t.equal(ordered(scene), null);
    scene.joins(4);
    t.equal(ordered(scene), 'remove-voter x-k3s-m-1');
  },
);

t.test('R3 a voter that does not serve waits for no other that can leave only after it', async (t) => {
  const scene = declare(Scene.formed(3).allReport(), 2, 3).replaces(2);
  scene.leader = 'a3';
  scene.wait(60).reports(2).reports(3);
  t.equal(ordered(scene), 'remove-voter x-k3s-m-1');
});

t.test('R3 a voter whose machine is gone for an operator waits for nobody', async (t) => {
  const scene = declare(Scene.formed(3).allReport(), 1, 2, 4);
  scene.declaredLost(3).wait(60).reports(1).reports(2);
  t.equal(ordered(scene), 'remove-voter x-k3s-m-3');
});

t.test('R3 two newcomers of which one never comes: the cluster stays at its odd count', async (t) => {
  const scene = declare(Scene.formed(3).allReport(), 1, 4, 5);
  enters(scene, 4);
  becomesVoter(scene, 4).settle();
  const [first = ''] = ordered(scene)?.split(' ').slice(1) ?? [];
  leaves(scene, Number(first.slice(-1)));
  t.equal(ordered(scene), null);
  t.equal(votersOf(scene).length, 3);
  t.strictSame(
    scene.decide().waits[0],
    reason('leaves_after_newcomer', { member: 'x-k3s-m-3', newcomers: ['x-k3s-m-5'] }),
  );
  scene.wait(86_400).votersReport();
  t.equal(ordered(scene), null);
});

t.test('R3 an operator who changes their mind at each step', async (t) => {
  const asked = enters(declare(Scene.formed(3).allReport(), 1, 3, 4), 4);
  t.equal(ordered(asked), 'promote x-k3s-m-4');
  declare(asked, 1, 2, 3);
  t.equal(ordered(asked), 'remove-learner x-k3s-m-4', 'the learner goes');
  t.notOk(asked.member(2)?.leaving, 'its partner stays');
  asked.etcdPromotes(4).votersReport().reports(4);
  t.equal(ordered(asked), 'remove-voter x-k3s-m-4', 'it was promoted all the same');

  const between = enters(declare(Scene.formed(3).allReport(), 1, 3, 4), 4);
  becomesVoter(between, 4).takeNext();
  declare(between, 1, 2, 3);
  t.equal(ordered(between), 'remove-voter x-k3s-m-4', 'the newcomer leaves instead');

  const late = enters(declare(Scene.formed(3).allReport(), 1, 3, 4), 4);
  becomesVoter(late, 4);
  t.equal(ordered(late), 'remove-voter x-k3s-m-2');
  declare(late, 1, 2, 3);
  leaves(late, 2);
  t.equal(ordered(late), 'add-learner x-k3s-m-2', 'and 4 stays until 2 is a voter again');
  t.match(late.decide().waits, [{ code: 'change_made', facts: { kind: 'add-learner', member: 'x-k3s-m-2' } }]);
});

t.test('R3 a whole cluster moves, pair by pair; and one of one member', async (t) => {
  const moved = (from: number, ...to: readonly number[]) => {
    const scene = declare(Scene.formed(from, { members: from }).allReport(), ...to);
    // Nobody here hands over first.
    scene.leader = 'a99';
    const counts: number[] = [];
    for (const number of to) {
      enters(scene, number);
      becomesVoter(scene, number).settle();
      counts.push(votersOf(scene).length);
      const [, leaver] = ordered(scene)?.split(' ') ?? [];
      leaves(scene, Number(leaver?.slice(-1))).settle();
      counts.push(votersOf(scene).length);
    }
    return { counts, voters: votersOf(scene).map((name) => Number(name.slice(-1))) };
  };
  t.same(moved(3, 4, 5, 6), { counts: [4, 3, 4, 3, 4, 3], voters: [4, 5, 6] });
  t.same(moved(1, 2), { counts: [2, 1], voters: [2] });
});

t.test('R3 the one that stays is replaced while the last other is to leave', async (t) => {
  const scene = declare(Scene.formed(3, { members: 3 }).allReport(), 1);
  t.equal(ordered(scene), 'remove-voter x-k3s-m-2');
  scene.replaces(1);
  leaves(scene, 2);
  t.equal(ordered(scene), 'remove-voter x-k3s-m-1', 'a spec of one is force enough');
  leaves(scene, 1).settle();
  scene.leader = 'a3';
  scene.reports(3).joins(1).published(1).joins(1);
  t.equal(ordered(scene), 'add-learner x-k3s-m-1');
});

t.test('R3 a plan pairs newcomers with leavers first, and the rest is growth or shrinking', async (t) => {
  const planned = (from: number, ...to: readonly number[]) =>
    planOf(declare(Scene.formed(from, { members: from }).allReport(), ...to));
  t.same(planned(3, 1, 2, 4), ['add-learner 4', 'promote 4', 'remove 3']);
  t.same(planned(3, 1, 2, 4, 5, 6), [
    ...['add-learner 4', 'promote 4', 'remove 3'],
    ...['add-learner 5', 'promote 5', 'add-learner 6', 'promote 6'],
  ]);
  t.same(planned(5, 1, 2, 6), ['add-learner 6', 'promote 6', 'remove 3', 'remove 4', 'remove 5']);
  t.same(planned(4, 1, 2, 3, 5), ['add-learner 5', 'promote 5', 'remove 4'], 'an even count that is asked for');
  t.same(planned(4, 1, 2, 5), ['remove 3', 'add-learner 5', 'promote 5', 'remove 4'], 'from even to odd first');
});
