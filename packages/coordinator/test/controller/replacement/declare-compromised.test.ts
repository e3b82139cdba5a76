import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { Scene } from '../support/situations.ts';

const removal = (member: string) => ({ kind: 'assign', mutation: { kind: 'remove-voter', member } });

t.test('R3: a compromised voter of three leaves at once, also the leader, by another voter', (t) => {
  for (const number of [1, 3]) {
    const scene = Scene.formed(3).compromised(number);
    const [step, ...more] = scene.settle();
    t.match(step, { ...removal(`x-k3s-m-${number}`), executor: number === 1 ? 'x-k3s-m-2' : 'x-k3s-m-1' });
    t.same(more, []);
  }
  t.end();
});

t.test('it leaves without waiting for a snapshot, as other voters do not', (t) => {
  const old = Scene.formed(3, { snapshotEveryMinutes: 360 }).wait(3600).allReport();
  const settled = old.settle();
  t.match(settled, [{ kind: 'assign-snapshot' }]);
  t.match(old.compromised(3).settle(), [removal('x-k3s-m-3')]);
  const other = Scene.formed(3, { snapshotEveryMinutes: 360 }).wait(3600).allReport();
  other.settle();
  t.same(other.replaces(3).settle(), []);
  t.end();
});

t.test(
  'R3: beside another voter that is down it stays, and the wait says why; it leaves once that one is back',
  (t) => {
    const scene = Scene.formed(3).wait(60).reports(1).compromised(3);
    t.same(scene.settle(), []);
    const why = reason('too_few_stay', { others: 2, able: 1, needed: 2 });
    t.strictSame(scene.decide().waits[0], reason('must_not_leave_yet', { member: 'x-k3s-m-3', why }));
    t.match(scene.reports(2).settle(), [removal('x-k3s-m-3')]);
    t.end();
  },
);

t.test('R3: one of two leaves by the vote that its own etcd may give, and the only voter stays', (t) => {
  const two = Scene.formed(2, { members: 2 }).compromised(2);
  t.match(two.settle(), [removal('x-k3s-m-2')]);
  two.etcdRemoves('a2').reports(1);
  t.match(two.settle(), [{ kind: 'record-removed', member: 'x-k3s-m-2' }]);
  const one = Scene.formed(1, { members: 1 }).compromised(1);
  t.same(one.settle(), []);
  t.equal(one.member(1)?.phase, 'voter');
  t.end();
});

t.test('R3: of four with another one down, its own vote is asked for; nobody else’s is', (t) => {
  const four = Scene.formed(4, { members: 4 }).wait(60).reports(1).reports(2).compromised(4);
  t.match(four.settle(), [removal('x-k3s-m-4')]);
  const other = Scene.formed(4, { members: 4 }).wait(60).reports(1).reports(2).compromised(4);
  t.throws(() => other.replaces(3), {
    code: 'replace_refused',
    facts: { reason: { code: 'no_majority_to_remove', facts: { agreeing: 2, all: 4 } } },
  });
  t.end();
});

t.test('R4: the incarnation of a compromised machine begins on no other', (t) => {
  const scene = Scene.formed(3).compromised(3);
  t.match(scene.member(3), { leaving: { machineGone: true, compromised: true, nodeId: 'node3' } });
  scene.settle();
  scene.etcdRemoves('a3').votersReport();
  t.match(scene.settle(), [{ kind: 'record-removed', member: 'x-k3s-m-3', nodeId: 'node3' }]);
  t.match(scene.progress.retired, [{ member: 'x-k3s-m-3', nodeId: 'node3' }]);
  t.end();
});

t.test('R16: it is no evidence of lost data', (t) => {
  const scene = Scene.formed(3).compromised(3);
  t.equal(scene.member(3)?.leaving?.lost, undefined);
  t.end();
});

t.test('a compromised learner leaves, also one that is just being added, and its promotion is withdrawn', (t) => {
  const scene = new Scene().founded().joins(2);
  scene.joins(3).reports(1).settle();
  scene.compromised(2);
  scene.etcdAdds(2).reports(1);
  t.match(scene.settle(), [
    { kind: 'record-learner', member: 'x-k3s-m-2' },
    { kind: 'assign', mutation: { kind: 'remove-learner', member: 'x-k3s-m-2' } },
  ]);
  t.end();
});

t.test('R1: the founder of an empty cluster does not go before its formation is given up', (t) => {
  const scene = new Scene().joins(1);
  scene.settle();
  t.throws(() => scene.compromised(1), {
    code: 'replace_refused',
    facts: { reason: reason('founds_empty', { cluster: 'x-k3s' }) },
  });
  t.end();
});

t.test('a compromised machine in the place of one that is gone does not change how that incarnation ends', (t) => {
  const scene = Scene.formed(3).vacates(3);
  const before = scene.member(3);
  t.same(scene.joins(3).compromised(3).member(3), before);
  t.end();
});
