import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import type { ClusterSituation } from '../../src/executor/executor.ts';
import { noConditions } from '../../src/model/conditions.ts';
import type { Deletion } from '../../src/model/deletion-progress.ts';
import { heldWords } from '../../src/model/held.ts';
import { clusterStatus } from '../../src/status/cluster-status.ts';
import { diagnosis } from '../../src/status/diagnosis.ts';
import { Scene } from '../controller/support/situations.ts';

interface Read {
  readonly waits?: readonly Reason[];
  readonly runsFor?: number;
  readonly toReadopt?: readonly Reason<'node_to_readopt'>[];
  readonly rests?: boolean;
}

/** What an operator reads of this scene: state, sentence, next command and waits; the causes, and the voters that do not serve. */
function read(scene: Scene, { waits = [], runsFor = 3_600_000, toReadopt = [], rests = false }: Read = {}) {
  const { spec, progress, now } = scene;
  const record = { id: 'cluster1', spec, progress, conditions: noConditions, progressVersion: 1, createdAt: 0 };
  const clock = { runsFor, clockWasSet: false };
  const cluster: ClusterSituation = { record, nodes: [], waits, unrendered: [], status: scene.status(), ...clock };
  const listener = { ...clock, reportEverySeconds: 10, awaited: toReadopt[0]?.facts.nodeId ?? null };
  const status = clusterStatus(cluster, now, listener, () => null, { toReadopt, rests, others: [] });
  const { findings, scene: seen } = diagnosis(cluster, status, { count: 0, at: null }, now);
  return {
    status: [
      status.state,
      status.headline.code,
      status.next?.command ?? null,
      ...status.waitsFor.map(({ code }) => code),
    ],
    causes: findings.map(({ cause, members }) => [cause, ...members].join(' ')),
    failing: seen.failing,
  };
}

const order = { by: 'operator ada', name: 'x-k3s', filedAs: 'x-k3s-deleted-ab12cd34' };
const ordered: Deletion = { ...order, wantsSnapshot: true, before: null, force: false, ended: null, freed: false };

t.test(
  'R19: once the time of a hold is over, nothing says that the member is held, also before the next decision',
  async (t) => {
    const scene = Scene.formed(3);
    const hold = { by: 'operator ada', why: null, seconds: 60, stop: true, taken: true };
    const permit = { id: 'step0001', member: 'x-k3s-m-2', issuedAt: scene.now, withdrawnAt: null, hold };
    scene.progress = { ...scene.progress, permit };
    const waits = [heldWords('x-k3s', permit, hold)];
    scene.wait(50).reports(1).reports(3);
    t.strictSame(read(scene, { waits }), {
      status: ['at-risk', 'held_fails', 'picket status x-k3s --watch', 'held'],
      causes: ['cause_held x-k3s-m-2'],
      failing: [],
    });
    scene.wait(10).reports(1).reports(3);
    const over = {
      status: ['at-risk', 'some_fail', 'picket-agent status', 'hold_ends'],
      causes: ['cause_silent x-k3s-m-2'],
      failing: ['x-k3s-m-2'],
    };
    t.strictSame(read(scene, { waits }), over);
    scene.progress = {
      ...scene.progress,
      permit: { ...permit, withdrawnAt: scene.now, hold: { ...hold, seconds: 600 } },
    };
    t.strictSame(read(scene, { waits }), over, 'released before its time');
  },
);

t.test('R19: while the coordinator listens, nobody is said to fail', async (t) => {
  const scene = Scene.formed(3).wait(60).startedAgo(20).reports(1);
  const { status, causes, failing } = read(scene, { runsFor: 20_000 });
  t.strictSame([status.slice(0, 2), causes[0], failing], [['at-risk', 'still_listening'], 'cause_listening', []]);
});

t.test(
  'R19: nobody who could not report yet is said to fail, when something else comes first in the status',
  async (t) => {
    const started = () => Scene.formed(3).wait(60).startedAgo(20);
    const deleted = started().reports(1);
    deleted.progress = { ...deleted.progress, deletion: ordered };
    const { status, causes, failing } = read(deleted, { runsFor: 20_000 });
    t.strictSame([status.slice(0, 2), causes, failing], [['deleting', 'takes_last_snapshot'], [], []]);
    const corrupt = started().reports(1, { etcd: { alarms: ['CORRUPT on 0'] } });
    const beside = read(corrupt, { runsFor: 20_000 });
    t.strictSame(beside.status.slice(0, 2), ['read-only', 'data_disagrees']);
    t.strictSame([beside.causes, beside.failing], [['cause_data_differs'], []]);
  },
);

t.test('R19: after a restore, etcd is not judged until its nodes count, and no unfreeze is proposed', async (t) => {
  const scene = Scene.formed(3);
  const frozen = reason('restored_from_backup', { of: '2026-11-27T13:00:46.747Z' });
  scene.progress = { ...scene.progress, frozen };
  const uncounted = (number: number, why: Reason) => {
    const { status: _unheard, ...node } = scene.nodes[scene.name(number)] ?? {};
    scene.nodes[scene.name(number)] = { ...node, receivedAt: null, status: null, uncounted: why } as never;
  };
  for (const number of [1, 2, 3]) uncounted(number, reason('awaits_readoption', { nodeId: `node${number}0000` }));
  const waits = [reason('cluster_frozen', { why: frozen })];
  const of = (number: number) =>
    reason('node_to_readopt', { name: scene.name(number), nodeId: `node${number}0000`, keys: 1, isKnown: true });
  t.strictSame(read(scene, { waits, toReadopt: [of(1), of(2), of(3)], rests: true }), {
    status: ['frozen', 'stays_frozen', 'picket node readopt node10000', 'cluster_frozen'],
    causes: ['cause_awaits_readoption x-k3s-m-1 x-k3s-m-2 x-k3s-m-3'],
    failing: [],
  });
  for (const number of [1, 2, 3]) uncounted(number, reason('readopted_and_not_told'));
  t.strictSame(read(scene, { waits, rests: true }), {
    status: ['frozen', 'stays_frozen', 'picket status x-k3s --watch', 'cluster_frozen'],
    causes: ['cause_restored'],
    failing: [],
  });
});

t.test('R19: a voter that nobody declared, and that is not known to serve, is a cause', async (t) => {
  const scene = Scene.formed(3);
  const urls = { peerUrls: ['https://192.168.7.19:2380'], clientUrls: [] };
  const undeclared = [{ id: 'b9', name: 'other', isLearner: false, ...urls }];
  scene.progress = { ...scene.progress, undeclared };
  const { status, causes, failing } = read(scene);
  t.strictSame([status.slice(0, 2), failing], [['at-risk', 'some_fail'], ['other (b9)']]);
  t.strictSame(causes, ['cause_unexplained'], 'as long as no wait names it');
  const facts = { memberId: 'b9', name: 'other', peerUrls: urls.peerUrls, isRestored: false };
  const waits = [reason('undeclared_member', { ...facts, role: 'voter' })];
  t.strictSame(read(scene, { waits }).causes, ['cause_undeclared_member']);
  scene.wait(60).reports(1).reports(2);
  t.strictSame(read(scene, { waits }).causes, ['cause_silent x-k3s-m-3', 'cause_undeclared_member'], 'beside another');
});

t.test('R19: a declared member without a machine is a cause, whether or not something waits for it', async (t) => {
  const scene = new Scene().founded().joins(2);
  t.strictSame(read(scene), {
    status: ['forming', 'members_missing', 'picket token create x-k3s --member x-k3s-m-3'],
    causes: ['cause_machine_missing x-k3s-m-3'],
    failing: [],
  });
});

t.test('R19: a silent node of a member that is no longer declared is named', async (t) => {
  const scene = Scene.formed(3);
  const departing = { 'x-k3s-m-1': { address: '192.168.7.11' } };
  const restore = { snapshot: 'snap0001', takenAt: scene.now, sizeBytes: 1, sha256: 'ab'.repeat(32) };
  scene.spec = { ...scene.spec, members: scene.spec.members.filter(({ name }) => name !== 'x-k3s-m-1') };
  scene.progress = { ...scene.progress, formation: null, members: {}, restore, departing };
  scene.wait(130).reports(2).reports(3);
  const stops = reason('former_etcd_stops', {
    ...{ member: 'x-k3s-m-1', nodeId: scene.nodes['x-k3s-m-1']?.nodeId ?? '', obstacle: null },
    unheard: reason('silent', { seconds: 130 }),
  });
  const { status, causes } = read(scene, { waits: [stops] });
  t.strictSame([status[0], causes], ['forming', ['cause_silent x-k3s-m-1']]);
});

t.test('R19: while a cluster is deleted, what keeps its last snapshot away is a cause', async (t) => {
  const scene = Scene.formed(3).wait(60).reports(1).reports(2);
  const why = reason('of_member', { member: 'x-k3s-m-3', why: reason('silent', { seconds: 35 }) });
  const failure = { id: 'snapshot0001', executor: 'x-k3s-m-3', reason: why, count: 1, at: scene.now };
  const { snapshots } = scene.progress;
  scene.progress = { ...scene.progress, deletion: ordered, snapshots: { ...snapshots, failure } };
  const { status, causes } = read(scene);
  t.strictSame(status, ['deleting', 'takes_last_snapshot', 'picket status x-k3s --watch']);
  t.strictSame(causes, ['cause_silent x-k3s-m-3', 'cause_snapshots_fail']);
});

t.test('R19: a node that keeps a deletion waiting is a cause, and nothing once the cluster is deleted', async (t) => {
  const scene = Scene.formed(3).wait(60).reports(1).reports(2);
  const ended = { snapshot: 'snapshot0001' };
  scene.progress = { ...scene.progress, deletion: { ...ordered, ended } };
  const { status, causes } = read(scene);
  t.strictSame(status, ['deleting', 'being_deleted', 'picket status x-k3s --watch']);
  t.strictSame(causes, ['cause_silent x-k3s-m-3'], 'what stops is none');
  scene.progress = { ...scene.progress, deletion: { ...ordered, ended, freed: true } };
  t.strictSame(read(scene).causes, []);
});
