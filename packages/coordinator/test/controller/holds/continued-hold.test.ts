import type { HeldOrder } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { ordersTo } from '../../../src/controller/orders.ts';
import { takeOver } from '../../../src/controller/take-over/take-over.ts';
import { said } from '../../support/said.ts';
import { Scene, type StatusChanges } from '../support/situations.ts';

const member = 'x-k3s-m-2';
const id = 'permit000001';
const order: HeldOrder = { seconds: 1800, stop: true };
const pending: StatusChanges = { service: { restartPending: true } };

function heldBy(permit: string, of: HeldOrder): StatusChanges {
  return { service: { held: { permit, rebooted: false, order: of } } };
}

/** The result of a take-over, in which the store of the backup is as of `progress`. */
function restored(scene: Scene, progress = scene.progress) {
  const { spec, now, nodes } = scene;
  const frozen = { ...progress, frozen: said('restored') };
  const situation = { spec, status: { nodes, clients: {} }, progress: frozen, now, restoredAt: 0 };
  const result = takeOver({ ...situation, seenUnadopted: [], freshToken: 'x-k3s-fresh' });
  if (!result.ok) throw new Error(`it waits for ${JSON.stringify(result.waits)}`);
  return result;
}

t.test('R2 R5: a restored coordinator goes on with the hold that an agent reports', (t) => {
  const scene = Scene.formed(3)
    .wait(600)
    .reports(1)
    .reports(3)
    .reports(2, heldBy(id, { seconds: 1800, stop: true }));
  const { progress, changes } = restored(scene);
  t.match(progress.permit, { id, member, issuedAt: scene.now, withdrawnAt: null });
  t.match(progress.permit?.hold, { by: 'an order from before the restore', why: null, seconds: 1800, stop: true });
  t.match(changes, [reason('as_in_backup'), reason('still_held', { member: 'x-k3s-m-2' })]);
  t.match(ordersTo(progress, member).permit, { id, act: 'hold', stop: true, forSeconds: 1800 }, 'the same order');
  scene.progress = progress;
  scene.reports(1, pending).reports(3, pending);
  t.match(scene.decide(), {
    step: null,
    waits: [{ code: 'held', facts: { cluster: 'x-k3s', member: 'x-k3s-m-2', by: 'an order from before the restore' } }],
  });
  t.end();
});

t.test('what the backup knows of that hold is kept, and one that no agent reports is over', (t) => {
  const scene = Scene.formed(3)
    .wait(600)
    .take({ kind: 'grant-hold', member, by: 'operator ada', why: 'kernel update', seconds: 1800, stop: false });
  const granted = scene.progress.permit?.id ?? '';
  const backup = scene.progress;
  scene
    .wait(600)
    .reports(1)
    .reports(3)
    .reports(2, heldBy(granted, { seconds: 1800, stop: false }));
  const { permit } = restored(scene, backup).progress;
  t.match(permit, {
    id: granted,
    issuedAt: scene.now,
    hold: { by: 'operator ada', why: 'kernel update', taken: true },
  });
  t.equal(restored(scene.reports(2), backup).progress.permit, null);
  t.end();
});

t.test('R10: an extended hold does not end early on its board because a coordinator was restored meanwhile', (t) => {
  const scene = Scene.formed(3).wait(600).reports(1).reports(3).reports(2, heldBy(id, order));
  scene.progress = restored(scene).progress;
  const until = '1970-01-01T01:30:00.000Z';
  scene.wait(600).take({ kind: 'change-hold', member, by: 'operator ada', why: null, seconds: 3600, until });
  // The agent may have begun the hold up to 1800 s before the restore.
  t.match(ordersTo(scene.progress, member).permit, { id, forSeconds: 1800 + 600 + 3600 });
  t.end();
});

t.test('R16: an old report of a hold says nothing about now, and a member that leaves is not held', (t) => {
  const scene = () => Scene.formed(3).wait(600).reports(1).reports(3);
  const old = scene().reports(2, heldBy(id, order)).wait(36).reports(1).reports(3);
  t.equal(restored(old).progress.permit, null);
  const leaving = scene().reports(2, heldBy(id, order));
  leaving.replaces(2);
  t.equal(restored(leaving).progress.permit, null);
  t.end();
});

t.test('R2: a restored coordinator gives no permit for a hold that an earlier agent began alone', (t) => {
  const scene = Scene.formed(3).wait(600).reports(1).reports(3);
  scene.reports(2, heldBy(id, { ...order, stop: false, alone: { why: 'kernel update' } }));
  const { progress, changes } = restored(scene);
  t.equal(progress.permit, null);
  t.match(changes, [reason('as_in_backup')]);
  scene.progress = progress;
  scene.reports(1, pending).reports(3, pending);
  t.match(scene.decide(), {
    step: null,
    waits: [{ code: 'of_member', facts: { member: 'x-k3s-m-2', why: { code: 'held_alone' } } }],
  });
  t.end();
});
