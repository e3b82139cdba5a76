import t from 'tap';
import { Scene } from './support/situations.ts';

function frozen(scene: Scene): string | null {
  const { step } = scene.decide();
  if (step !== null) scene.take(step);
  return scene.progress.frozen;
}

t.test('R5 a node that has seen a higher generation freezes the cluster', (t) => {
  const scene = Scene.formed(3).reports(2, { agent: { generationSeen: 9 } });
  const reason =
    'x-k3s-m-2 has seen generation 9, and this coordinator has only published 1: it was restored from an older copy';
  t.equal(frozen(scene), reason);
  t.same(scene.allReport().decide(), { step: null, waits: [`frozen: ${reason}`] }, 'and it stays so');
  t.end();
});

t.test('R5 a client that has seen a higher generation freezes the cluster as well', (t) => {
  const scene = Scene.formed(3).clientReports('k3s-1', { agent: { generationSeen: 9 } });
  t.match(frozen(scene), /^k3s-1 has seen generation 9, and this coordinator has only published 1/);
  t.end();
});

t.test('a client is no member: nothing waits for it, and nothing is asked of it', (t) => {
  for (const make of [() => Scene.formed(3), () => Scene.formed(1), () => new Scene()]) {
    const without = make().decide();
    t.same(make().clientReports('k3s-1').decide(), without);
    t.same(
      make()
        .clientReports('k3s-1', { service: { restartPending: true, state: 'crashed' } })
        .decide(),
      without,
    );
  }
  t.end();
});

t.test('R5 a node that follows another inventory freezes the cluster', (t) => {
  const scene = Scene.formed(3).reports(2, { agent: { inventory: 'inventory2' } });
  t.equal(frozen(scene), 'x-k3s-m-2 follows the coordinator inventory inventory2, and this one is inventory1');
  t.end();
});

t.test('R5 a node that has not followed any inventory yet does not', (t) => {
  t.equal(frozen(Scene.formed(3).reports(2, { agent: { inventory: null, generationSeen: 0 } })), null);
  t.end();
});

t.test('R1 a member of this life in another cluster freezes the cluster', (t) => {
  const scene = Scene.formed(3).reports(3, { etcd: { clusterId: 'c2' } });
  t.equal(frozen(scene), 'x-k3s-m-3 reports the cluster ID c2, and this cluster is c1');
  t.end();
});

t.test('R1 a former life in another cluster says nothing', (t) => {
  const scene = Scene.formed(3).reports(3, { etcd: { clusterId: 'c2' }, service: { incarnation: 'former' } });
  t.equal(frozen(scene), null);
  t.end();
});

t.test('R3 a voter that another hand removed freezes the cluster', (t) => {
  const scene = Scene.formed(3).etcdRemoves('a3').reports(1);
  t.equal(frozen(scene), 'x-k3s-m-3 (a3) was removed from etcd by another hand');
  t.end();
});
