import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { afterClockStep, afterStart } from '../../../src/controller/clock-steps.ts';
import { judgeDisruption } from '../../../src/controller/judge-disruption.ts';
import { ordersTo } from '../../../src/controller/orders.ts';
import { holdView } from '../../../src/status/hold-view.ts';
import { Scene, type StatusChanges } from '../support/situations.ts';

const member = 'x-k3s-m-2';
const order = { member, by: 'operator ada', why: 'kernel update', seconds: 1800, stop: false } as const;
const down: StatusChanges = { etcd: null, service: { state: 'stopped' }, healthySince: null };

function granted(): Scene {
  return Scene.formed(3)
    .take({ kind: 'grant-hold', ...order })
    .published(2);
}

function heldReport(scene: Scene, rebooted = false): StatusChanges {
  return { service: { held: { permit: scene.progress.permit?.id ?? '', rebooted } } };
}

/** All report; the second member is held, and its agent has said so. */
function held(): Scene {
  const scene = granted().wait(1).allReport();
  scene.reports(2, heldReport(scene)).settle();
  return scene;
}

/** This many seconds later all report, the held member as given. */
function later(scene: Scene, seconds: number, changes: StatusChanges = heldReport(scene)): Scene {
  return scene.wait(seconds).reports(1).reports(3).reports(2, changes);
}

function othersPending(scene: Scene): Scene {
  for (const number of [1, 3]) scene.reports(number, { service: { restartPending: true } });
  return scene;
}

t.test(
  'a hold is an order to one node, and is open once its agent has found that the cluster can do without it',
  (t) => {
    const scene = granted();
    t.match(ordersTo(scene.progress, member).permit, {
      act: 'hold',
      stop: false,
      forSeconds: 1800,
      validForSeconds: 90,
    });
    t.equal(ordersTo(scene.progress, 'x-k3s-m-1').permit, undefined);
    scene.wait(1).allReport();
    t.match(scene.decide().waits, [{ code: 'hold_begins', facts: { member, by: 'operator ada' } }]);
    scene.reports(2, { service: { held: { permit: 'another00001', rebooted: false } } });
    t.equal(scene.decide().step, null, 'a hold from before');
    scene.reports(2, heldReport(scene));
    t.match(scene.settle(), [{ kind: 'open-hold', member, by: 'operator ada' }]);
    const until = '1970-01-01T00:30:00.000Z';
    t.strictSame(scene.decide().waits, [
      reason('held', { cluster: 'x-k3s', member, by: 'operator ada', until, why: 'kernel update' }),
    ]);
    t.end();
  },
);

t.test('R2 nothing is disrupted while a member is held, whether it serves or is down', (t) => {
  for (const changes of [undefined, down]) {
    const scene = held();
    othersPending(later(scene, 600, changes));
    t.equal(scene.decide().step, null);
    const { spec, progress, now } = scene;
    const why = judgeDisruption({ spec, progress, now, status: scene.status() }, 'x-k3s-m-3');
    t.match(why, { code: 'held_now', facts: { member, by: 'operator ada' } });
  }
  t.end();
});

t.test('R2 a hold ends when its member is back and well after a boot, and not by anything less', (t) => {
  const scene = held();
  later(scene, 60, down);
  t.equal(scene.decide().step, null);
  later(scene, 60, { ...heldReport(scene), healthySince: scene.now + 60_000 });
  t.equal(later(scene, 30).decide().step, null, 'its supervisor has restarted etcd, or its agent was upgraded');
  later(scene, 1, { ...heldReport(scene, true), healthySince: scene.now + 1000 });
  t.equal(scene.decide().step, null, 'it has just come back');
  later(scene, 10, heldReport(scene, true));
  t.match(scene.settle(), [{ kind: 'withdraw-permit', member, hold: 'begun', reason: reason('back_after_boot') }]);
  t.equal(ordersTo(scene.progress, member).permit, undefined);
  scene.published(2);
  othersPending(later(scene, 9, {}));
  t.equal(scene.decide().step, null, 'it must stay so');
  othersPending(later(scene, 1, {}));
  t.match(scene.settle(), [
    { kind: 'end-hold', member, outcome: 'ended' },
    { kind: 'grant-permit', member: 'x-k3s-m-3' },
  ]);
  t.end();
});

t.test('R2 a hold whose board never returns lapses, and nothing is disrupted until that voter serves', (t) => {
  const scene = held();
  later(scene, 1798, down);
  t.equal(scene.decide().step, null);
  scene.wait(1).reports(1).reports(3);
  t.match(scene.settle(), [{ kind: 'withdraw-permit', member, reason: reason('hold_time_over') }]);
  othersPending(scene.published(2).wait(125));
  t.equal(scene.decide().step, null);
  othersPending(scene.wait(1));
  t.match(scene.settle(), [{ kind: 'end-hold', member, outcome: 'lapsed' }]);
  othersPending(scene.wait(600));
  t.match(scene.decide(), {
    step: null,
    waits: [
      {
        code: 'all_serve_before_restart',
        facts: { ailment: { code: 'of_member', facts: { member: 'x-k3s-m-2', why: { code: 'silent' } } } },
      },
    ],
  });
  othersPending(scene.reports(2));
  t.match(scene.decide().step, { kind: 'grant-permit' });
  t.end();
});

t.test('R2 a released hold is waited for until its node has heard of it, or can use it no longer', (t) => {
  const release = { kind: 'withdraw-permit', member, reason: reason('released_by', { by: 'operator ada' }) } as const;
  const heard = held();
  heard.take({ ...release, generation: heard.nodes[member]?.generation ?? 0 });
  othersPending(later(heard, 20));
  t.equal(heard.decide().step, null, 'it follows the state with the permit');
  othersPending(later(heard.published(2), 11, {}));
  t.match(heard.decide().step, { kind: 'end-hold', outcome: 'ended' });

  const unheard = granted().take(release);
  othersPending(later(unheard.published(2), 125, {}));
  t.equal(unheard.decide().step, null);
  othersPending(later(unheard, 1, {}));
  t.match(unheard.decide().step, { kind: 'end-hold', outcome: 'ended' });
  t.end();
});

t.test('a hold that its agent refuses is withdrawn with the reason', (t) => {
  const scene = granted();
  const away = reason('voters_absent', { absent: [] });
  scene
    .wait(121)
    .allReport()
    .reports(2, { agent: { waits: [away] } });
  t.match(scene.settle(), [
    { kind: 'withdraw-permit', reason: reason('hold_not_taken', { seconds: 120, waits: [away] }) },
  ]);
  t.end();
});

t.test('a hold that its agent refuses ends at once, with what the agent has found', (t) => {
  const scene = granted();
  const id = scene.progress.permit?.id ?? '';
  const why = reason('voters_absent', { absent: [{ member: 'x-k3s-m-3', why: reason('etcd_is_silent') }] });
  scene.wait(1).allReport();
  scene.reports(2, { service: { holdRefused: { permit: 'another00001', reason: why } } });
  t.equal(scene.decide().step, null, 'a hold from before');
  scene.reports(2, { service: { holdRefused: { permit: id, reason: why } } });
  t.match(scene.settle(), [
    { kind: 'withdraw-permit', member, hold: 'not-begun', reason: reason('hold_refused', { why }) },
  ]);
  t.match(holdView(scene.progress, member, scene.now), { state: 'ends', over: { code: 'hold_refused' } });
  const { spec, progress, now } = scene;
  const busy = judgeDisruption({ spec, progress, now, status: scene.status() }, 'x-k3s-m-3');
  t.strictSame(busy, reason('hold_settles', { member, seconds: 10 }));
  t.end();
});

t.test('R3 a held member that is replaced keeps nobody waiting for the end of the hold', (t) => {
  const scene = held();
  later(scene, 60, down).replaces(2);
  t.match(scene.takeNext(), { kind: 'withdraw-permit', member, reason: reason('held_member_leaves') });
  t.end();
});

t.test('R2 neither a step of the clock nor a restart of the coordinator shortens a hold', (t) => {
  const stepped = held();
  stepped.progress = afterClockStep(stepped.progress, 3_600_000);
  stepped.now += 3_600_000;
  t.equal(later(stepped, 1700).decide().step, null);

  const restarted = held();
  later(restarted, 1700);
  restarted.progress = afterStart(restarted.progress, restarted.now);
  t.equal(later(restarted, 1700).decide().step, null, 'the clock may have been set while no coordinator ran');
  later(restarted, 101);
  t.match(restarted.decide().step, { kind: 'withdraw-permit' });
  t.end();
});

t.test('R5 a frozen cluster forgets no hold', (t) => {
  const scene = held();
  scene.take({ kind: 'freeze', reason: reason('hold_time_over') });
  t.match(scene.progress.permit, { member, withdrawnAt: scene.now });
  t.equal(ordersTo(scene.progress, member).permit, undefined);
  t.end();
});
