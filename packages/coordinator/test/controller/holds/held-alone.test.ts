import type { HeldOrder } from '@picket/shared/protocol/report.ts';
import { nextStep } from '@picket/shared/reasons/next-step.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { judgeDisruption } from '../../../src/controller/judge-disruption.ts';
import { Scene, type StatusChanges } from '../support/situations.ts';

const pending: StatusChanges = { service: { restartPending: true } };
const heldAlone = reason('of_member', { member: 'x-k3s-m-2', why: reason('held_alone') });

/** Held by an earlier agent without a coordinator; etcd runs until root reboots the machine. */
function alone(more: StatusChanges['service'] = {}): StatusChanges {
  const order: HeldOrder = { seconds: 1800, stop: false, alone: { why: 'kernel update' } };
  return { service: { held: { permit: 'alone0000001', rebooted: false, order }, ...more } };
}

function heldScene(): Scene {
  return Scene.formed(3).wait(600).reports(1).reports(3).reports(2, alone());
}

t.test('R2: no member restarts while an earlier agent holds another one alone, although its etcd serves', (t) => {
  const scene = heldScene().reports(1, pending).reports(3, pending);
  t.match(scene.decide(), { step: null, waits: [heldAlone] });
  t.equal(scene.progress.permit, null, 'nor does the held member get a permit for its hold');
  scene.reports(2, alone({ restartPending: true }));
  t.equal(scene.decide().step, null, 'nor one to restart');
  scene.reports(2);
  t.match(scene.decide().step, { kind: 'grant-permit', member: 'x-k3s-m-3' }, 'it goes on when the hold has ended');
  t.end();
});

t.test(
  'R2: an order to restart or to hold a member is refused meanwhile, and the answer says how to end that hold',
  (t) => {
    const { spec, progress, now, ...scene } = heldScene();
    const why = judgeDisruption({ spec, progress, now, status: { nodes: scene.nodes, clients: {} } }, 'x-k3s-m-3');
    if (why === null) throw new Error('it was granted');
    t.strictSame(why, reason('every_voter_must_serve', { ailment: heldAlone }));
    const advice = nextStep(why, { cluster: 'x-k3s', place: 'elsewhere' });
    t.strictSame(advice, reason('repeat_when_released'));
    t.end();
  },
);

t.test(
  'R2: a permit that nobody has used is withdrawn when an earlier agent reports that it holds another member alone',
  (t) => {
    const scene = Scene.formed(3).wait(600).allReport().reports(3, pending);
    t.match(scene.takeNext(), { kind: 'grant-permit', member: 'x-k3s-m-3' });
    scene.published(3).reports(2, alone());
    t.match(scene.takeNext(), { kind: 'withdraw-permit', member: 'x-k3s-m-3' });
    t.end();
  },
);

t.test('R2: membership does not change while an earlier agent holds a member alone, unless that member leaves', (t) => {
  const scene = Scene.formed(5, { members: 5 }).wait(600).allReport().reports(2, alone());
  scene.replaces(3);
  t.match(scene.decide(), { step: null, waits: [heldAlone] });
  const leaving = Scene.formed(5, { members: 5 }).wait(600).allReport().reports(2, alone());
  leaving.replaces(2);
  t.match(leaving.decide().step, { kind: 'assign', mutation: { kind: 'remove-voter', member: 'x-k3s-m-2' } });
  t.end();
});
