import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { judgeDisruption } from '../../src/controller/judge-disruption.ts';
import { restartBefore } from '../../src/controller/permits/leader-last.ts';
import { said } from '../support/said.ts';
import { Scene } from './support/situations.ts';

function refusal(scene: Scene, number = 2): Reason | null {
  const { spec, progress, now } = scene;
  return judgeDisruption({ spec, progress, now, status: scene.status() }, scene.name(number));
}

t.test('R2 an order to disrupt a member is granted while every voter serves and nothing is under way', (t) => {
  t.equal(refusal(Scene.formed(3)), null);
  t.equal(refusal(Scene.formed(3), 1), null, 'also the leader, which hands over');
  t.end();
});

t.test('R2 an order is refused while a voter does not serve, or would not come back', (t) => {
  t.match(refusal(Scene.formed(3).reports(3, { etcd: null })), {
    code: 'every_voter_must_serve',
    facts: { ailment: { code: 'of_member', facts: { member: 'x-k3s-m-3', why: { code: 'etcd_silent' } } } },
  });
  t.match(refusal(Scene.formed(3).reports(3, { service: { dataGone: true } })), {
    code: 'every_voter_must_serve',
    facts: { ailment: { code: 'of_member', facts: { member: 'x-k3s-m-3' } } },
  });
  t.match(refusal(Scene.formed(3).wait(36).reports(1).reports(2)), {
    code: 'every_voter_must_serve',
    facts: { ailment: reason('of_member', { member: 'x-k3s-m-3', why: reason('silent', { seconds: 36 }) }) },
  });
  t.end();
});

t.test('R2 an order for a learner is refused while its etcd does not follow the cluster', (t) => {
  const scene = Scene.formed(2, { allowDowntime: true }).joins(3).allReport();
  scene.settle();
  scene.etcdAdds(3).votersReport().settle();
  t.equal(scene.member(3)?.phase, 'learner');
  scene.reports(3, { etcd: { leader: '0' } });
  t.strictSame(refusal(scene, 3), reason('of_member', { member: 'x-k3s-m-3', why: reason('no_leader') }));
  scene.reports(3);
  t.equal(refusal(scene, 3), null);
  t.end();
});

t.test('R2 an order is refused beside anything else that is under way', (t) => {
  const permitted = Scene.formed(3).take({ kind: 'grant-permit', member: 'x-k3s-m-3' });
  t.match(refusal(permitted), { code: 'member_has_permit', facts: { member: 'x-k3s-m-3', act: 'restart' } });
  const rewriting = Scene.formed(3).take({
    kind: 'grant-defragmentation',
    member: 'x-k3s-m-3',
    compactFirst: false,
    why: said('x'),
  });
  t.match(refusal(rewriting), { code: 'member_has_permit', facts: { member: 'x-k3s-m-3', act: 'defragment' } });
  const full = Scene.formed(3).take({ kind: 'record-no-space', members: ['x-k3s-m-1'] });
  t.match(refusal(full), { code: 'room_first' });
  const moving = Scene.formed(3).take({
    kind: 'assign-handover',
    member: 'x-k3s-m-3',
    memberId: 'a3',
    executor: 'x-k3s-m-1',
    by: 'operator ada',
  });
  t.match(refusal(moving), {
    code: 'leadership_moves',
    facts: { member: 'x-k3s-m-3', executor: 'x-k3s-m-1' },
  });
  const mutation = {
    kind: 'remove-voter',
    member: 'x-k3s-m-3',
    memberId: 'a3',
    reason: said('x'),
    force: false,
  } as const;
  const changing = Scene.formed(3).take({ kind: 'assign', executor: 'x-k3s-m-1', mutation });
  t.match(refusal(changing), { code: 'membership_changes', facts: { member: 'x-k3s-m-3', kind: 'remove-voter' } });
  changing.take({ kind: 'withdraw-assignment', mutation, reason: said('x') });
  t.match(refusal(changing), { code: 'change_lapses', facts: { member: 'x-k3s-m-3' } }, 'it may still be carried out');
  const { configuration } = Scene.formed(3).progress;
  const trying = Scene.formed(3);
  if (configuration.settled === null) throw new Error('no settings');
  trying.take({ kind: 'release-configuration', member: 'x-k3s-m-3', configuration: configuration.settled });
  t.match(refusal(trying), { code: 'settings_on_trial', facts: { member: 'x-k3s-m-3' } });
  t.end();
});

t.test('R2 an order in a cluster of one or two needs allowDowntime', (t) => {
  for (const members of [1, 2]) {
    const scene = Scene.formed(members, { members });
    t.strictSame(refusal(scene, members), reason('needs_downtime', { cluster: 'x-k3s', count: members }));
    scene.spec = { ...scene.spec, allowDowntime: true };
    t.equal(refusal(scene, members), null);
  }
  t.end();
});

t.test('R17 an order is refused while another minor version would start', (t) => {
  const scene = Scene.formed(3).reports(2, { service: { etcdVersion: '3.6.1' } });
  t.strictSame(
    refusal(scene),
    reason('of_member', {
      member: 'x-k3s-m-2',
      why: reason('other_minor_installed', { minor: '3.5', installed: '3.6.1' }),
    }),
  );
  t.equal(refusal(scene, 3), null);
  t.end();
});

t.test('a member without an etcd of its own has nothing to restart', (t) => {
  const scene = Scene.formed(2, { allowDowntime: true });
  t.strictSame(refusal(scene, 3), reason('no_etcd_yet', { member: 'x-k3s-m-3' }));
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
