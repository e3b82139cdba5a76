import t from 'tap';
import { resetFormation } from '../../src/controller/apply-step.ts';
import { restoreFrom, restoreUnheard, takenBackFrom } from '../../src/controller/restore.ts';
import { Scene } from './support/situations.ts';

const source = { snapshot: 'snapshot0001', takenAt: 0, sizeBytes: 20_512, sha256: 'ab'.repeat(32) };

function situationOf({ spec, nodes, clients, progress, now }: Scene) {
  return { spec, status: { nodes, clients }, progress, now };
}

/** The operator has restored a cluster of three, and no node has been told yet. */
function restoring(): Scene {
  const scene = Scene.formed(3);
  scene.progress = restoreFrom(situationOf(scene), source, true);
  return scene.published(1).published(2).published(3);
}

t.test('R1: a cluster that takes writes is restored only by force', (t) => {
  const scene = Scene.formed(3);
  t.throws(() => restoreFrom(situationOf(scene), source, false), { code: 'restore_refused', message: /takes writes/ });
  scene.wait(40).reports(1);
  t.ok(restoreFrom(situationOf(scene), source, false), 'two of three are away');
  t.end();
});

t.test('R1: nobody founds beside a former life that may still run', (t) => {
  const scene = restoring();
  t.match(scene.decide(), { step: null, waits: [/x-k3s-m-1 to confirm that its etcd is stopped/, /m-2 to/, /m-3 to/] });
  scene.joins(1).joins(2);
  t.match(scene.decide(), { step: null, waits: [/m-3 to confirm.*: picket node evict node3/] });
  scene.joins(3);
  t.same(scene.settle(), [{ kind: 'found', member: 'x-k3s-m-1' }]);
  t.match(scene.progress, { formation: { from: source, clusterId: null }, formations: 2, restore: null });
  t.end();
});

t.test('R1: a node that the operator has evicted is not waited for', (t) => {
  const scene = restoring().joins(1).joins(2);
  delete scene.nodes['x-k3s-m-3'];
  t.same(scene.settle(), [{ kind: 'found', member: 'x-k3s-m-1' }]);
  t.end();
});

t.test('R1: the founder is told to be lost: another founds from the same snapshot, under another token', (t) => {
  const scene = restoring().joins(1).joins(2).joins(3);
  scene.settle();
  const token = scene.progress.formation?.token;
  t.equal(takenBackFrom(scene.progress, 'x-k3s-m-2'), null);
  const back = takenBackFrom(scene.progress, 'x-k3s-m-1');
  t.match(back, { formation: null, restore: source });
  scene.progress = back ?? scene.progress;
  delete scene.nodes['x-k3s-m-1'];
  t.same(scene.settle(), [{ kind: 'found', member: 'x-k3s-m-2' }]);
  t.not(scene.progress.formation?.token, token);
  t.end();
});

t.test('R1: a restored formation is not reset to an empty one', (t) => {
  const scene = restoring();
  t.throws(() => resetFormation(scene.progress, 'x-k3s'), { code: 'reset_refused', message: /restore it again/ });
  scene.joins(1).joins(2).joins(3).settle();
  t.throws(() => resetFormation(scene.progress, 'x-k3s'), { code: 'reset_refused', message: /restore it again/ });
  t.end();
});

t.test(
  'R1, R5: where the coordinator was restored too, what nodes report is over as well, and the silent are waited for',
  (t) => {
    const scene = Scene.formed(3);
    const { incarnation: second } = scene.member(2) ?? {};
    const early = { ...new Scene().founded().progress, frozen: 'this coordinator was restored' };
    const awaited = scene.nodes['x-k3s-m-3'];
    if (awaited === undefined) throw new Error('the third has not joined');
    scene.nodes['x-k3s-m-3'] = { ...awaited, status: null, uncounted: 'its node node3 waits to be taken up again' };
    delete scene.nodes['x-k3s-m-1'];
    scene.progress = early;
    const situation = situationOf(scene);
    t.throws(() => restoreUnheard({ ...situation, knocking: ['x-k3s-m-3'] }, source), {
      code: 'restore_refused',
      message: /take the nodes that show themselves up again first: x-k3s-m-3/,
    });
    scene.progress = restoreUnheard({ ...situation, knocking: [] }, source);
    t.match(scene.progress, { frozen: null, formation: null, members: {}, restore: source });
    t.same(
      scene.progress.retired.map(({ incarnation }) => incarnation),
      [early.members['x-k3s-m-1']?.incarnation, second],
    );
    scene.published(2);
    t.match(scene.decide(), { step: null, waits: [/^x-k3s-m-2 to confirm/, /^x-k3s-m-3 to confirm.*evict node3$/] });
    delete scene.nodes['x-k3s-m-3'];
    scene.joins(2);
    t.same(scene.settle(), [{ kind: 'found', member: 'x-k3s-m-2' }]);
    t.end();
  },
);
