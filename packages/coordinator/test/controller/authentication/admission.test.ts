import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { ordersTo } from '../../../src/controller/orders.ts';
import type { OperationSituation } from '../../../src/operations/operation.ts';
import { signRoot } from '../../../src/operations/sign-root.ts';
import { refusalOf } from '../../support/refusal.ts';
import { said } from '../../support/said.ts';
import { Scene, type StatusChanges } from '../support/situations.ts';

const source = { snapshot: 'snapshot0001', takenAt: 0, sizeBytes: 20_512, sha256: 'ab'.repeat(32) };
const founder = 'x-k3s-m-1';
const admit = 'admit-picket';

/** Its etcd serves and keeps the agent out. */
const keptOut: StatusChanges = {
  etcd: null,
  service: { authenticationOn: true, quorumRead: true, etcdctlReady: true, reason: said('user name not found') },
};

/** A founder whose data was made from this snapshot. */
function founding(keepsPicketOut = true): Scene {
  const scene = new Scene({ members: 3 });
  const restore = { ...source, ...(keepsPicketOut ? { keepsPicketOut: true as const } : {}) };
  scene.progress = { ...scene.progress, restore };
  scene.joins(1).settle();
  return scene.reports(1, keptOut);
}

const orderOf = (scene: Scene) => ordersTo(scene.progress, founder).maintenance;

function ends(scene: Scene, outcome: 'done' | 'failed', changes: StatusChanges = keptOut): Scene {
  return scene.reports(1, {
    ...changes,
    lastMaintenance: { id: orderOf(scene)?.id ?? '', outcome, reason: said('so') },
  });
}

/** Whether the node of this member gets a certificate for etcd's root now. */
function signs(scene: Scene, member: string | null = founder): boolean {
  const refused = refusalOf(() => {
    const { progress = scene.progress } = signRoot(member).decide(scene as unknown as OperationSituation);
    scene.progress = progress;
  });
  return refused === null;
}

t.test(
  'R19 an agent of before, which would refuse the order with its whole desired state, is to be upgraded first',
  (t) => {
    const scene = founding();
    const node = scene.nodes[founder]!;
    const { takesMinorOrders: _new, ...agent } = node.status!.agent;
    scene.nodes[founder] = { ...node, status: { ...node.status!, agent } };
    scene.settle();
    t.strictSame(orderOf(scene), undefined);
    t.ok(scene.decide().waits.some(({ code }) => code === 'admission_after_agent'));
    scene.reports(1, keptOut).settle();
    t.match(orderOf(scene), { kind: admit }, 'once it is, it gets the order');
    t.end();
  },
);

t.test('a founder that keeps Picket out makes its user, and is then recorded', (t) => {
  const scene = founding();
  t.match(scene.settle(), [{ kind: 'assign-admission', executor: founder }]);
  t.match(orderOf(scene), { kind: admit });
  t.strictSame(scene.decide().waits, [reason('admission_under_way', { executor: founder })]);
  ends(scene, 'done', {});
  t.match(scene.settle(), [
    { kind: 'record-admission', outcome: 'done' },
    { kind: 'record-cluster', member: founder },
  ]);
  t.equal(orderOf(scene), undefined);
  t.end();
});

t.test('R8 nobody is asked for it unless the snapshot was imported without that user, and its etcd says so', (t) => {
  t.notOk(
    founding(false)
      .settle()
      .some(({ kind }) => kind === 'assign-admission'),
  );
  const open = founding().reports(1, { etcd: null, service: { quorumRead: true, etcdctlReady: true } });
  t.notOk(open.settle().some(({ kind }) => kind === 'assign-admission'));
  t.end();
});

t.test('R8 the certificate of root is signed once for an order, and for the founder alone', (t) => {
  const scene = founding();
  t.notOk(signs(scene), 'without an order');
  scene.settle();
  t.notOk(signs(scene, 'x-k3s-m-2'), 'for another member');
  t.notOk(signs(scene, null), 'for a client');
  t.ok(signs(scene));
  t.notOk(signs(scene), 'a second time');
  t.end();
});

t.test('R8 nor for a snapshot of Picket’s own, another incarnation, or a cluster that is recorded', (t) => {
  const changed = (change: object) => {
    const scene = founding();
    scene.settle();
    const { formation } = scene.progress;
    scene.progress = { ...scene.progress, formation: { ...formation!, ...change } };
    return signs(scene) || orderOf(scene) !== undefined;
  };
  t.notOk(changed({ from: source }));
  t.notOk(changed({ incarnation: 'another1' }));
  t.notOk(changed({ clusterId: 'c1' }));
  t.ok(changed({}));
  t.end();
});

t.test('a failure is tried again after a while, and not without end', (t) => {
  const scene = founding();
  for (let tries = 1; tries <= 3; tries += 1) {
    t.match(scene.settle(), [{ kind: 'assign-admission' }], `try ${tries}`);
    ends(scene, 'failed');
    t.match(scene.settle(), [{ kind: 'record-admission', outcome: 'failed' }]);
    t.notOk(signs(scene), 'its order is over');
    scene.wait(29).reports(1, keptOut);
    t.same(scene.settle(), []);
    scene.wait(1).reports(1, keptOut);
  }
  t.same(scene.settle(), []);
  const why = reason('node_says', { why: said('so') });
  const facts = { cluster: 'x-k3s', snapshot: source.snapshot, why };
  t.strictSame(scene.decide().waits[0], reason('admission_given_up', facts));
  t.end();
});

t.test('R19 an order of an agent that does not report its end has failed', (t) => {
  const scene = founding();
  scene.settle();
  scene.wait(300).reports(1, keptOut);
  t.match(scene.settle(), [{ kind: 'record-admission', outcome: 'failed' }]);
  t.end();
});
