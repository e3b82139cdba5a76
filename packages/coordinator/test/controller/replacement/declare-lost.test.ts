import t from 'tap';
import { refusalOf } from '../../support/refusal.ts';
import { Scene } from '../support/situations.ts';

t.test('R16: while a member answers reads, no more voters are lost than a quorum can do without', (t) => {
  const scene = Scene.formed(3).wait(40).reports(1).declaredLost(3).wait(4);
  const node = { nodeId: 'node2', member: 'x-k3s-m-2', cluster: 'x-k3s' };
  const reads = { serving: 'x-k3s-m-1 (4 s ago)', wait: '32 s' };
  t.strictSame(
    refusalOf(() => scene.declaredLost(2)),
    { code: 'node_may_serve', facts: { ...node, lost: 'x-k3s-m-2, x-k3s-m-3', ...reads } },
  );
  t.equal(scene.member(2)?.leaving ?? null, null);
  scene.declaredLost(3);
  t.match(scene.wait(32).declaredLost(2).member(2), { leaving: { lost: true } }, 'once that read is no longer fresh');
  scene.reports(1).declaredLost(2);
  t.end();
});

t.test('R16: a voter that its own agent reports as lost counts with those declared lost', (t) => {
  const scene = Scene.formed(3)
    .wait(40)
    .reports(1)
    .reports(2, { etcd: null, service: { state: 'lost-data' } });
  t.throws(() => scene.declaredLost(3), { code: 'node_may_serve' });
  t.end();
});

t.test('R16: of four voters three are a quorum, so two of them are not lost while another answers reads', (t) => {
  const scene = Scene.formed(4, { members: 4 }).wait(40).reports(1).declaredLost(4);
  t.throws(() => scene.declaredLost(3), { code: 'node_may_serve' });
  t.end();
});

t.test('a learner declared lost takes nothing from a quorum', (t) => {
  const scene = new Scene().founded().joins(2);
  scene.joins(3).reports(1).settle();
  scene.etcdAdds(2).reports(1).settle();
  scene.wait(60).declaredLost(1).reports(1);
  t.match(scene.declaredLost(2).member(2), { phase: 'learner', leaving: { lost: true } });
  t.end();
});
