import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../../support/said.ts';
import { Scene } from '../support/situations.ts';

const pending = { service: { restartPending: true } } as const;

function allPending(scene: Scene): Scene {
  for (const number of [1, 2, 3]) if (scene.member(number) !== undefined) scene.reports(number, pending);
  return scene;
}

t.test('R2 nothing pending, no permit', (t) => {
  t.same(Scene.formed(3).decide(), { step: null, waits: [] });
  t.end();
});

t.test('R2 R6 followers first, the leader last, one at a time, each confirmed before the next', (t) => {
  const scene = allPending(Scene.formed(3));
  const order: string[] = [];
  for (const number of [2, 3, 1]) {
    for (const step of scene.settle()) if (step.kind === 'grant-permit') order.push(step.member);
    scene.published(number).wait(1);
    for (const other of [1, 2, 3]) if (!order.includes(scene.name(other))) scene.reports(other, pending);
    t.equal(scene.decide().step, null, 'none beside a permit');
    scene.reports(number, { healthySince: scene.now });
    t.match(scene.settle(), [{ kind: 'withdraw-permit', reason: reason('needs_no_restart') }]);
    scene.published(number).wait(9).reports(number);
    t.equal(scene.decide().step, null, 'it has returned, but not for long yet');
    scene.wait(2).reports(number);
    t.same(scene.decide().step, { kind: 'close-permit', member: scene.name(number), outcome: 'confirmed' });
  }
  scene.settle();
  t.same(order, ['x-k3s-m-2', 'x-k3s-m-3', 'x-k3s-m-1']);
  t.equal(scene.progress.permit, null);
  t.end();
});

t.test('R6 R17 the leader does not wait for a member that cannot restart, since its package has moved', (t) => {
  const moved = { service: { restartPending: true, etcdVersion: '3.6.4' } };
  const scene = Scene.formed(3).reports(1, pending).reports(2).reports(3, moved);
  t.same(scene.decide().step, { kind: 'grant-permit', member: 'x-k3s-m-1' });
  t.end();
});

t.test('R6 the leader does not go first because it hears of a change first', (t) => {
  const scene = Scene.formed(3).published(1).published(2).published(3).reports(1, pending);
  t.same(scene.decide(), {
    step: null,
    waits: [reason('others_restart_first', { member: 'x-k3s-m-1', others: ['x-k3s-m-2', 'x-k3s-m-3'] })],
  });
  t.same(scene.reports(2).reports(3).decide().step, { kind: 'grant-permit', member: 'x-k3s-m-1' }, 'they need not');
  t.end();
});

t.test('R2 no permit while a voter is unhealthy', (t) => {
  const scene = allPending(Scene.formed(3)).reports(3, { etcd: null });
  t.same(scene.decide(), {
    step: null,
    waits: [
      reason('all_serve_before_restart', {
        ailment: reason('of_member', { member: 'x-k3s-m-3', why: reason('etcd_silent', { state: 'running' }) }),
      }),
    ],
  });
  t.end();
});

t.test('R2 no permit, for any member, while the data dir of a voter that serves is missing', (t) => {
  const scene = allPending(Scene.formed(3)).reports(3, { service: { dataGone: true } });
  t.same(scene.decide(), {
    step: null,
    waits: [
      reason('all_serve_before_restart', {
        ailment: reason('of_member', { member: 'x-k3s-m-3', why: reason('runs_without_data') }),
      }),
    ],
  });
  t.equal(
    allPending(scene)
      .reports(3, { service: { dataGone: true, restartPending: true } })
      .decide().step,
    null,
  );
  t.match(scene.reports(3).decide().step, { kind: 'grant-permit' }, 'its disk is mounted again');
  t.end();
});

t.test('R2 clusters of one or two are restarted only with allowDowntime', (t) => {
  for (const members of [1, 2]) {
    const scene = allPending(Scene.formed(members, { members }));
    const names = members === 1 ? ['x-k3s-m-1'] : ['x-k3s-m-1', 'x-k3s-m-2'];
    t.same(scene.decide(), {
      step: null,
      waits: [reason('restart_needs_downtime', { cluster: 'x-k3s', members: names, count: members })],
    });
    scene.spec = { ...scene.spec, allowDowntime: true };
    t.same(scene.decide().step, { kind: 'grant-permit', member: scene.name(members) });
  }
  t.end();
});

t.test(
  'R2 not confirmed: withdrawn after 120 s, expired a lease and a fresh report later, then another may go',
  (t) => {
    const scene = allPending(Scene.formed(3));
    scene.settle();
    scene.published(2).wait(120);
    allPending(scene);
    t.same(scene.decide(), {
      step: null,
      waits: [reason('restarts', { member: 'x-k3s-m-2', seconds: 10 })],
    });
    scene.wait(1);
    t.match(scene.settle(), [
      { kind: 'withdraw-permit', member: 'x-k3s-m-2', reason: reason('not_confirmed', { seconds: 120 }) },
    ]);
    scene.wait(125);
    allPending(scene);
    t.same(scene.decide(), {
      step: null,
      waits: [reason('permit_must_lapse', { member: 'x-k3s-m-2', evicted: false })],
    });
    scene.wait(1);
    allPending(scene);
    t.same(scene.settle(), [
      { kind: 'close-permit', member: 'x-k3s-m-2', outcome: 'lapsed' },
      { kind: 'grant-permit', member: 'x-k3s-m-3' },
    ]);
    t.end();
  },
);

t.test('R2 a holder that was evicted has no more time to confirm; its lease is awaited all the same', (t) => {
  for (const way of ['evicts', 'vacates'] as const) {
    const scene = allPending(Scene.formed(3));
    t.same(scene.settle(), [{ kind: 'grant-permit', member: 'x-k3s-m-2' }]);
    scene.published(2).wait(40).reports(1).reports(3)[way](2);
    t.match(scene.settle(), [{ kind: 'withdraw-permit', member: 'x-k3s-m-2', reason: reason('node_evicted') }], way);
    scene.wait(125).reports(1).reports(3);
    const { step, waits } = scene.decide();
    t.match([step, waits[0]], [null, reason('permit_must_lapse', { member: 'x-k3s-m-2', evicted: true })]);
    scene.wait(1).reports(1).reports(3);
    t.match(scene.decide().step, { kind: 'close-permit', member: 'x-k3s-m-2', outcome: 'lapsed' });
  }
  t.end();
});

t.test('R2 a goodbye of the holder ends no lease', (t) => {
  for (const stops of ['agent', 'machine'] as const) {
    const scene = allPending(Scene.formed(3));
    t.same(scene.settle(), [{ kind: 'grant-permit', member: 'x-k3s-m-2' }]);
    scene.published(2).wait(1);
    scene.reports(2, { agent: { stops }, service: { restartPending: true } }).wait(119);
    t.equal(scene.reports(1).reports(3).decide().step, null, stops);
    scene.wait(1);
    t.match(scene.settle(), [{ kind: 'withdraw-permit', member: 'x-k3s-m-2' }], 'as from a silent one');
    scene.wait(125).reports(1).reports(3);
    t.equal(scene.decide().step, null);
    scene.wait(1).reports(1).reports(3);
    t.match(scene.decide().step, { kind: 'close-permit', member: 'x-k3s-m-2', outcome: 'lapsed' });
  }
  t.end();
});

t.test('R2 a report from before the permit does not confirm it', (t) => {
  const scene = allPending(Scene.formed(3));
  scene.settle();
  scene
    .published(2)
    .wait(20)
    .reports(2, { agent: { generationSeen: 1 } });
  t.equal(scene.decide().step, null);
  scene.reports(2);
  t.equal(scene.decide().step?.kind, 'withdraw-permit');
  t.end();
});

/** The second member has restarted its etcd with its permit, and has been healthy for 11 s since the withdrawal. */
function restarted(): Scene {
  const scene = allPending(Scene.formed(3));
  scene.settle();
  scene.published(2).wait(1).reports(2);
  t.match(scene.settle(), [{ kind: 'withdraw-permit', member: 'x-k3s-m-2' }]);
  return scene.wait(11);
}

t.test('R2 a permit ends only once its holder has heard that: it may need another restart before', (t) => {
  const scene = restarted()
    .published(2)
    .reports(2, { agent: { generationSeen: 2 } });
  t.same(scene.decide(), {
    step: null,
    waits: [reason('permit_heard_to_be_over', { member: 'x-k3s-m-2', seconds: 10 })],
  });
  scene
    .wait(114)
    .allReport()
    .reports(2, { agent: { generationSeen: 2 } });
  t.equal(scene.decide().step, null, 'its lease, and until that is seen');
  scene
    .wait(1)
    .allReport()
    .reports(2, { agent: { generationSeen: 2 } });
  t.same(scene.decide().step, { kind: 'close-permit', member: 'x-k3s-m-2', outcome: 'lapsed' });
  t.end();
});

t.test('R2 a permit whose end was not published must expire', (t) => {
  const scene = restarted().reports(2);
  t.equal(scene.decide().step, null);
  t.end();
});

t.test('R2 a holder that needs a restart again, and has heard that its permit is over, gets another later', (t) => {
  const scene = restarted().published(2).reports(2, pending);
  t.same(scene.decide().step, { kind: 'close-permit', member: 'x-k3s-m-2', outcome: 'lapsed' });
  t.end();
});

t.test('R2 a permit is withdrawn even if the last leader is down together with its holder', (t) => {
  const scene = allPending(Scene.formed(2, { members: 2, allowDowntime: true }));
  t.same(scene.settle(), [{ kind: 'grant-permit', member: 'x-k3s-m-2' }]);
  scene.wait(121).reports(1, { etcd: { leader: '0', healthy: false, linearizableRead: false } });
  t.equal(scene.decide().step?.kind, 'withdraw-permit');
  t.end();
});

t.test('R2 R3 no change of membership during a permit', (t) => {
  const scene = Scene.formed(3, { members: 5 });
  allPending(scene);
  t.same(scene.settle(), [{ kind: 'grant-permit', member: 'x-k3s-m-2' }]);
  scene.joins(4).joins(5);
  t.equal(scene.decide().step, null, 'nobody is added');
  scene.etcdAdds(4).reports(1);
  t.equal(scene.decide().step, null, 'not even a stray learner is removed');
  t.end();
});

t.test('R2 a freeze withdraws a permit, which is awaited even if the freeze is ended at once', (t) => {
  const scene = allPending(Scene.formed(3));
  scene.settle();
  scene.take({ kind: 'freeze', reason: said('a test') });
  t.equal(scene.progress.permit?.withdrawnAt, scene.now);
  scene.progress = { ...scene.progress, frozen: null };
  scene.published(2).allReport();
  t.same(scene.decide(), {
    step: null,
    waits: [reason('permit_heard_to_be_over', { member: 'x-k3s-m-2', seconds: 10 })],
  });
  scene.wait(11).allReport();
  t.equal(scene.decide().step, null, 'what a frozen cluster had published is not known');
  t.end();
});

function ordered(scene: Scene, number: number): Scene {
  return scene.take({ kind: 'grant-permit', member: scene.name(number), by: 'operator ada' }).published(number);
}

t.test('R2 an ordered restart is done once the node has used this very permit, and not before', (t) => {
  const scene = ordered(Scene.formed(3), 2).wait(1);
  scene.reports(2);
  t.same(scene.decide().waits, [reason('restarts', { member: 'x-k3s-m-2', seconds: 10 })], 'nothing is pending');
  scene.reports(2, { service: { lastPermit: 'another00001' } });
  t.equal(scene.decide().step, null, 'a permit from before');
  const used = { service: { lastPermit: scene.progress.permit?.id ?? '' } };
  scene.reports(2, { ...used, healthySince: scene.now });
  t.match(scene.settle(), [{ kind: 'withdraw-permit', reason: reason('needs_no_restart') }]);
  scene.published(2).wait(11).reports(2, used);
  t.same(scene.decide().step, { kind: 'close-permit', member: 'x-k3s-m-2', outcome: 'confirmed' });
  t.end();
});

t.test('an ordered restart that its node has refused expires, and no event calls it done', (t) => {
  const scene = ordered(Scene.formed(3), 2).wait(121).allReport();
  t.match(scene.settle(), [{ kind: 'withdraw-permit', reason: reason('not_confirmed', { seconds: 120 }) }]);
  scene.published(2).wait(11).allReport();
  t.same(scene.decide().step, { kind: 'close-permit', member: 'x-k3s-m-2', outcome: 'lapsed' });
  t.end();
});
