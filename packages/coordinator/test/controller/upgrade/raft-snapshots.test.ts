import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { ordersTo } from '../../../src/controller/orders.ts';
import { upgradeConcern } from '../../../src/controller/upgrade/concern.ts';
import { endsOnOldEntries } from '../../../src/model/raft-snapshots.ts';
import { Upgrading } from './upgrading.ts';

const install = (version: string) => ({ kind: 'install', version }) as const;
const restart = { kind: 'restart' } as const;
const raftSnapshot = { kind: 'raft-snapshot' } as const;
const toSeven = [raftSnapshot, install('3.7.1')];

/** A cluster that etcd 3.5 has written the log of, and that has run 3.6.14 since. */
function onSix({ members = 3 } = {}): Upgrading {
  const cluster = new Upgrading({ runs: '3.6.14', members });
  cluster.log.lastOf35 = cluster.log.end;
  cluster.writes(false);
  return cluster;
}

const waits = (cluster: Upgrading) => cluster.scene.decide().waits;
const given = (cluster: Upgrading) =>
  cluster.taken.flatMap((step) => (step.kind === 'release-configuration' ? [step] : []));

t.test('R17 a quiet cluster goes from 3.5 to 3.7, and no member ends on what 3.5 wrote into the log', (t) => {
  const stages = [install('3.5.33'), restart, install('3.6.14'), ...toSeven];
  const cluster = new Upgrading({ members: 5 }).orders(stages).rounds(200);
  t.strictSame(new Set(cluster.versions()), new Set(['3.7.1']));
  t.strictSame(cluster.panicked, []);
  t.equal(cluster.upgrade, null);
  t.equal(cluster.scene.progress.etcdMinor, '3.7');
  t.equal(cluster.taken.filter(({ kind }) => kind === 'grant-permit').length, 25);
  t.end();
});

t.test('each member restarts once for its raft snapshot, and gets its own snapshot-count with etcd 3.7', (t) => {
  const cluster = onSix().orders(toSeven).rounds(80);
  const settings = given(cluster).map(({ configuration: one }) => [one.etcd?.version, one.raftSnapshots, one.tuning]);
  const { tuning } = cluster.scene.spec;
  t.strictSame(settings, [
    ...Array.from({ length: 3 }, () => [undefined, true, tuning]),
    ...Array.from({ length: 3 }, () => ['3.7.1', undefined, tuning]),
  ]);
  t.strictSame(
    [...cluster.runs.values()].map(({ version, snapshotCount }) => [version, snapshotCount]),
    Array.from({ length: 3 }, () => ['3.7.1', 10_000]),
  );
  t.end();
});

t.test('R17 the index is noted before any member restarts, and once each shows the present cluster version', (t) => {
  const cluster = onSix();
  cluster.clusterVersion = '3.5.0';
  cluster.raises = false;
  cluster.orders(toSeven).rounds(5);
  const members = ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3'];
  t.match(waits(cluster), [reason('cluster_version_unseen', { members, minor: '3.6' })]);
  t.strictSame(given(cluster), []);
  cluster.clusterVersion = '3.6.0';
  cluster.rounds(5);
  const kinds = cluster.taken.map(({ kind }) => kind);
  t.match(
    cluster.taken.find(({ kind }) => kind === 'note-raft-index'),
    { index: 401 },
  );
  t.ok(kinds.indexOf('note-raft-index') < kinds.indexOf('release-configuration'));
  t.end();
});

t.test('R17 an index that no voter has is noted again', (t) => {
  const cluster = onSix();
  cluster.writesSnapshots = false;
  cluster.orders(toSeven).rounds();
  const { raftIndex: index = 0 } = cluster.upgrade ?? {};
  const says = (number: number, raftAppliedIndex: number) => cluster.report(number, { etcd: { raftAppliedIndex } });
  says(2, index + 1_000_000);
  const lied = { ...cluster.upgrade, raftIndex: index + 1_000_000 };
  cluster.scene.progress = { ...cluster.scene.progress, upgrade: lied as typeof cluster.upgrade };
  cluster.settle();
  t.equal(cluster.upgrade?.raftIndex, index + 1_000_000, 'while one says that it has it');
  says(2, index);
  cluster.settle();
  t.ok((cluster.upgrade?.raftIndex ?? 0) < index + 10);
  t.end();
});

t.test('R17 a member whose agent reports no cluster version is named, and nothing restarts', (t) => {
  const cluster = onSix();
  cluster.oldAgents.add(2);
  cluster.orders(toSeven).rounds(10);
  t.match(waits(cluster), [reason('cluster_version_unseen', { members: ['x-k3s-m-2'], minor: '3.6' })]);
  t.strictSame(given(cluster), []);
  t.end();
});

t.test('R17 the stage ends when each voter reports a raft snapshot past the noted index, and not at it', (t) => {
  const cluster = onSix();
  cluster.writesSnapshots = false;
  cluster.orders(toSeven).rounds();
  const { raftIndex: index = 0 } = cluster.upgrade ?? {};
  const shows = (shown: number) => {
    for (const number of [1, 2, 3])
      cluster.report(number, { etcd: { raftSnapshotIndex: number === 2 ? shown : 9000 } });
    cluster.settle();
    return cluster.upgrade?.at;
  };
  t.equal(shows(index), 0);
  t.match(waits(cluster), [reason('raft_snapshot_awaited', { members: ['x-k3s-m-2'], index })]);
  t.equal(shows(index + 1), 1);
  t.end();
});

t.test('R17 without raft snapshots no member gets 3.7, whatever the plan says', (t) => {
  const cluster = onSix()
    .orders([install('3.7.1')])
    .rounds();
  t.strictSame(given(cluster), []);
  t.match(waits(cluster), [reason('raft_snapshot_first', { member: 'x-k3s-m-2', minor: '3.7' })]);
  t.end();
});

t.test('R17 each member needs its own: a new one in place of another waits for it', (t) => {
  const cluster = onSix().orders(toSeven, ['after-first']).rounds();
  t.strictSame(cluster.versions(), ['3.6.14', '3.7.1', '3.6.14']);
  cluster.runs.set(3, { ...cluster.at(3), raftSnapshot: null });
  cluster.writesSnapshots = false;
  cluster.steers('resume').rounds();
  t.strictSame(cluster.versions(), ['3.6.14', '3.7.1', '3.6.14']);
  t.match(waits(cluster), [reason('raft_snapshot_first', { member: 'x-k3s-m-3', minor: '3.7' })]);
  t.end();
});

t.test('the agents are asked for their raft snapshots only while these are needed', (t) => {
  const cluster = onSix();
  const asked = () => ordersTo(cluster.scene.progress, 'x-k3s-m-1').watchRaftSnapshots;
  t.equal(asked(), undefined);
  cluster.orders(toSeven);
  t.equal(asked(), true);
  cluster.rounds(80);
  t.equal(cluster.upgrade, null);
  t.equal(asked(), undefined);
  const earlier = new Upgrading({ runs: '3.5.33' }).orders([restart, install('3.6.14')]);
  t.equal(ordersTo(earlier.scene.progress, 'x-k3s-m-1').watchRaftSnapshots, undefined);
  t.end();
});

t.test('R6 an abort in each stage gives every member the snapshot-count of the declaration again', (t) => {
  const inSnapshots = onSix().orders(toSeven);
  while (given(inSnapshots).length === 0) inSnapshots.round();
  inSnapshots.steers('abort').rounds();
  const inSeven = onSix().orders(toSeven, ['before-last']).rounds();
  t.strictSame(inSeven.versions(), ['3.6.14', '3.7.1', '3.7.1']);
  inSeven.steers('abort').rounds(80);
  for (const cluster of [inSnapshots, inSeven]) {
    t.equal(cluster.scene.spec.tuning.snapshotCount, 10_000);
    t.equal(cluster.upgrade, null);
    const runs = [...cluster.runs.values()].map(({ version, snapshotCount }) => [version, snapshotCount]);
    t.strictSame(
      runs,
      Array.from({ length: 3 }, () => ['3.6.14', 10_000]),
    );
  }
  t.end();
});

t.test('R5 a coordinator from a backup notes the index again', (t) => {
  const cluster = onSix().orders(toSeven, ['after-first']).rounds();
  const { scene } = cluster;
  const noted = cluster.upgrade?.raftIndex ?? 0;
  scene.progress = { ...scene.progress, ...upgradeConcern.onTakeOver({ upgrade: cluster.upgrade }) };
  t.equal(cluster.upgrade?.raftIndex, undefined);
  cluster.settle();
  t.ok((cluster.upgrade?.raftIndex ?? 0) > noted);
  t.end();
});

t.test('a member that runs 3.7 already has read its log', (t) => {
  const cluster = onSix().orders([install('3.7.1')]);
  const ends = () => endsOnOldEntries({ ...cluster.scene, status: cluster.scene.status() }, 'x-k3s-m-2');
  t.equal(ends(), true);
  cluster.report(2, { etcd: { version: '3.7.1' } });
  t.equal(ends(), false);
  t.end();
});
