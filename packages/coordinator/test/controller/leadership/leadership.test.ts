import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { ordersTo } from '../../../src/controller/orders.ts';
import { judgeHandover } from '../../../src/operations/move-leader.ts';
import { Scene } from '../support/situations.ts';

function judged(scene: Scene, number: number) {
  const { spec, progress, now } = scene;
  const verdict = judgeHandover({ spec, progress, now, status: scene.status() }, scene.name(number));
  return 'refused' in verdict ? verdict.refused : verdict;
}

function moving(): Scene {
  const assigned = { member: 'x-k3s-m-2', memberId: 'a2', executor: 'x-k3s-m-1', by: 'operator ada' };
  return Scene.formed(3).take({ kind: 'assign-handover', ...assigned });
}

t.test('the leader is asked to hand over to a voter that serves', (t) => {
  t.same(judged(Scene.formed(3), 2), { executor: 'x-k3s-m-1', memberId: 'a2' });
  const scene = moving();
  t.match(ordersTo(scene.progress, 'x-k3s-m-1').maintenance, { kind: 'move-leader', to: 'a2' });
  t.equal(ordersTo(scene.progress, 'x-k3s-m-2').maintenance, undefined);
  t.end();
});

t.test('a handover is refused to the leader, to a voter that does not serve, and beside a permit', (t) => {
  t.strictSame(judged(Scene.formed(3), 1), reason('leads_already', { member: 'x-k3s-m-1' }));
  t.match(judged(Scene.formed(3).reports(2, { etcd: null }), 2), {
    code: 'of_member',
    facts: { member: 'x-k3s-m-2', why: { code: 'etcd_silent' } },
  });
  t.strictSame(judged(Scene.formed(3).reports(1, { etcd: null }), 2), reason('leader_unheard'));
  t.strictSame(judged(Scene.formed(2), 3), reason('no_voter_to_lead', { member: 'x-k3s-m-3' }));
  t.strictSame(judged(Scene.formed(3).replaces(2), 2), reason('no_voter_to_lead', { member: 'x-k3s-m-2' }));
  t.match(judged(Scene.formed(3).take({ kind: 'grant-permit', member: 'x-k3s-m-3' }), 2), {
    code: 'member_has_permit',
    facts: { member: 'x-k3s-m-3' },
  });
  t.end();
});

t.test('a handover ends with the word of the leader, or once its lease is surely over', (t) => {
  const scene = moving();
  t.same(scene.decide(), {
    step: null,
    waits: [reason('hands_over', { member: 'x-k3s-m-2', executor: 'x-k3s-m-1' })],
  });
  const id = scene.progress.leaderMove?.id ?? '';
  const why = reason('leadership_handed_over', { memberId: 'a2' });
  scene.reports(1, { lastMaintenance: { id: 'another00001', outcome: 'done', reason: why } });
  t.equal(scene.decide().step, null, 'an order from before');
  scene.reports(1, { lastMaintenance: { id, outcome: 'done', reason: why } });
  t.match(scene.decide().step, { kind: 'record-handover', member: 'x-k3s-m-2', outcome: 'done' });
  scene.settle();
  t.equal(scene.progress.leaderMove, null);

  const late = moving().wait(125).allReport();
  t.equal(late.decide().step, null);
  late.wait(1).allReport();
  t.match(late.decide().step, { kind: 'record-handover', outcome: 'failed' });
  t.end();
});

t.test('R2 nothing is disrupted while the leadership moves', (t) => {
  const scene = moving();
  for (const number of [1, 2, 3]) scene.reports(number, { service: { restartPending: true } });
  t.equal(scene.decide().step, null);
  t.end();
});
