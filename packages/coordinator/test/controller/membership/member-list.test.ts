import type { EtcdReport } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { believedList } from '../../../src/controller/membership/member-list.ts';
import { takeOver } from '../../../src/controller/take-over/take-over.ts';
import { Scene } from '../support/situations.ts';

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
      t.equal(
        scene.progress.listedAsOf?.[`a${voters}`],
        scene.index,
        'nothing above the index of another is remembered',
      );
      scene.votersReport();
      // Of three, the honest two would be enough.
      if (voters === 3) scene.reports(2, { etcd: null });
      t.same(believedList(situationOf(scene))?.members, scene.etcd);
      t.end();
    },
  );
}

t.test('R3 the remembered index of a voter never falls', (t) => {
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
  t.match(scene.progress.listedAsOf, { a1: 50 }, 'even if others claim to have applied less');
  t.end();
});

t.test('R3 nor is more remembered when a restored store takes the cluster over', (t) => {
  const scene = Scene.formed(3).reports(3, { etcd: far });
  const taken = takeOver({
    ...situationOf(scene),
    restoredAt: -1_000_000,
    seenUnadopted: [],
    freshToken: 'x-k3s-nonce',
  });
  t.match(taken, { ok: true, progress: { listedAsOf: { a1: scene.index, a3: scene.index } } });
  t.end();
});

/** Two voters, and etcd has just promoted a third whose promotion is not recorded. */
function promotedUnheard(): Scene {
  const scene = Scene.formed(2, { members: 3 }).joins(3);
  scene.settle();
  scene.etcdAdds(3).votersReport().settle();
  scene.reports(3).settle();
  return scene.etcdPromotes(3);
}

t.test('R3 an unrecorded promotion is shown by the new voter, beside one remaining voter of two', (t) => {
  const scene = promotedUnheard().reports(1).reports(3);
  scene.reports(2, { etcd: null, service: { state: 'lost-data' } });
  t.same(believedList(situationOf(scene))?.members, scene.etcd);
  scene.settle();
  t.equal(scene.member(3)?.phase, 'voter');
  t.end();
});

t.test('R3 a learner that calls itself promoted is not believed alone', (t) => {
  const scene = promotedUnheard();
  const promoted = scene.etcd;
  scene.etcd = promoted.map((member) => (member.id === 'a3' ? { ...member, isLearner: true } : member));
  scene.reports(1).reports(2, { etcd: null });
  scene.reports(3, { etcd: { isLearner: false, members: promoted } });
  t.equal(believedList(situationOf(scene)), null);
  t.end();
});

t.test('R3 nor are two learners that call themselves promoted', (t) => {
  const scene = Scene.formed(1, { members: 3 }).joins(2).joins(3);
  scene.settle();
  scene.etcdAdds(2).votersReport().settle();
  const learner = scene.member(2);
  if (learner === undefined) throw new Error('no learner exists');
  // Two at once: no step of the coordinator makes them.
  scene.progress = {
    ...scene.progress,
    members: { ...scene.progress.members, 'x-k3s-m-3': { ...learner, incarnation: 'life3', memberId: 'a3' } },
  };
  scene.etcdAdds(3);
  const members = scene.etcd.map((member) => ({ ...member, isLearner: false }));
  for (const number of [2, 3]) scene.reports(number, { etcd: { isLearner: false, members } });
  scene.reports(1, { etcd: null });
  t.equal(believedList(situationOf(scene)), null);
  t.end();
});
