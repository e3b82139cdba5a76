import { inWords } from '@picket/shared/reasons/in-words.ts';
import t from 'tap';
import { judgeDisruption } from '../../../src/controller/permits/judge-disruption.ts';
import { restartBefore } from '../../../src/controller/permits/leader-last.ts';
import { said } from '../../support/said.ts';
import { Scene } from '../support/situations.ts';

function refusal(scene: Scene, number = 2): string | null {
  const { spec, progress, now } = scene;
  const why = judgeDisruption({ spec, progress, now, status: scene.status() }, scene.name(number));
  return why === null ? null : inWords(why);
}

t.test('R2 an order to disrupt a member is granted while every voter serves and nothing is under way', (t) => {
  t.equal(refusal(Scene.formed(3)), null);
  t.equal(refusal(Scene.formed(3), 1), null, 'also the leader, which hands over');
  t.end();
});

t.test('R2 an order is refused while a voter does not serve, or would not come back', (t) => {
  t.match(refusal(Scene.formed(3).reports(3, { etcd: null })), /^every voter must serve; x-k3s-m-3: its etcd does not/);
  t.match(refusal(Scene.formed(3).reports(3, { service: { dataGone: true } })), /^every voter must serve; x-k3s-m-3/);
  t.match(refusal(Scene.formed(3).wait(36).reports(1).reports(2)), /x-k3s-m-3: its agent has not reported for 36 s/);
  t.end();
});

t.test('R2 an order is refused beside anything else that is under way', (t) => {
  const permitted = Scene.formed(3).take({ kind: 'grant-permit', member: 'x-k3s-m-3' });
  t.match(refusal(permitted), /^x-k3s-m-3 has the permit to restart its etcd, and one member at a time/);
  const rewriting = Scene.formed(3).take({
    kind: 'grant-defragmentation',
    member: 'x-k3s-m-3',
    compactFirst: false,
    why: said('x'),
  });
  t.match(refusal(rewriting), /^x-k3s-m-3 has the permit to defragment its database/);
  const full = Scene.formed(3).take({ kind: 'record-no-space', members: ['x-k3s-m-1'] });
  t.match(refusal(full), /NOSPACE/);
  const moving = Scene.formed(3).take({
    kind: 'assign-handover',
    member: 'x-k3s-m-3',
    memberId: 'a3',
    executor: 'x-k3s-m-1',
    by: 'operator ada',
  });
  t.equal(refusal(moving), 'the leader x-k3s-m-1 is handing the leadership over to x-k3s-m-3');
  const mutation = {
    kind: 'remove-voter',
    member: 'x-k3s-m-3',
    memberId: 'a3',
    reason: said('x'),
    force: false,
  } as const;
  const changing = Scene.formed(3).take({ kind: 'assign', executor: 'x-k3s-m-1', mutation });
  t.match(refusal(changing), /^the members change: a voter is asked to remove-voter x-k3s-m-3/);
  changing.take({ kind: 'withdraw-assignment', mutation, reason: said('x') });
  t.match(refusal(changing), /x-k3s-m-3/, 'it may still be carried out');
  const { configuration } = Scene.formed(3).progress;
  const trying = Scene.formed(3);
  if (configuration.settled === null) throw new Error('no settings');
  trying.take({ kind: 'release-configuration', member: 'x-k3s-m-3', configuration: configuration.settled });
  t.match(refusal(trying), /^a rollout is in progress: x-k3s-m-3 must first run/);
  t.end();
});

t.test('R2 an order in a cluster of one or two needs allowDowntime', (t) => {
  for (const members of [1, 2]) {
    const scene = Scene.formed(members, { members });
    t.match(
      refusal(scene, members),
      /cannot serve meanwhile; to allow it: picket cluster set x-k3s allowDowntime=true$/,
    );
    scene.spec = { ...scene.spec, allowDowntime: true };
    t.equal(refusal(scene, members), null);
  }
  t.end();
});

t.test('R17 an order is refused while another minor version would start', (t) => {
  const scene = Scene.formed(3).reports(2, { service: { etcdVersion: '3.6.1' } });
  t.equal(refusal(scene), 'x-k3s-m-2: the cluster runs etcd 3.5, and etcd 3.6.1 is installed on it');
  t.equal(refusal(scene, 3), null);
  t.end();
});

t.test('a member without an etcd of its own has nothing to restart', (t) => {
  const scene = Scene.formed(2, { allowDowntime: true });
  t.match(refusal(scene, 3), /^x-k3s-m-3 runs no etcd yet$/);
  t.end();
});

t.test('R6 the leader restarts last, also by order', (t) => {
  const before = (scene: Scene, number: number) => {
    const { spec, progress, now } = scene;
    return restartBefore({ spec, progress, now, status: scene.status() }, scene.name(number));
  };
  t.same(before(Scene.formed(3), 1), []);
  const pending = Scene.formed(3).reports(2, { service: { restartPending: true } });
  t.same(before(pending, 1), ['x-k3s-m-2']);
  t.same(before(pending, 3), [], 'it does not lead');
  t.same(before(Scene.formed(3).published(3), 1), ['x-k3s-m-3'], 'it has not heard of the newest state yet');
  t.end();
});
