import type { EtcdReport } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { believedList } from '../../src/controller/member-list.ts';
import { takeOver } from '../../src/controller/take-over.ts';
import { Scene } from './support/situations.ts';

const farIndex = 2 ** 48;
const far: Partial<EtcdReport> = { raftIndex: farIndex, raftAppliedIndex: farIndex, membersAsOf: farIndex };

function situationOf(scene: Scene) {
  const { spec, progress, now } = scene;
  return { spec, progress, now, status: scene.status() };
}

/** A learner is added to these voters while the last of them claims an index that nobody reaches. */
function claimed(voters: number): Scene {
  const scene = Scene.formed(voters, { members: 4 })
    .joins(voters + 1)
    .joins(4);
  scene.settle();
  scene.etcdAdds(voters + 1).votersReport();
  scene.reports(voters, { etcd: far });
  scene.settle();
  return scene;
}

for (const voters of [2, 3]) {
  t.test(
    `R3 of ${voters} voters one that claimed an index which nobody reaches counts again once it is honest`,
    (t) => {
      const scene = claimed(voters);
      t.equal(scene.progress.listedAsOf?.[`a${voters}`], scene.index, 'no more is remembered than another has applied');
      scene.votersReport();
      // Of three the honest two would be enough.
      if (voters === 3) scene.reports(2, { etcd: null });
      t.same(believedList(situationOf(scene))?.members, scene.etcd);
      t.end();
    },
  );
}

t.test('R3 what is remembered of a voter never falls', (t) => {
  const scene = Scene.formed(3, { members: 4 }).joins(4);
  scene.settle();
  scene.etcdAdds(4);
  scene.index = 50;
  scene.votersReport().settle();
  t.match(scene.progress.listedAsOf, { a1: 50, a2: 50, a3: 50 });
  scene.reports(4).settle();
  scene.etcdPromotes(4).votersReport();
  for (const number of [2, 3]) scene.reports(number, { etcd: { raftAppliedIndex: 3 } });
  scene.settle();
  t.match(scene.progress.listedAsOf, { a1: 50 }, 'also where others claim to have applied less');
  t.end();
});

t.test('R3 nor is more remembered where a restored store takes the cluster over', (t) => {
  const scene = Scene.formed(3).reports(3, { etcd: far });
  const taken = takeOver({ ...situationOf(scene), restoredAt: -1_000_000, knocking: [], freshToken: 'x-k3s-nonce' });
  t.match(taken, { ok: true, progress: { listedAsOf: { a1: scene.index, a3: scene.index } } });
  t.end();
});
