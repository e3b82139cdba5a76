import type { HeldOrder } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { ordersTo } from '../../../src/controller/orders.ts';
import { takeOver } from '../../../src/controller/take-over/take-over.ts';
import { said, withWords } from '../../support/said.ts';
import { Scene, type StatusChanges } from '../support/situations.ts';

const member = 'x-k3s-m-2';
const id = 'alone0000001';
const order: HeldOrder = { seconds: 1800, stop: false, alone: { why: 'kernel update' } };
const pending: StatusChanges = { service: { restartPending: true } };

function heldBy(permit: string, of: HeldOrder, rebooted = false): StatusChanges {
  return { service: { held: { permit, rebooted, order: of } } };
}

const heldAlone = heldBy(id, order);

/** All serve; the agent of the second member reports that root has held it, and the others need a restart. */
function heldWithoutCoordinator(changes = heldAlone): Scene {
  return Scene.formed(3).wait(600).reports(1, pending).reports(3, pending).reports(2, changes);
}

t.test(
  'R2: a hold that root has begun without the coordinator is the permit of the cluster from its report on',
  (t) => {
    const scene = heldWithoutCoordinator();
    t.match(scene.settle(), [
      { kind: 'adopt-hold', member, id, by: 'root on x-k3s-m-2', why: 'kernel update', seconds: 1800, stop: false },
    ]);
    t.match(scene.decide(), {
      step: null,
      waits: [/^x-k3s-m-2 is held by root on x-k3s-m-2 until .*: kernel update\. /],
    });
    t.match(ordersTo(scene.progress, member).permit, { id, act: 'hold', stop: false, forSeconds: 1800 });
    scene
      .wait(30)
      .reports(1, pending)
      .reports(3, pending)
      .reports(2, heldBy(id, order, true));
    scene
      .wait(11)
      .reports(1, pending)
      .reports(3, pending)
      .reports(2, heldBy(id, order, true));
    t.match(scene.settle(), [
      { kind: 'withdraw-permit', member, reason: 'its machine was booted, and it serves again' },
    ]);
    t.end();
  },
);

t.test('R2: a permit of another member ends before that, and no other follows it', (t) => {
  const scene = Scene.formed(3).wait(600).reports(1).reports(2).reports(3, pending);
  t.match(scene.settle(), [{ kind: 'grant-permit', member: 'x-k3s-m-3' }]);
  const { permit } = scene.published(3).progress;
  const later = (seconds: number, third: StatusChanges) =>
    scene.wait(seconds).reports(1, pending).reports(3, third).reports(2, heldAlone);
  later(1, pending);
  t.match(scene.settle(), [
    {
      kind: 'withdraw-permit',
      member: 'x-k3s-m-3',
      reason: 'root holds x-k3s-m-2 on its machine, without the coordinator',
    },
  ]);
  t.equal(scene.progress.permit?.id, permit?.id, 'it may still be used');
  scene.published(3);
  later(1, pending);
  t.equal(scene.decide().step, null);
  later(10, pending);
  t.match(scene.settle(), [
    { kind: 'close-permit', member: 'x-k3s-m-3' },
    { kind: 'adopt-hold', member },
  ]);
  t.end();
});

t.test('R2: a hold of another member stays, since its machine may be off', (t) => {
  const scene = Scene.formed(3)
    .take({ kind: 'grant-hold', member: 'x-k3s-m-3', by: 'operator ada', why: null, seconds: 1800, stop: false })
    .published(3)
    .wait(1);
  const third = heldBy(scene.progress.permit?.id ?? '', { seconds: 1800, stop: false });
  scene.reports(1).reports(2, heldAlone).reports(3, third);
  t.match(scene.settle(), [{ kind: 'open-hold', member: 'x-k3s-m-3' }]);
  t.end();
});

t.test('R2: a hold that is released before its node knows of its permit is over, and not taken over again', (t) => {
  const scene = heldWithoutCoordinator();
  scene.settle();
  t.equal(ordersTo(scene.progress, member).endedHold, undefined);
  scene.take({ kind: 'withdraw-permit', member, reason: said('released') });
  t.match(ordersTo(scene.progress, member), { endedHold: id });
  t.equal(ordersTo(scene.progress, 'x-k3s-m-3').endedHold, undefined);
  scene.wait(400).reports(1).reports(2, heldAlone).reports(3);
  t.match(scene.settle(), [{ kind: 'end-hold', member }]);
  scene.wait(1).reports(1).reports(2, heldAlone).reports(3);
  t.equal(scene.decide().step, null);
  t.match(ordersTo(scene.progress, member), { endedHold: id }, 'its node may ask for the first time');
  t.equal(restored(scene).progress.permit, null, 'nor by a coordinator that was restored after that');
  scene.wait(1).reports(1).reports(2, heldBy('alone0000002', order)).reports(3);
  t.match(scene.settle(), [{ kind: 'adopt-hold', id: 'alone0000002' }], 'another one counts');
  t.end();
});

t.test('R18: of each member, one hold that ended is remembered, while it is a member', (t) => {
  const scene = Scene.formed(3).wait(600);
  const holds = (by: number, permit: string) => {
    for (const each of [1, 2, 3]) scene.reports(each, each === by ? heldBy(permit, order) : {});
    scene.settle();
    scene.take({ kind: 'withdraw-permit', member: scene.name(by), reason: said('released') });
    scene.take({ kind: 'end-hold', member: scene.name(by), outcome: 'ended' });
  };
  holds(2, 'alone0000001');
  holds(3, 'alone0000002');
  holds(3, 'alone0000003');
  t.strictSame(scene.progress.endedHolds, { 'x-k3s-m-2': 'alone0000001', 'x-k3s-m-3': 'alone0000003' });
  const { [member]: _gone, ...members } = scene.progress.members;
  scene.progress = { ...scene.progress, members };
  holds(3, 'alone0000004');
  t.strictSame(scene.progress.endedHolds, { 'x-k3s-m-3': 'alone0000004' });
  t.end();
});

t.test('a hold that a coordinator has granted is not begun again by a late report of it', (t) => {
  const scene = Scene.formed(3)
    .wait(600)
    .reports(1)
    .reports(3)
    .reports(2, heldBy(id, { seconds: 1800, stop: false }));
  t.equal(scene.decide().step, null);
  t.end();
});

t.test('R16: an old report of a hold says nothing about now', (t) => {
  const scene = heldWithoutCoordinator().wait(36).reports(1).reports(3);
  t.equal(scene.decide().step, null);
  t.end();
});

t.test('a member that leaves is not held', (t) => {
  const scene = heldWithoutCoordinator();
  scene.replaces(2);
  t.notOk(scene.settle().some(({ kind }) => kind === 'adopt-hold'));
  t.end();
});

/** The result of a take-over, in which the store of the backup is as of `progress`. */
function restored(scene: Scene, progress = scene.progress) {
  const { spec, now, nodes } = scene;
  const frozen = { ...progress, frozen: said('restored') };
  const situation = { spec, status: { nodes, clients: {} }, progress: frozen, now, restoredAt: 0 };
  const result = takeOver({ ...situation, inContact: [], freshToken: 'x-k3s-fresh' });
  if (!result.ok) throw new Error(`it waits for ${withWords(result.waits).join('; ')}`);
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
  t.match(withWords(changes), ['its members are the same as in the backup', 'x-k3s-m-2 is still held']);
  t.match(ordersTo(progress, member).permit, { id, act: 'hold', stop: true, forSeconds: 1800 }, 'the same order');
  scene.progress = progress;
  scene.reports(1, pending).reports(3, pending);
  t.match(scene.decide(), { step: null, waits: [/^x-k3s-m-2 is held by an order from before the restore until /] });
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

t.test('of a hold without the coordinator, the report names its reason', (t) => {
  const { permit } = restored(heldWithoutCoordinator()).progress;
  t.match(permit?.hold, { by: 'root on x-k3s-m-2', why: 'kernel update', taken: true });
  t.end();
});
