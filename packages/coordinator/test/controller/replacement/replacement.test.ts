import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { withoutIncarnation } from '../../../src/controller/replacement/replacement.ts';
import { following } from '../../../src/model/health.ts';
import type { MemberProgress } from '../../../src/model/membership-progress.ts';
import { refusalOf } from '../../support/refusal.ts';
import { said } from '../../support/said.ts';
import { Scene } from '../support/situations.ts';

const ordered = reason('replaced_by', { by: 'operator admin' });
const remove = (number: number, { executor = 1, force = false } = {}) => ({
  kind: 'assign',
  mutation: { kind: 'remove-voter', member: `x-k3s-m-${number}`, memberId: `a${number}`, reason: ordered, force },
  executor: `x-k3s-m-${executor}`,
});

/** Three voters, of which the third no longer reports. */
function twoOfThree(): Scene {
  const scene = Scene.formed(3).wait(40);
  return scene.reports(1).reports(2);
}

t.test('R3 a lost voter is removed by an operator’s order, and enters again as a learner', (t) => {
  const scene = twoOfThree();
  t.same(scene.settle(), [], 'never because of its silence');
  scene.wait(86_400).reports(1).reports(2);
  t.same(scene.settle(), []);

  scene.replaces(3);
  const former = scene.member(3)?.incarnation;
  t.same(scene.settle(), [remove(3)]);
  const change = { kind: 'remove-voter', member: 'x-k3s-m-3', why: ordered } as const;
  t.same(scene.decide().waits, [reason('change_made', { executor: 'x-k3s-m-1', ...change, said: null })]);
  scene.etcdRemoves('a3').reports(1).reports(2);
  t.same(scene.settle(), [
    {
      kind: 'record-removed',
      member: 'x-k3s-m-3',
      memberId: 'a3',
      reason: ordered,
      asOf: scene.asOf(1, 2),
      nodeId: 'node3',
    },
  ]);
  t.equal(scene.member(3), undefined);
  t.same(scene.progress.retired, [{ member: 'x-k3s-m-3', incarnation: former, nodeId: 'node3' }]);
  t.same(scene.progress.stalls, {}, 'it need not wait for anything');

  scene.joins(3);
  t.match(scene.settle(), [{ kind: 'assign', mutation: { kind: 'add-learner', member: 'x-k3s-m-3' } }]);
  t.not(scene.member(3)?.incarnation, former);
  scene.etcdAdds(3, { id: 'b3' }).votersReport().settle();
  t.match(scene.member(3), { phase: 'learner', memberId: 'b3' });
  scene.reports(3, { etcd: { memberId: 'b3', isLearner: true, members: null, linearizableRead: false } });
  t.match(scene.settle().at(-1), { kind: 'assign', mutation: { kind: 'promote', memberId: 'b3' } });
  t.end();
});

t.test('R3 a replacement that would leave too few is refused, and nothing is changed', (t) => {
  const isRefused = (scene: Scene, number: number, force: boolean, why: Reason, message: string = why.code) => {
    const before = scene.progress;
    const facts = { cluster: 'x-k3s', member: scene.name(number), reason: why };
    t.strictSame(
      refusalOf(() => scene.replaces(number, force)),
      { code: 'replace_refused', facts },
      message,
    );
    t.equal(scene.progress, before);
  };
  isRefused(Scene.formed(1, { members: 1 }), 1, true, reason('only_voter'));
  isRefused(Scene.formed(2, { members: 2 }), 2, false, reason('one_of_two'));
  t.doesNotThrow(() => Scene.formed(2, { members: 2 }).replaces(2, true), 'an operator may mean it');
  const oneOfTwo = Scene.formed(2, { members: 2 }).wait(40).reports(1);
  const noMajority = reason('no_majority_to_remove', { agreeing: 1, all: 2, quorum: 2 });
  isRefused(oneOfTwo, 2, true, noMajority, 'no force replaces a majority');
  const tooFew = reason('too_few_stay', { others: 2, able: 1, needed: 2 });
  isRefused(twoOfThree(), 2, false, tooFew, 'one that serves');
  const twoOfFive = Scene.formed(5, { members: 5 }).wait(40).reports(1).reports(2);
  isRefused(twoOfFive, 5, false, reason('too_few_stay', { others: 4, able: 2, needed: 3 }));
  isRefused(new Scene().joins(1), 1, false, reason('no_member'));
  const founding = new Scene().joins(1);
  founding.settle();
  isRefused(founding, 1, false, reason('founds_empty', { cluster: 'x-k3s' }));
  const adding = new Scene().founded().joins(2).joins(3);
  adding.settle();
  isRefused(adding, 2, false, reason('being_added'));
  const five = Scene.formed(5, { members: 5 });
  five.replaces(5);
  t.throws(() => five.replaces(5), {
    code: 'already_so',
    facts: { reason: reason('replaced_already', { member: five.name(5), why: ordered }) },
  });
  t.end();
});

t.test('if etcd’s authentication is on, that is the reason, and no restore is named', (t) => {
  const scene = Scene.formed(3);
  const refusing = { etcd: null, service: { quorumRead: true, authenticationOn: true } } as const;
  for (const number of [1, 2, 3]) scene.reports(number, refusing);
  t.throws(() => scene.replaces(3), { code: 'etcd_authentication_on' });
  t.throws(() => scene.vacates(3), { code: 'etcd_authentication_on' });
  for (const number of [1, 2, 3]) scene.reports(number, { etcd: null, service: { quorumRead: true } });
  t.throws(() => scene.replaces(3), { code: 'replace_refused' }, 'silence is another reason');
  for (const number of [1, 2, 3]) scene.reports(number, refusing);
  scene.wait(40).reports(1, { etcd: null }).reports(2, { etcd: null });
  t.throws(() => scene.replaces(3), { code: 'replace_refused' }, 'so is a report from before');
  t.end();
});

t.test('a learner that answers reads and not yet its agent is catching up', (t) => {
  const scene = Scene.formed(3);
  const node = (service: object) => scene.reports(3, { etcd: null, service }).nodes[scene.name(3)];
  const learner = { ...(scene.member(3) as MemberProgress), phase: 'learner' } as const;
  const why = (service: object, member: MemberProgress = learner) => {
    node(service);
    const { spec, progress, now } = scene;
    const members = { ...progress.members, [scene.name(3)]: member };
    return following({ spec, progress: { ...progress, members }, status: scene.status(), now }, scene.name(3));
  };
  t.match(why({ quorumRead: true }), { why: reason('etcd_catches_up') });
  t.match(why({}), { why: reason('etcd_silent', { state: 'running' }) });
  t.match(why({ quorumRead: true, authenticationOn: true }), { why: reason('etcd_silent', { state: 'running' }) });
  t.match(why({ quorumRead: true }, { ...learner, phase: 'voter' }), {
    why: reason('etcd_silent', { state: 'running' }),
  });
  t.end();
});

t.test('R5 in a frozen cluster the order is stored, and carried out when the cluster continues', (t) => {
  const scene = Scene.formed(3)
    .take({ kind: 'freeze', reason: said('of a test') })
    .replaces(3);
  t.match(scene.member(3), { leaving: { reason: ordered } });
  t.equal(scene.decide().step, null);
  scene.progress = { ...scene.progress, frozen: null };
  t.same(scene.settle(), [remove(3)]);
  t.end();
});

t.test('R3 of two voters, the remaining one alone shows that the other was removed by an operator’s order', (t) => {
  const scene = Scene.formed(2, { members: 2 }).replaces(2, true);
  scene.settle();
  scene.etcdRemoves('a2').reports(1);
  t.match(scene.settle(), [{ kind: 'record-removed', member: 'x-k3s-m-2' }]);
  t.end();
});

t.test('R3 after the order, a removal still waits for the remaining members', (t) => {
  const scene = twoOfThree().replaces(3);
  scene.wait(40).reports(1);
  t.same(scene.settle(), []);
  t.same(scene.decide().waits, [
    reason('must_not_leave_yet', {
      member: 'x-k3s-m-3',
      why: reason('too_few_stay', { others: 2, able: 1, needed: 2 }),
    }),
    reason('majority_shows_list', {
      ailment: reason('of_member', { member: 'x-k3s-m-2', why: reason('silent', { seconds: 40 }) }),
    }),
    reason('majority_shows_list', {
      ailment: reason('of_member', { member: 'x-k3s-m-3', why: reason('silent', { seconds: 80 }) }),
    }),
  ]);
  scene.reports(2);
  t.same(scene.settle(), [remove(3)]);
  scene.wait(40).reports(1);
  t.match(scene.settle(), [
    { kind: 'withdraw-assignment', reason: { code: 'too_few_stay', facts: { others: 2, able: 1, needed: 2 } } },
  ]);
  t.end();
});

t.test('R3 of two that should leave, the one that can goes first, and enters again before the next', (t) => {
  const scene = Scene.formed(3).replaces(2);
  t.same(scene.settle(), [remove(2)]);
  // Before that is done, the first is lost, which the others could do without, and the second is needed for that.
  scene.leader = 'a3';
  scene.wait(40).reports(2).reports(3);
  t.match(scene.settle(), [{ kind: 'withdraw-assignment', mutation: { member: 'x-k3s-m-2' } }]);
  scene.replaces(1);
  // The executor of the first order may still carry it out while its lease holds.
  t.same(scene.settle(), []);
  t.match(scene.wait(125).reports(2).reports(3).decide().waits, [
    { code: 'change_lapses', facts: { seconds: 0, member: 'x-k3s-m-2', kind: 'remove-voter' } },
  ]);
  t.same(scene.wait(1).reports(2).reports(3).settle().at(-1), remove(1, { executor: 3 }));
  scene.etcdRemoves('a1').reports(2).reports(3);
  t.equal(scene.settle().at(-1)?.kind, 'record-removed');
  t.match(scene.decide().waits, [
    { code: 'must_not_leave_yet', facts: { member: 'x-k3s-m-2', why: { code: 'one_of_two' } } },
  ]);
  scene.joins(1);
  t.match(scene.settle(), [{ kind: 'assign', mutation: { kind: 'add-learner', member: 'x-k3s-m-1' } }]);
  scene.etcdAdds(1, { id: 'b1' }).reports(2).reports(3).settle();
  scene.reports(1, { etcd: { memberId: 'b1', isLearner: true, members: null, linearizableRead: false } });
  t.match(scene.settle().at(-1), { kind: 'assign', mutation: { kind: 'promote', memberId: 'b1' } });
  scene.etcd = scene.etcd.map((one) => ({ ...one, isLearner: false }));
  scene.index += 1;
  scene
    .reports(1, { etcd: { memberId: 'b1' } })
    .reports(2)
    .reports(3);
  t.same(scene.settle().at(-1), remove(2, { executor: 3 }));
  t.end();
});

t.test('R3 the order is repeated with force if the member turns out to be one of two', (t) => {
  const scene = Scene.formed(2, { members: 3 }).joins(3);
  scene.progress = {
    ...scene.progress,
    members: Object.fromEntries(
      Object.entries(scene.progress.members).map(([name, incarnation]) => [
        name,
        name === 'x-k3s-m-2'
          ? { ...incarnation, leaving: { reason: ordered, force: false, machineGone: false } }
          : incarnation,
      ]),
    ),
  };
  t.match(scene.settle(), [{ kind: 'assign', mutation: { kind: 'add-learner', member: 'x-k3s-m-3' } }]);
  t.match(scene.decide().waits, [
    { code: 'change_made', facts: { executor: 'x-k3s-m-1', kind: 'add-learner', member: 'x-k3s-m-3' } },
  ]);
  scene.progress = { ...scene.progress, assignment: null };
  scene.replaces(2, true);
  t.same(scene.settle(), [remove(2, { force: true })]);
  t.throws(() => scene.replaces(2, true), { code: 'already_so' });
  t.end();
});

t.test('R3 a voter that serves is removed by another, and leaves before it enters again', (t) => {
  const scene = Scene.formed(3);
  scene.leader = 'a2';
  scene.allReport().replaces(2);
  t.match(scene.settle(), [{ kind: 'assign-handover', member: 'x-k3s-m-1', executor: 'x-k3s-m-2' }]);
  const id = scene.progress.leaderMove?.id ?? '';
  const why = said('it stays');
  scene.reports(2, { lastMaintenance: { id, outcome: 'failed', reason: why } });
  t.match(scene.settle(), [{ kind: 'record-handover' }, remove(2)], 'not ordered from itself, though it leads');
  t.same(scene.wait(31).allReport().settle(), [remove(2, { executor: 3 })]);
  scene.etcdRemoves('a2').reports(1).reports(3);
  t.equal(scene.takeNext()?.kind, 'record-removed');
  // As it hears that its incarnation is over.
  scene.published(2).joins(2, { agent: { generationApplied: 1 } });
  t.same(scene.settle(), []);
  t.match(scene.decide().waits, [
    reason('of_member', { member: 'x-k3s-m-2', why: reason('former_incarnation_not_put_away') }),
  ]);
  t.match(scene.joins(2).settle(), [{ kind: 'assign', mutation: { kind: 'add-learner', member: 'x-k3s-m-2' } }]);
  t.end();
});

t.test('R2 an open permit is awaited before a voter is removed', (t) => {
  const scene = Scene.formed(3).reports(2, { service: { restartPending: true } });
  t.same(scene.settle(), [{ kind: 'grant-permit', member: 'x-k3s-m-2' }]);
  scene.replaces(3);
  t.same(scene.settle(), []);
  scene.wait(1).allReport();
  t.match(scene.settle(), [{ kind: 'withdraw-permit' }]);
  scene.published(2).wait(11).allReport();
  t.same(
    scene.settle().map(({ kind }) => kind),
    ['close-permit', 'assign'],
  );
  t.end();
});

t.test('R3 a learner is replaced as well, and its promotion is no longer ordered', (t) => {
  const scene = new Scene({ members: 2 }).founded().joins(2);
  scene.settle();
  scene.etcdAdds(2).reports(1).settle();
  scene.reports(2);
  t.match(scene.settle().at(-1), { kind: 'assign', mutation: { kind: 'promote' } });
  scene.replaces(2);
  t.equal(scene.progress.assignment, null);
  const mutation = { kind: 'remove-learner', member: 'x-k3s-m-2', memberId: 'a2', reason: ordered };
  t.same(scene.settle(), [{ kind: 'assign', mutation, executor: 'x-k3s-m-1' }]);
  scene.etcdRemoves('a2').reports(1);
  t.match(scene.settle(), [{ kind: 'record-removed', reason: ordered }]);
  t.same(scene.progress.stalls, {});
  t.end();
});

t.test('R3 if its promotion happened all the same, it is removed as a voter', (t) => {
  const scene = Scene.formed(3, { members: 4 }).joins(4);
  scene.settle();
  scene.etcdAdds(4).votersReport().settle();
  scene.reports(4).settle();
  scene.replaces(4).etcdPromotes(4).votersReport();
  t.match(scene.settle(), [{ kind: 'record-voter' }, remove(4)]);
  t.end();
});

t.test('R3 a snapshot comes before the removal, from a remaining member', (t) => {
  const scene = Scene.formed(3, { snapshotEveryMinutes: 60 }).wait(7200).allReport();
  scene.leader = 'a1';
  scene.progress = { ...scene.progress, snapshots: { ...scene.progress.snapshots, last: null } };
  scene.replaces(3);
  t.match(scene.settle(), [{ kind: 'assign-snapshot', executor: 'x-k3s-m-2' }]);
  t.match(scene.decide().waits, [
    {
      code: 'takes_snapshot',
      facts: { why: { code: 'before_change', facts: { kind: 'remove-voter', member: 'x-k3s-m-3' } } },
    },
  ]);
  t.end();
});

t.test('R4 a machine that replaces another ends the incarnation that has begun there, and no other', (t) => {
  const three = twoOfThree();
  const gone = { reason: said('another machine joins'), force: false, machineGone: true, nodeId: 'node3' };
  t.same(three.vacates(3).member(3)?.leaving, gone);
  t.throws(() => twoOfThree().vacates(2), { code: 'replace_refused' });
  const changesNothing = (scene: Scene, number: number, why: string) => {
    const { progress } = scene;
    t.equal(scene.vacates(number).progress, progress, why);
  };
  const blank = new Scene().founded().joins(2);
  changesNothing(blank, 2, 'no incarnation');
  blank.joins(3).settle();
  changesNothing(blank, 2, 'its node does not know its incarnation yet');
  const again = twoOfThree().replaces(3);
  t.same(again.vacates(3).member(3)?.leaving, gone, 'an operator has already ended it');
  changesNothing(again.wait(40), 3, 'nor does anybody need the new machine');
  const two = Scene.formed(2, { members: 2 }).replaces(2, true).wait(40).reports(1);
  t.throws(() => two.vacates(2), { code: 'replace_refused' }, 'the other needs it for the removal');
  const frozen = twoOfThree().take({ kind: 'freeze', reason: said('of a test') });
  t.same(frozen.vacates(3).member(3)?.leaving, gone, 'in a frozen cluster as well');
  const backup = withoutIncarnation(three.progress, 'x-k3s-m-3', 'node3');
  t.equal(backup.members['x-k3s-m-3'], undefined);
  t.match(backup.retired, [{ member: 'x-k3s-m-3', incarnation: three.member(3)?.incarnation }]);
  t.end();
});
