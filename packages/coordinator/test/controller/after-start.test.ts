import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../support/said.ts';
import { Scene } from './support/situations.ts';

/** So many seconds later the coordinator is started after an outage, and all report but the second member. */
function afterOutage(scene: Scene, seconds: number): Scene {
  scene
    .wait(seconds - 1)
    .startedAgo(0)
    .wait(1);
  for (const number of [1, 3]) if (scene.member(number) !== undefined) scene.reports(number);
  return scene;
}

/** The second member stays silent until that is known. */
function stillSilent(scene: Scene): Scene {
  scene.wait(95);
  for (const number of [1, 3]) if (scene.member(number) !== undefined) scene.reports(number);
  return scene;
}

t.test('R19: a permit is not called unconfirmed before its holder could report', async (t) => {
  const scene = Scene.formed(3).reports(2, { service: { restartPending: true } });
  t.match(scene.settle(), [{ kind: 'grant-permit', member: 'x-k3s-m-2' }]);
  t.equal(afterOutage(scene, 200).decide().step, null);
  t.match(stillSilent(scene).decide().step, {
    kind: 'withdraw-permit',
    reason: { code: 'not_confirmed', facts: { seconds: 120 } },
  });
});

t.test('R19: a hold is not called untaken before its agent could report', async (t) => {
  const order = { member: 'x-k3s-m-2', by: 'operator ada', why: 'kernel', seconds: 1800, stop: false } as const;
  const scene = Scene.formed(3).take({ kind: 'grant-hold', ...order });
  t.equal(afterOutage(scene, 200).decide().step, null);
  t.match(stillSilent(scene).decide().step, { kind: 'withdraw-permit' });
});

t.test('R19: a defragmentation is not called late before its agent could report', async (t) => {
  const scene = Scene.formed(3).take({
    kind: 'grant-defragmentation',
    member: 'x-k3s-m-2',
    compactFirst: false,
    why: said('it is full'),
  });
  t.equal(afterOutage(scene, 200).decide().step, null);
  t.match(stillSilent(scene).decide().step, { kind: 'withdraw-permit' });
});

t.test('R19: a learner neither lags nor stalls before it could report', async (t) => {
  const scene = Scene.formed(1, { members: 3 }).joins(2).joins(3);
  scene.allReport().settle();
  scene.etcdAdds(2).votersReport().settle();
  afterOutage(scene.reports(2, { etcd: { leader: '0' } }), 301).joins(3);
  t.match(scene.decide(), {
    step: null,
    waits: [{ code: 'learner_catches_up', facts: { why: { code: 'not_reported_since_start' } } }],
  });
  t.match(stillSilent(scene).joins(3).decide().step, { kind: 'assign', mutation: { kind: 'remove-learner' } });
});

t.test('R19: a snapshot has not failed before its voter could report', async (t) => {
  const scene = Scene.formed(3).wait(600).allReport();
  scene.take({ kind: 'assign-snapshot', executor: 'x-k3s-m-2', why: reason('on_schedule') });
  t.equal(afterOutage(scene, 300).decide().step, null);
  t.match(stillSilent(scene).decide().step, { kind: 'withdraw-snapshot' });
});

t.test('R19: nobody counts as unheard in a comparison before it could report', async (t) => {
  const alarm = { etcd: { alarms: ['CORRUPT on 0'], healthy: false } };
  const scene = Scene.formed(3).wait(600);
  for (const number of [1, 2, 3]) scene.reports(number, alarm);
  t.match(scene.settle(), [{ kind: 'assign-comparison' }]);
  const id = scene.progress.corruption.comparing?.id ?? '';
  const hash = { hash: 'aaaaaaaa', revision: 1, compactRevision: 1 };
  const done = { ...alarm, lastMaintenance: { id, outcome: 'done', reason: null, hash } } as const;
  afterOutage(scene, 300).reports(1, done).reports(3, done);
  t.match(scene.decide(), { step: null, waits: [reason('hashes_reported', { members: ['x-k3s-m-2'], revision: 1 })] });
});
