import t from 'tap';
import { afterStart } from '../../../src/controller/clock-steps.ts';
import { deletionConcern } from '../../../src/controller/deletion/concern.ts';
import type { Deletion } from '../../../src/model/deletion-progress.ts';
import { Scene } from '../support/situations.ts';

const order: Deletion = {
  by: 'operator ada',
  name: 'x-k3s',
  filedAs: 'x-k3s-deleted-ab12cd34',
  wantsSnapshot: false,
  before: null,
  force: false,
  ended: null,
  freed: false,
};

function deleted(scene: Scene, changes: Partial<Deletion> = {}): Scene {
  scene.progress = { ...scene.progress, deletion: { ...order, ...changes } };
  return scene;
}

/** It has carried out that its incarnation is over. */
const stopped = { etcd: null, service: { state: 'stopped', incarnation: null } } as const;

t.test('R4: every incarnation ends, and is named as over to the node that has lived it', (t) => {
  const scene = deleted(Scene.formed(3));
  const { members } = scene.progress;
  t.match(scene.takeNext(), { kind: 'end-cluster', snapshot: null });
  t.match(scene.progress, { members: {}, formation: null, restore: null, permit: null, assignment: null });
  t.same(
    scene.progress.retired,
    [1, 2, 3].map((number) => {
      const member = scene.name(number);
      return { member, incarnation: members[member]?.incarnation, nodeId: `node${number}` };
    }),
  );
  t.end();
});

t.test('R1: a deleted cluster is never founded again, however ready its nodes are', (t) => {
  const scene = deleted(Scene.formed(3));
  scene.takeNext();
  for (const number of [1, 2, 3]) scene.published(number);
  scene.wait(1).joins(1, { agent: { generationApplied: 1 } });
  t.equal(scene.takeNext(), null);
  scene.reports(1, stopped);
  t.match(scene.takeNext(), { kind: 'let-go', nodeId: 'node1' });
  scene.evicts(1).evicts(2).evicts(3);
  t.match(scene.takeNext(), { kind: 'free-name', filedAs: order.filedAs, nodes: [] });
  scene.joins(1);
  t.match(scene.takeNext(), { kind: 'let-go' });
  scene.evicts(1);
  t.equal(scene.takeNext(), null);
  t.end();
});

t.test('R16: a node is let go when its own agent has confirmed that its etcd is stopped, and not before', (t) => {
  const scene = deleted(Scene.formed(3));
  scene.takeNext();
  const incarnation = scene.progress.retired[1]?.incarnation ?? '';
  for (const number of [1, 2, 3]) scene.published(number);
  const waits = (number: number, changes: Parameters<Scene['reports']>[1]) => {
    const { step } = scene.reports(number, changes).decide();
    t.equal(step, null);
  };
  waits(2, { ...stopped, agent: { generationApplied: 1 } });
  waits(2, { service: { state: 'running', incarnation: incarnation } });
  waits(2, { etcd: null, service: { state: 'crashed', incarnation: incarnation } });
  scene.wait(10_000_000);
  t.equal(scene.takeNext(), null, 'silence confirms nothing');
  scene.reports(2, stopped);
  t.match(scene.takeNext(), { kind: 'let-go', nodeId: 'node2', name: 'x-k3s-m-2' });
  scene.evicts(2);
  t.equal(scene.takeNext(), null, 'the name stays taken');
  t.match(scene.decide().waits, [
    { code: 'deleted_etcd_stops', facts: { member: 'x-k3s-m-1', nodeId: 'node1' } },
    { code: 'deleted_etcd_stops', facts: { member: 'x-k3s-m-3', nodeId: 'node3' } },
  ]);
  t.end();
});

t.test('R16: only with force the name becomes free without nodes that are not heard', (t) => {
  const scene = deleted(Scene.formed(3));
  scene.takeNext();
  for (const number of [1, 2, 3]) scene.published(number);
  scene
    .wait(100)
    .evicts(1)
    .reports(2, { agent: { generationApplied: 1 } });
  t.equal(scene.takeNext(), null);
  deleted(scene, { ended: { snapshot: null }, force: true });
  t.equal(scene.takeNext(), null, 'a node that reports is waited for');
  scene.evicts(2);
  t.match(scene.takeNext(), { kind: 'free-name', nodes: [{ name: 'x-k3s-m-3', nodeId: 'node3' }] });
  scene.reports(3, stopped);
  t.match(scene.takeNext(), { kind: 'let-go', nodeId: 'node3' }, 'and it is let go when it comes back');
  t.end();
});

t.test('client nodes are let go when the cluster has ended', (t) => {
  const scene = deleted(Scene.formed(1));
  scene.clientReports('k3s-server-1');
  t.match(scene.takeNext(), { kind: 'end-cluster' });
  t.match(scene.takeNext(), { kind: 'let-go', nodeId: 'k3s-server-1' });
  t.end();
});

t.test('a last snapshot was taken since the order before anything ends', (t) => {
  const scene = Scene.formed(3);
  scene.take({ kind: 'record-snapshot', id: 'earlier0', takenAt: scene.now });
  deleted(scene, { wantsSnapshot: true, before: 'earlier0' });
  const asked = scene.takeNext();
  t.match(asked, { kind: 'assign-snapshot' });
  t.equal(scene.takeNext(), null);
  t.match(scene.decide().waits[0], {
    code: 'takes_snapshot',
    facts: { id: /^step\d+$/, why: { code: 'cluster_deleted_by' } },
  });
  scene.wait(1000).reports(1).reports(2).reports(3);
  t.match(scene.takeNext(), { kind: 'withdraw-snapshot' });
  t.equal(scene.takeNext(), null, 'it is not given up');
  t.match(scene.decide().waits[0], {
    code: 'last_snapshot_failed',
    facts: { failure: { code: 'snapshot_not_begun' } },
  });
  scene.wait(1000);
  t.equal(scene.takeNext(), null);
  t.match(scene.decide().waits[0], { code: 'last_snapshot_needs_voter' });
  scene.allReport();
  t.match(scene.takeNext(), { kind: 'assign-snapshot' });
  scene.take({ kind: 'record-snapshot', id: 'last0000', takenAt: scene.now });
  t.match(scene.takeNext(), { kind: 'end-cluster', snapshot: 'last0000' });
  t.end();
});

t.test(
  'R19: a deletion that was interrupted takes another last snapshot, since what was written meanwhile would be lost',
  (t) => {
    const scene = deleted(Scene.formed(3), { wantsSnapshot: true });
    scene.take({ kind: 'record-snapshot', id: 'last0000', takenAt: scene.now });
    scene.progress = afterStart(scene.progress, scene.now);
    scene.allReport();
    t.match(scene.takeNext(), { kind: 'assign-snapshot' });
    scene.take({ kind: 'record-snapshot', id: 'last0001', takenAt: scene.now });
    t.match(scene.takeNext(), { kind: 'end-cluster', snapshot: 'last0001' });
    t.end();
  },
);

t.test('R5: a backup of an ordered deletion deletes nothing, and incarnations that are over stay over', (t) => {
  const { onTakeOver } = deletionConcern;
  t.same(onTakeOver({ deletion: order }), { deletion: null });
  const ended = { ...order, ended: { snapshot: null } };
  t.same(onTakeOver({ deletion: ended }), { deletion: ended });
  t.end();
});
