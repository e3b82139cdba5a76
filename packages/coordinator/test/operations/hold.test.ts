import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { applyStep } from '../../src/controller/apply-step.ts';
import { afterStart } from '../../src/controller/clock-steps.ts';
import { ordersTo } from '../../src/controller/orders.ts';
import type { Step } from '../../src/model/progress.ts';
import { type HoldOrder, hold } from '../../src/operations/hold.ts';
import type { OperationSituation } from '../../src/operations/operation.ts';
import { release } from '../../src/operations/release.ts';
import { holdView } from '../../src/status/hold-view.ts';
import { Scene } from '../controller/support/situations.ts';
import { refusalOf } from '../support/refusal.ts';

const member = 'x-k3s-m-2';
const first: HoldOrder = { by: 'operator ada', why: 'kernel update', seconds: 1800, stop: true, place: 'elsewhere' };
const again: HoldOrder = { by: 'operator bob', why: null, seconds: 7200, stop: false, place: 'elsewhere' };

function situationOf(scene: Scene): OperationSituation {
  const { spec, progress, now } = scene;
  const fresh = { id: `permit-of-${now}`, incarnation: 'another', nonce: 'another' };
  const after = (step: Step) => applyStep(progress, step, spec.name, fresh, now);
  return { spec, progress, now, status: scene.status(), rests: false, after } as unknown as OperationSituation;
}

/** The order is taken. */
function ordered(scene: Scene, order: HoldOrder, of = member) {
  const { progress, events } = hold(of, order).decide(situationOf(scene));
  if (progress === undefined) throw new Error('nothing has changed');
  scene.progress = progress;
  return events ?? [];
}

/** Null if the order is taken. */
function refusal(scene: Scene, order: HoldOrder, of = member) {
  const { progress } = scene;
  const refused = refusalOf(() => hold(of, order).decide(situationOf(scene)));
  if (scene.progress !== progress) throw new Error('an operation is pure');
  return refused;
}

/** The second member is held, and its agent has begun that. */
function held(order = first): Scene {
  const scene = Scene.formed(3).allReport();
  ordered(scene, order);
  scene.published(2).allReport().reports(2, report(scene));
  scene.settle();
  return scene;
}

function report(scene: Scene, rebooted = false) {
  return { service: { held: { permit: scene.progress.permit?.id ?? '', rebooted } } };
}

function endOf({ progress, now }: Scene): number {
  return (Date.parse(holdView(progress, member, now)?.until ?? '') - now) / 1000;
}

t.test('R2: the same order for a held member moves the end of its hold, and keeps the permit and the rest', (t) => {
  const scene = held().wait(600).allReport();
  const before = scene.progress.permit;
  const events = ordered(scene, again);
  t.equal(endOf(scene), 7200, 'so long from now');
  const { permit } = scene.progress;
  t.strictSame({ ...permit, hold: null }, { ...before, hold: null });
  t.strictSame(permit?.hold, { ...before?.hold, seconds: 7800, changedBy: 'operator bob' });
  t.strictSame(events, [
    {
      kind: 'change-hold',
      facts: { member, by: 'operator bob', why: null, seconds: 7200, until: '1970-01-01T02:10:00.000Z' },
    },
  ]);
  t.match(ordersTo(scene.progress, member).permit, { id: before?.id, act: 'hold', stop: true, forSeconds: 7800 });
  t.end();
});

t.test('a hold is made shorter the same way, and a new reason replaces the former one', (t) => {
  const scene = held().wait(600).allReport();
  ordered(scene, { ...again, seconds: 60, why: 'done soon' });
  t.equal(endOf(scene), 60);
  t.match(scene.progress.permit?.hold, { by: 'operator ada', why: 'done soon', stop: true, taken: true });
  scene.wait(60).allReport();
  t.match(scene.decide().step, { kind: 'withdraw-permit', reason: reason('hold_time_over') });
  t.end();
});

t.test(
  'a hold is not shortened by accident: without a time the same order is refused, and says how to name one',
  (t) => {
    const scene = held({ ...first, seconds: 7200 })
      .wait(5)
      .allReport();
    t.match(refusal(scene, { ...again, seconds: null }), {
      code: 'disruption_refused',
      facts: { reason: { code: 'held_now' }, advice: { code: 'say_how_long', facts: { member } } },
    });
    t.equal(endOf(held({ ...first, seconds: null })), 1800, 'a new hold lasts half an hour without one');
    t.end();
  },
);

t.test('a hold that has not begun is changed as well, and begins once', (t) => {
  const scene = Scene.formed(3).allReport();
  ordered(scene, first);
  const { id } = scene.progress.permit ?? {};
  ordered(scene.wait(5).allReport(), again);
  t.match(scene.progress.permit, { id, hold: { taken: false, seconds: 7205 } });
  t.end();
});

t.test('R2: no hold is revived that has ended or is ending, nor given to a member that leaves', (t) => {
  const over = held().wait(1800).allReport();
  t.match(refusal(over, again), { code: 'disruption_refused', facts: { reason: { code: 'hold_settles' } } });
  const released = held().wait(5).allReport();
  const { progress } = release(member, { by: 'operator ada' }).decide(situationOf(released));
  released.progress = progress ?? released.progress;
  t.match(refusal(released, again), { code: 'disruption_refused', facts: { reason: { code: 'hold_settles' } } });
  const leaves = held().wait(5).allReport();
  leaves.replaces(2);
  t.match(refusal(leaves, again), { code: 'disruption_refused', facts: { reason: { code: 'held_member_leaves' } } });
  t.end();
});

t.test('R2: another member is not held beside it, nor does the hold of a restart count', (t) => {
  const scene = held().wait(5).allReport();
  t.match(refusal(scene, again, 'x-k3s-m-3'), { facts: { reason: { code: 'held_now', facts: { member } } } });
  const restarts = Scene.formed(3).allReport().take({ kind: 'grant-permit', member, by: 'operator ada' });
  t.match(refusal(restarts, again), { facts: { reason: { code: 'member_has_permit', facts: { member } } } });
  t.end();
});

t.test('an order to stop etcd does not change a hold that lets etcd run', (t) => {
  const scene = held({ ...first, stop: false })
    .wait(5)
    .allReport();
  t.match(refusal(scene, { ...again, stop: true }), { facts: { reason: { code: 'held_now' } } });
  t.equal(refusal(scene, again), null);
  t.end();
});

t.test('a hold lasts one day at most, however often it is extended', (t) => {
  const scene = held().wait(1200).allReport();
  const until = '1970-01-02T00:00:00.000Z';
  t.match(refusal(scene, { ...again, seconds: 85_201 }), {
    code: 'disruption_refused',
    facts: { reason: reason('hold_would_last_too_long', { member, until }) },
  });
  ordered(scene, { ...again, seconds: 85_200 });
  t.equal(holdView(scene.progress, member, scene.now)?.until, until);
  t.end();
});

t.test('R10: its agent counts from the beginning of the hold, also after a restart of the coordinator', (t) => {
  const scene = held().wait(1200);
  scene.progress = afterStart(scene.progress, scene.now);
  t.match(ordersTo(scene.progress, member).permit, { forSeconds: 1800 }, 'the agent may end it before the coordinator');
  ordered(scene.wait(60).allReport(), { ...again, seconds: 600 });
  t.equal(endOf(scene), 600);
  t.match(ordersTo(scene.progress, member).permit, { forSeconds: 1860 });
  t.match(refusal(scene, { ...again, seconds: 86_400 - 1259 }), {
    facts: { reason: { code: 'hold_would_last_too_long' } },
  });
  ordered(scene, { ...again, seconds: 86_400 - 1260 });
  t.match(ordersTo(scene.progress, member).permit, { forSeconds: 86_400 });
  scene.progress = afterStart(scene.progress, scene.wait(600).now);
  t.match(ordersTo(scene.progress, member).permit, { forSeconds: 86_400 }, 'longer, its report would be refused');
  t.end();
});
