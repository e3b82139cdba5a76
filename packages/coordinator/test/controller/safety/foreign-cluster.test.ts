import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { Scene, type StatusChanges } from '../support/situations.ts';

const foreign: StatusChanges = { etcd: { clusterId: 'c2' } };
/** It runs, and there is no quorum. */
const alone: StatusChanges = { etcd: { linearizableRead: false } };
/** The wait for one of these voters, because of the third member. */
const recordedFirst = (open: readonly string[]) =>
  reason('voter_serves_recorded', { member: 'x-k3s-m-3', clusterId: 'c2', recorded: 'c1', open });

t.test('R1 a foreign cluster ID waits for the restart of another voter that has a permit', (t) => {
  const scene = Scene.formed(3).reports(2, { service: { restartPending: true } });
  t.match(scene.settle(), [{ kind: 'grant-permit', member: 'x-k3s-m-2' }]);
  const lied = () => scene.reports(1, alone).reports(3, foreign);
  scene.wait(1).reports(2, { etcd: null, service: { restartPending: true } });
  t.same(lied().settle(), [], 'it is down with a permit');
  t.strictSame(scene.decide().waits, [
    recordedFirst(['x-k3s-m-2']),
    reason('restarts', { member: 'x-k3s-m-2', seconds: 10 }),
  ]);
  scene.wait(5).reports(2);
  t.match(lied().settle(), [{ kind: 'quarantine', name: 'x-k3s-m-3' }], 'it has returned');
  t.equal(scene.progress.frozen, null);
  t.end();
});

t.test('R1 a foreign cluster ID freezes the cluster once that permit has ended without a majority', (t) => {
  const scene = Scene.formed(3).reports(2, { service: { restartPending: true } });
  scene.settle();
  const down = () => scene.reports(1, alone).reports(3, foreign).reports(2, { etcd: null });
  scene.wait(121);
  t.match(down().settle(), [{ kind: 'withdraw-permit' }]);
  scene.wait(120);
  t.same(down().settle(), []);
  scene.wait(6);
  t.match(down().settle(), [{ kind: 'close-permit', outcome: 'lapsed' }, { kind: 'freeze' }]);
  t.end();
});

t.test('R5 a claim of another node is judged while a foreign cluster ID waits', (t) => {
  const scene = Scene.formed(5, { members: 5 }).reports(2, { service: { restartPending: true } });
  t.match(scene.settle(), [{ kind: 'grant-permit', member: 'x-k3s-m-2' }]);
  scene.wait(1).reports(2, { etcd: null, service: { restartPending: true } });
  scene.reports(1, alone).reports(3, foreign).reports(4, alone);
  scene.reports(5, { agent: { generationSeen: 2 ** 48 } });
  t.match(scene.settle(), [{ kind: 'quarantine', name: 'x-k3s-m-5' }]);
  t.match(scene.decide().waits, [
    { code: 'voter_serves_recorded', facts: { member: 'x-k3s-m-3', clusterId: 'c2' } },
    { code: 'restarts', facts: { member: 'x-k3s-m-2' } },
  ]);
  t.end();
});

t.test('R1 it waits for no permit of its own', (t) => {
  const own = Scene.formed(3).reports(3, { service: { restartPending: true } });
  t.match(own.settle(), [{ kind: 'grant-permit', member: 'x-k3s-m-3' }]);
  own.reports(1, alone).reports(2, { etcd: null }).reports(3, foreign);
  t.match(own.settle(), [{ kind: 'freeze' }]);
  t.end();
});

t.test('R1 a coordinator that has just started gives the other voters time to report', (t) => {
  const begun = () => {
    const scene = Scene.formed(3).wait(100);
    for (const number of [1, 2]) {
      const node = must(scene.nodes[scene.name(number)]);
      scene.nodes[scene.name(number)] = { ...node, healthySince: null, unhealthySince: null };
    }
    return scene.reports(3, { ...foreign, healthySince: scene.now });
  };
  const scene = begun();
  t.same(scene.settle(), []);
  t.strictSame(scene.decide().waits, [recordedFirst(['x-k3s-m-1', 'x-k3s-m-2'])]);
  scene.reports(1, { healthySince: scene.now });
  t.match(scene.settle(), [{ kind: 'quarantine', name: 'x-k3s-m-3' }]);
  const silent = begun().wait(94).reports(3, foreign);
  t.same(silent.settle(), []);
  t.match(silent.wait(1).reports(3, foreign).settle(), [{ kind: 'freeze' }]);
  const heard = Scene.formed(3).wait(100).reports(3, foreign);
  t.match(heard.settle(), [{ kind: 'freeze' }], 'not for those that have reported, and are silent');
  t.end();
});

for (const voters of [2, 3]) {
  t.test(`R5 one of ${voters} voters freezes nothing by another cluster ID while one other serves`, (t) => {
    const scene = Scene.formed(voters).wait(100).reports(1).reports(voters, foreign);
    t.match(scene.settle(), [{ kind: 'quarantine', name: `x-k3s-m-${voters}` }]);
    t.end();
  });
}

t.test('R1 more members in another cluster than serve the recorded one freeze it', (t) => {
  const scene = Scene.formed(3).wait(100).reports(1).reports(2, foreign).reports(3, foreign);
  t.match(scene.settle(), [{ kind: 'freeze' }]);
  const later = Scene.formed(3).wait(100).reports(1).reports(2, foreign);
  t.match(later.settle(), [{ kind: 'quarantine', name: 'x-k3s-m-2' }]);
  later.wait(1).reports(1).reports(3, foreign);
  t.match(later.settle(), [{ kind: 'freeze' }], 'a quarantined one counts');
  t.end();
});

t.test(
  'R1 the quarantine for a foreign cluster ID ends only with the recorded one, another incarnation or an eviction',
  (t) => {
    const make = () => {
      const scene = Scene.formed(3).reports(3, foreign);
      scene.settle();
      return scene.wait(300).reports(1).reports(2);
    };
    const said = (changes: StatusChanges) => make().reports(3, changes).settle();
    t.same(said({ etcd: null }), [], 'not for an etcd that does not answer');
    t.same(said({ etcd: null, service: { incarnation: null } }), [], 'nor for a missing one');
    t.match(said({ service: { incarnation: 'another1' } }), [{ kind: 'end-quarantine' }]);
    t.match(said({}), [{ kind: 'end-quarantine', reason: reason('taken_back') }]);
    t.match(make().evicts(3).settle(), [{ kind: 'end-quarantine', reason: reason('evicted') }]);
    t.end();
  },
);

function must<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('there is none');
  return value;
}
