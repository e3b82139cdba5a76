import type { EtcdReport } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { afterClockStep, afterStart } from '../../../src/controller/clock-steps.ts';
import { whoTakesIt } from '../../../src/controller/snapshots/snapshots.ts';
import { nodeState } from '../../../src/desired-state/node-state.ts';
import type { Step } from '../../../src/model/progress.ts';
import { said } from '../../support/said.ts';
import { Scene, type SpecChanges } from '../support/situations.ts';

const mebibyte = 1024 ** 2;
const quota = 2048 * mebibyte;

type Size = Pick<EtcdReport, 'dbSizeBytes' | 'dbSizeInUseBytes' | 'revision'>;

/** The size of a database in MiB, and how much of it is in use. */
function size(mebibytes: number, inUse: number, revision = 100): Size {
  return { dbSizeBytes: mebibytes * mebibyte, dbSizeInUseBytes: inUse * mebibyte, revision };
}

const full = size(2048, 2040);
const compacted = size(2048, 300);
const small = size(301, 300);

/** How much of a database is in use, as a reason. */
const inUse = ({ dbSizeInUseBytes: inUseBytes, dbSizeBytes: bytes }: Size) => reason('in_use', { inUseBytes, bytes });
const nodeSays = (text: string) => reason('node_says', { why: said(text) });

/** Members report their databases, and which of them has raised NOSPACE. */
function sized(scene: Scene, sizes: readonly Size[], alarmed = true): Scene {
  const alarms = alarmed ? ['NOSPACE on a1'] : [];
  for (const [index, etcd] of sizes.entries()) scene.reports(index + 1, { etcd: { ...etcd, alarms } });
  return scene;
}

/** Three voters whose databases are full. */
function filled(changes: SpecChanges = {}): Scene {
  return sized(Scene.formed(3, changes).wait(600), [full, full, full]);
}

function ends(
  scene: Scene,
  number: number,
  outcome: 'done' | 'failed',
  etcd: Partial<EtcdReport>,
  reason = 'so',
): Scene {
  const { task } = scene.progress.maintenance;
  const id = task?.id ?? scene.progress.permit?.id ?? '';
  return scene.reports(number, { etcd, lastMaintenance: { id, outcome, reason: said(reason) } });
}

const raised = { alarms: ['NOSPACE on a1'] };

/** x-k3s-m-2 has compacted, and all have reported since then. */
function dropped(scene: Scene, sizes = [compacted, compacted, compacted]): Scene {
  scene.settle();
  ends(scene, 2, 'done', { ...compacted, ...raised });
  scene.settle();
  return sized(scene.wait(5), sizes);
}

/** The holder of the permit has finished, and has served for a while. */
function defragmented(scene: Scene, number: number): Scene {
  ends(scene.wait(1), number, 'done', { ...small, ...raised }, '2147.5 MB before, 315.6 MB now');
  return ends(scene.wait(11), number, 'done', { ...small, ...raised }, '2147.5 MB before, 315.6 MB now');
}

/** The first follower with an order rewrites its database, and this is its size then. */
function shown(scene: Scene, then: Size): Scene {
  const steps = scene.settle();
  if (steps.at(-1)?.kind !== 'grant-defragmentation') throw new Error(`nobody is asked: ${JSON.stringify(steps)}`);
  const report = () => {
    sized(scene, [full, then, full]);
    ends(scene, 2, 'done', { ...then, ...raised });
  };
  report();
  scene.wait(1);
  report();
  scene.wait(11);
  report();
  return scene;
}

const meanwhile = size(2048, 2000, 200);

/** The compaction is done, at least as far as the executor had reported, and all have gone further. */
function droppedBehind(): Scene {
  const scene = filled();
  scene.settle();
  ends(scene, 2, 'done', { ...meanwhile, ...raised });
  scene.settle();
  return sized(scene.wait(5), [meanwhile, meanwhile, meanwhile]);
}

/** For this long a report comes every 5 s, and each step that follows is taken. */
function steps(scene: Scene, seconds: number, report: () => void): Step[] {
  const taken: Step[] = [];
  for (let passed = 0; passed < seconds; passed += 5) {
    scene.wait(5);
    report();
    taken.push(...scene.settle());
  }
  return taken;
}

const of = (kind: Step['kind']) => (step: Step) => step.kind === kind;

t.test('a full database is reported, and one follower compacts', (t) => {
  const scene = filled();
  t.same(scene.settle(), [
    { kind: 'record-no-space', members: ['x-k3s-m-1'] },
    { kind: 'assign-maintenance', task: 'compact', executor: 'x-k3s-m-2', revision: 100 },
  ]);
  t.same(scene.decide().waits, [reason('task_done', { executor: 'x-k3s-m-2', task: 'compact' })]);
  t.end();
});

t.test('R2 R6: then each is defragmented, one at a time, the leader last, and only then is the alarm disarmed', (t) => {
  const scene = dropped(filled());
  const steps: unknown[] = [];
  for (const number of [2, 3, 1]) {
    steps.push(...scene.settle());
    t.match(scene.decide().waits, [reason('defragments_and_serves', { member: `x-k3s-m-${number}`, seconds: 10 })]);
    ends(scene.wait(1), number, 'done', { ...small, ...raised });
    t.same(scene.settle(), [], 'it must have served for a while');
    ends(scene.wait(11), number, 'done', { ...small, ...raised }, 'less');
    scene.allReport();
    sized(
      scene,
      [1, 2, 3].map((other) => ([2, 3, 1].indexOf(other) <= [2, 3, 1].indexOf(number) ? small : compacted)),
    );
    ends(scene, number, 'done', { ...small, ...raised }, 'less');
  }
  steps.push(...scene.settle());
  t.same(steps, [
    ...[2, 3, 1].flatMap((number) => [
      { kind: 'grant-defragmentation', member: `x-k3s-m-${number}`, compactFirst: true, why: inUse(compacted) },
      { kind: 'record-defragmentation', member: `x-k3s-m-${number}`, outcome: 'done', reason: nodeSays('less') },
    ]),
    { kind: 'assign-maintenance', task: 'disarm', executor: 'x-k3s-m-2', revision: 100 },
  ]);
  ends(scene, 2, 'done', { ...small, alarms: [] });
  t.same(scene.settle(), [{ kind: 'record-space', by: 'x-k3s-m-2' }]);
  t.same(scene.decide(), { step: null, waits: [] });
  t.end();
});

t.test('a snapshot is taken before the compaction, if possible', (t) => {
  const scene = filled({ snapshotEveryMinutes: 10_000 });
  scene.take({ kind: 'record-snapshot', id: 'old', takenAt: scene.now });
  sized(scene.wait(1200), [full, full, full]);
  t.match(scene.settle(), [
    { kind: 'record-no-space' },
    { kind: 'assign-snapshot', why: reason('before', { why: reason('history_dropped') }) },
  ]);
  const { task } = scene.progress.snapshots;
  scene.take({ kind: 'record-snapshot', id: task?.id ?? '', takenAt: scene.now });
  t.match(scene.settle(), [{ kind: 'assign-maintenance', task: 'compact' }]);
  t.end();
});

t.test('if the keys themselves fill the database, one shows it, the alarm stays, and an operator learns of it', (t) => {
  const scene = shown(dropped(filled(), [full, full, full]), full);
  t.match(scene.settle(), [{ kind: 'record-defragmentation', member: 'x-k3s-m-2' }]);
  t.match(scene.decide().waits, [
    {
      code: 'keys_fill_quota',
      facts: { cluster: 'x-k3s', inUseBytes: full.dbSizeInUseBytes, quotaBytes: quota, raisedBytes: 2 * quota },
    },
  ]);
  sized(scene.wait(300), [full, full, full]);
  t.same(scene.settle(), [], 'nothing is tried again while nothing has changed');
  t.end();
});

t.test(
  'gaps that etcd does not show, because somebody was reading during the compaction, are found on one follower',
  (t) => {
    const scene = shown(dropped(filled(), [full, full, full]), small);
    t.match(scene.settle(), [
      { kind: 'record-defragmentation', member: 'x-k3s-m-2' },
      { kind: 'grant-defragmentation', member: 'x-k3s-m-3', why: inUse(compacted) },
    ]);
    t.end();
  },
);

t.test('a follower that lags, and so holds less, does not show what the keys hold', (t) => {
  const scene = dropped(filled(), [full, full, size(500, 400, 99)]);
  t.match(scene.settle(), [{ kind: 'grant-defragmentation', member: 'x-k3s-m-2', why: inUse(full) }]);
  scene.take({ kind: 'record-defragmentation', member: 'x-k3s-m-2', outcome: 'done', reason: said('less') });
  t.same(scene.settle(), []);
  t.match(scene.decide().waits, [{ code: 'keys_fill_quota', facts: { inUseBytes: full.dbSizeInUseBytes } }]);
  sized(scene.wait(5), [size(2048, 300, 99), size(2048, 300, 99), size(2048, 300, 99)]);
  t.same(scene.settle(), []);
  t.same(scene.decide().waits, [reason('come_as_far')]);
  t.end();
});

t.test('once keys have been deleted there is another compaction, but not for each of them', (t) => {
  const scene = shown(dropped(filled(), [full, full, full]), full);
  scene.settle();
  const deleted = { ...full, revision: 140 };
  sized(scene.wait(10), [deleted, deleted, deleted]);
  t.same(scene.settle(), []);
  sized(scene.wait(30), [deleted, deleted, deleted]);
  t.match(scene.settle(), [{ kind: 'assign-maintenance', task: 'compact' }]);
  t.end();
});

t.test('one that had gone further than it had reported, and has compacted that as well, shows it at once', (t) => {
  const scene = droppedBehind();
  t.match(scene.settle(), [{ kind: 'grant-defragmentation', member: 'x-k3s-m-2', compactFirst: true }]);
  t.end();
});

t.test('keys deleted during the compaction are compacted as well', (t) => {
  const scene = shown(droppedBehind(), meanwhile);
  scene.settle();
  sized(scene.wait(31), [meanwhile, meanwhile, meanwhile]);
  t.match(scene.settle(), [{ kind: 'assign-maintenance', task: 'compact', revision: 200 }]);
  t.end();
});

t.test('one that was rewritten before an operator made room is rewritten once more', (t) => {
  const scene = shown(dropped(filled(), [full, full, full]), full);
  scene.settle();
  const [gaps, room] = [size(2048, 1000, 140), size(1001, 1000, 140)];
  sized(scene.wait(31), [room, gaps, room]);
  t.match(scene.settle(), [{ kind: 'assign-maintenance', task: 'compact' }]);
  t.end();
});

/** Keys come and go, and what they hold still fills the databases. */
function refilled(scene: Scene): () => void {
  let revision = 200;
  return () => {
    revision += 1;
    const now = size(2048, 2000, revision);
    sized(scene, [now, now, now]);
    const { task } = scene.progress.maintenance;
    if (task !== null) ends(scene, Number(task.executor.at(-1)), 'done', { ...now, ...raised });
  };
}

t.test('while keys come and go, and still fill it, one gets an order once, and a raised quota has its turn', (t) => {
  const scene = shown(droppedBehind(), meanwhile);
  scene.settle();
  const report = refilled(scene);
  const taken = steps(scene, 120, report);
  t.same(taken.filter(of('grant-defragmentation')), []);
  t.same(taken.filter(of('record-compaction')).length, 3);
  scene.spec = { ...scene.spec, revision: 2, tuning: { ...scene.spec.tuning, quotaBackendBytes: 2 * quota } };
  t.ok(steps(scene, 30, report).some(of('release-configuration')));
  t.end();
});

t.test('one gets an order once even if the clock is set back meanwhile', (t) => {
  const scene = shown(droppedBehind(), meanwhile);
  scene.settle();
  scene.progress = afterClockStep(scene.progress, -86_400_000);
  scene.wait(-86_400);
  t.same(steps(scene, 120, refilled(scene)).filter(of('grant-defragmentation')), []);
  t.end();
});

t.test('even if nobody can show the size, there is another compaction', (t) => {
  const scene = droppedBehind();
  scene.reports(3, { etcd: null });
  t.same(scene.settle(), []);
  scene.wait(31);
  for (const number of [1, 2]) scene.reports(number, { etcd: { ...meanwhile, ...raised } });
  t.match(scene.settle(), [{ kind: 'assign-maintenance', task: 'compact', revision: 200 }]);
  t.end();
});

t.test('a raised quota reaches the members while the database is full, and then the alarm is disarmed', (t) => {
  const scene = shown(dropped(filled(), [full, full, full]), full);
  scene.settle();
  scene.spec = { ...scene.spec, revision: 2, tuning: { ...scene.spec.tuning, quotaBackendBytes: 2 * quota } };
  t.match(scene.settle(), [{ kind: 'release-configuration', member: 'x-k3s-m-2' }]);
  scene.take({ kind: 'confirm-configuration', member: 'x-k3s-m-2' });
  const { configuration } = scene.progress;
  const rolledOut = scene.spec.members.map(({ name }) => [name, configuration.rolledOut['x-k3s-m-2']]);
  scene.progress = { ...scene.progress, configuration: { ...configuration, rolledOut: Object.fromEntries(rolledOut) } };
  t.match(scene.settle(), [{ kind: 'assign-maintenance', task: 'disarm' }]);
  t.end();
});

t.test('R2: a cluster of one or two is defragmented only with allowDowntime', (t) => {
  const scene = sized(Scene.formed(1, { members: 1 }).wait(600), [full]);
  scene.settle();
  ends(scene, 1, 'done', { ...compacted, ...raised });
  scene.settle();
  sized(scene.wait(5), [compacted]);
  t.same(scene.settle(), []);
  t.strictSame(scene.decide().waits, [
    reason('defragmentation_needs_downtime', { cluster: 'x-k3s', members: ['x-k3s-m-1'], count: 1 }),
  ]);
  scene.spec = { ...scene.spec, allowDowntime: true };
  t.match(scene.settle(), [{ kind: 'grant-defragmentation', member: 'x-k3s-m-1' }]);
  t.end();
});

t.test('R2: none is defragmented while a voter is away, and that does not delay its replacement', (t) => {
  const scene = dropped(filled()).reports(3, { etcd: null });
  t.same(scene.settle(), []);
  t.strictSame(
    scene.decide().waits[0],
    reason('all_serve_before_defragmentation', {
      members: ['x-k3s-m-1', 'x-k3s-m-2'],
      ailment: reason('of_member', { member: 'x-k3s-m-3', why: reason('etcd_silent', { state: 'running' }) }),
    }),
  );
  t.end();
});

t.test('R2: none is defragmented while the data dir of a voter that serves is missing', (t) => {
  for (const number of [2, 3]) {
    const scene = dropped(filled());
    const { status } = scene.nodes[scene.name(number)] ?? {};
    scene.reports(number, { ...status, service: { dataGone: true } });
    t.same(scene.settle(), []);
    t.match(scene.decide().waits, [
      {
        code: 'all_serve_before_defragmentation',
        facts: { ailment: reason('of_member', { member: scene.name(number), why: reason('runs_without_data') }) },
      },
    ]);
  }
  t.end();
});

t.test('R2: none is defragmented while a removal that is no longer ordered may happen', (t) => {
  const scene = dropped(filled());
  const mutation = {
    kind: 'remove-voter',
    member: 'x-k3s-m-3',
    memberId: 'a3',
    reason: said('a test'),
    force: false,
  } as const;
  scene.progress = { ...scene.progress, withdrawn: [{ mutation, at: scene.now }] };
  t.same(scene.settle(), []);
  t.match(scene.decide().waits, [{ code: 'change_lapses', facts: { member: 'x-k3s-m-3', kind: 'remove-voter' } }]);
  t.end();
});

t.test('R2: a permit to defragment is no permit to restart, and is withdrawn like one', (t) => {
  const scene = dropped(filled());
  scene.settle();
  const state = (number: number) => {
    const member = scene.spec.members[number - 1]!;
    const layout = { etcDir: '/etc/etcd', dataRoot: '/var/lib/picket/etcd', logFile: '/var/log/etcd/etcd.log' };
    const trust = { control: '', client: '', peer: '' };
    return nodeState(scene.spec, scene.progress, { nodeId: 'node', member, layout }, trust);
  };
  t.match(state(2), { permit: null, maintenance: { kind: 'defragment', compactFirst: true, validForSeconds: 90 } });
  t.equal(state(3).maintenance, undefined);
  sized(scene.wait(121), [compacted, compacted, compacted]);
  t.match(scene.settle(), [{ kind: 'withdraw-permit', member: 'x-k3s-m-2' }]);
  t.equal(state(2).maintenance, undefined);
  sized(scene.wait(126), [compacted, compacted, compacted]);
  const after = scene.settle();
  t.match(after, [
    { kind: 'close-permit', outcome: 'lapsed' },
    { kind: 'grant-defragmentation', member: 'x-k3s-m-3' },
  ]);
  t.end();
});

t.test('a defragmentation that fails after its permit was withdrawn has failed once', (t) => {
  const scene = dropped(filled());
  scene.settle();
  const { id = '' } = scene.progress.permit ?? {};
  sized(scene.wait(121), [compacted, compacted, compacted]);
  t.match(scene.settle(), [{ kind: 'withdraw-permit', member: 'x-k3s-m-2' }]);
  for (const seconds of [1, 11]) {
    const lastMaintenance = { id, outcome: 'failed', reason: said('no room') } as const;
    scene.wait(seconds).reports(2, { etcd: { ...compacted, ...raised }, lastMaintenance });
  }
  sized(scene, [compacted, compacted, compacted]);
  t.match(scene.settle(), [{ kind: 'record-defragmentation', outcome: 'failed' }]);
  t.equal(scene.progress.maintenance.failure?.count, 1);
  t.end();
});

t.test('R2: one that has begun is awaited for as long as a slow card takes', (t) => {
  const scene = dropped(filled());
  scene.settle();
  const id = scene.progress.permit?.id ?? '';
  for (let minutes = 0; minutes < 25; minutes += 1) {
    scene.wait(60);
    sized(scene, [compacted, compacted, compacted]);
    scene.reports(2, { etcd: null, lastMaintenance: { id, outcome: 'begun', reason: null } });
  }
  t.same(scene.settle(), []);
  t.end();
});

t.test('R2: one that was quicker than two reports must serve for a while after the first report of its end', (t) => {
  const scene = dropped(filled());
  scene.settle();
  for (const _ of [1, 2, 3, 4]) sized(scene.wait(5), [compacted, compacted, compacted]);
  ends(scene, 2, 'done', { ...small, ...raised });
  t.same(scene.settle(), []);
  ends(scene.wait(9), 2, 'done', { ...small, ...raised });
  t.same(scene.settle(), []);
  ends(scene.wait(1), 2, 'done', { ...small, ...raised });
  t.match(scene.settle(), [
    { kind: 'record-defragmentation', member: 'x-k3s-m-2' },
    { kind: 'grant-defragmentation', member: 'x-k3s-m-3' },
  ]);
  t.end();
});

t.test('nobody is defragmented while a snapshot is taken of it, nor the other way round', (t) => {
  const scene = dropped(filled());
  scene.take({ kind: 'assign-snapshot', executor: 'x-k3s-m-2', why: said('an operator asked') });
  t.same(scene.settle(), []);
  t.match(scene.decide().waits, [{ code: 'snapshot_ends_first', facts: { member: 'x-k3s-m-2', id: /^\S+$/ } }]);
  scene.take({ kind: 'withdraw-snapshot', reason: said('it failed') }).settle();
  t.equal(scene.progress.permit?.member, 'x-k3s-m-2');
  const { spec, progress, now, nodes, clients } = scene;
  t.equal(whoTakesIt({ spec, progress, now, status: { nodes, clients } }), 'x-k3s-m-3');
  t.end();
});

t.test('a failure is reported, and tried again later, from another member if possible', (t) => {
  const scene = filled();
  scene.settle();
  ends(scene, 2, 'failed', { ...full, ...raised }, 'etcd gave no answer');
  const why = reason('of_member', { member: 'x-k3s-m-2', why: nodeSays('etcd gave no answer') });
  t.match(scene.settle(), [{ kind: 'withdraw-maintenance', reason: why }]);
  t.strictSame(scene.decide().waits, [reason('task_tried_again', { task: 'compact', why })]);
  sized(scene.wait(30), [full, full, full]);
  t.match(scene.settle(), [{ kind: 'assign-maintenance', executor: 'x-k3s-m-3' }]);
  t.end();
});

t.test(
  'a member that cannot defragment is reported and tried ever more rarely, and does not delay a raised quota',
  (t) => {
    const scene = dropped(filled(), [small, compacted, small]);
    const attempt = () => {
      t.match(scene.settle(), [{ kind: 'grant-defragmentation', member: 'x-k3s-m-2' }]);
      for (const seconds of [1, 11]) {
        ends(scene.wait(seconds), 2, 'failed', { ...compacted, ...raised }, 'no space left on device');
      }
      t.match(scene.settle(), [{ kind: 'record-defragmentation', outcome: 'failed' }]);
    };
    attempt();
    sized(scene.wait(61), [small, compacted, small]);
    attempt();
    sized(scene.wait(61), [small, compacted, small]);
    t.same(scene.settle(), []);
    t.strictSame(scene.decide().waits, [
      reason('defragmentation_pauses', {
        members: ['x-k3s-m-2'],
        seconds: 120,
        why: reason('of_member', { member: 'x-k3s-m-2', why: nodeSays('no space left on device') }),
      }),
    ]);
    scene.spec = { ...scene.spec, revision: 2, tuning: { ...scene.spec.tuning, quotaBackendBytes: 2 * quota } };
    t.match(scene.settle(), [{ kind: 'release-configuration' }]);
    t.end();
  },
);

t.test('nor the end of it once there is room', (t) => {
  const scene = dropped(filled(), [small, compacted, small]);
  for (const count of [1, 2, 3, 4, 5, 6]) {
    scene.settle();
    for (const seconds of [1, 11]) ends(scene.wait(seconds), 2, 'failed', { ...compacted, ...raised }, 'no room');
    scene.settle();
    t.equal(scene.progress.maintenance.failure?.count, count);
    sized(scene.wait(60 * 2 ** (count - 1) + 1), [small, compacted, small]);
  }
  sized(scene, [small, small, small]);
  t.match(scene.settle(), [{ kind: 'assign-maintenance', task: 'disarm' }]);
  t.end();
});

const refusal = said('etcd was not defragmented: not every other voter can be counted on');
const late = reason('defragmentation_late', { why: reason('not_begun', { seconds: 120 }), waits: [refusal] });

t.test(
  'R2: a member that refuses to close its gaps is reported, and left alone for a day like one that has closed them',
  (t) => {
    const scene = Scene.formed(3).wait(600);
    const report = () => {
      for (const number of [1, 3]) scene.reports(number, { etcd: size(20, 20) });
      scene.reports(2, {
        etcd: size(200, 20),
        agent: { waits: scene.progress.permit === null ? [] : [refusal] },
      });
    };
    const taken = steps(scene, 23 * 3600, report);
    t.match(taken, [
      { kind: 'grant-defragmentation', member: 'x-k3s-m-2' },
      { kind: 'withdraw-permit', member: 'x-k3s-m-2', reason: late },
      { kind: 'close-permit', outcome: 'lapsed' },
    ]);
    t.equal(taken.length, 3);
    t.equal(steps(scene, 7200, report).filter(of('grant-defragmentation')).length, 1);
    t.end();
  },
);

t.test('days of refusing to close gaps do not postpone the recovery of a full database', (t) => {
  const scene = Scene.formed(3).wait(600);
  const { maintenance } = scene.progress;
  const failure = {
    member: 'x-k3s-m-3',
    at: scene.now,
    count: 9,
    reason: refusal,
    of: 'defragmentation',
  } as const;
  scene.progress = { ...scene.progress, maintenance: { ...maintenance, failure } };
  sized(scene.wait(60), [full, full, full]);
  t.match(scene.settle(), [{ kind: 'record-no-space' }, { kind: 'assign-maintenance', task: 'compact' }]);
  t.end();
});

t.test(
  'two members that refuse in turns while it is full get orders ever more rarely, and the reason is reported',
  (t) => {
    const scene = dropped(filled(), [small, compacted, compacted]);
    const report = () => {
      sized(scene, [small]);
      for (const number of [2, 3])
        scene.reports(number, { etcd: { ...compacted, ...raised }, agent: { waits: [refusal] } });
    };
    const taken = steps(scene, 6 * 3600, report);
    t.ok(taken.filter(of('grant-defragmentation')).length < 20);
    const [wait] = scene.decide().waits;
    t.match(wait, {
      code: 'defragmentation_pauses',
      facts: { why: { code: 'of_member', facts: { member: /^x-k3s-m-\d$/, why: late } } },
    });
    t.end();
  },
);

t.test('an agent that does not begin, such as an older one, is not awaited', (t) => {
  const scene = filled();
  scene.settle();
  sized(scene.wait(130), [full, full, full]);
  t.match(scene.decide().step, {
    kind: 'withdraw-maintenance',
    reason: reason('of_member', { member: 'x-k3s-m-2', why: reason('not_begun_in_time') }),
  });
  t.end();
});

t.test('a member whose report is from before does not raise it again', (t) => {
  const scene = defragmented(dropped(filled()), 2);
  sized(scene, [small, small, small]);
  scene.take({ kind: 'record-space', by: 'x-k3s-m-2' });
  scene.progress = { ...scene.progress, permit: null };
  t.same(scene.settle(), []);
  scene.index += 1;
  sized(scene.wait(1), [small, small, small], false);
  scene.index -= 1;
  scene.reports(3, { etcd: { ...small, ...raised } });
  t.same(scene.wait(16).allReport().settle(), []);
  t.end();
});

/** Nobody hears of x-k3s-m-3, which has raised NOSPACE and, if it is alive, raises it again with the next write. */
function unheard(scene: Scene, lives: boolean): () => void {
  const state = { alarmed: true, clearedAt: 0 };
  return () => {
    const { task } = scene.progress.maintenance;
    if (task?.kind === 'disarm') {
      state.alarmed = false;
      state.clearedAt = scene.now;
    } else if (lives && scene.now - state.clearedAt > 1000) {
      state.alarmed = true;
    }
    const lastMaintenance =
      task === null ? {} : { lastMaintenance: { id: task.id, outcome: 'done' as const, reason: said('') } };
    for (const number of [1, 2])
      scene.reports(number, { etcd: { ...small, alarms: state.alarmed ? ['NOSPACE on a3'] : [] }, ...lastMaintenance });
  };
}

const isDisarm = (step: Step) => step.kind === 'assign-maintenance' && step.task === 'disarm';

t.test('a lost voter that was full does not keep the others from writing forever', (t) => {
  const scene = filled().wait(60);
  const report = unheard(scene, false);
  t.equal(steps(scene, 290, report).filter(isDisarm).length, 0);
  t.strictSame(scene.decide().waits, [
    reason('unheard_may_be_full', {
      members: ['x-k3s-m-3'],
      minutes: 5,
      ailments: [reason('of_member', { member: 'x-k3s-m-3', why: reason('silent', { seconds: 350 }) })],
    }),
  ]);
  t.equal(steps(scene, 3600, report).filter(isDisarm).length, 1);
  t.same(scene.decide(), { step: null, waits: [] });
  t.end();
});

t.test('R19: after a start of the coordinator it has its time from then on', (t) => {
  const scene = filled().wait(60);
  const report = unheard(scene, true);
  t.equal(steps(scene, 200, report).filter(isDisarm).length, 0);
  scene.wait(400).startedAgo(0);
  t.equal(steps(scene, 290, report).filter(isDisarm).length, 0);
  t.equal(steps(scene, 20, report).filter(isDisarm).length, 1);
  t.end();
});

t.test('one that falls silent later has its time from then on', (t) => {
  const scene = dropped(filled(), [small, small, compacted]).wait(600);
  sized(scene, [small, small, compacted]);
  scene.progress = { ...scene.progress, permit: null };
  t.equal(steps(scene.wait(36), 250, unheard(scene, true)).filter(isDisarm).length, 0);
  t.match(scene.decide().waits, [{ code: 'unheard_may_be_full', facts: { minutes: 5 } }]);
  t.end();
});

t.test('a report from when the clock was ahead makes nobody wait until then', (t) => {
  const scene = filled().wait(60);
  const last = scene.nodes['x-k3s-m-3'];
  if (last !== undefined)
    scene.nodes['x-k3s-m-3'] = { ...last, receivedAt: scene.now + 86_400_000, heardAt: scene.now };
  t.equal(steps(scene, 600, unheard(scene, false)).filter(isDisarm).length, 1);
  t.end();
});

t.test('a clock that was ahead makes nobody wait longer for the rest of its incarnation', (t) => {
  const scene = filled().wait(60);
  const recoveries = [30, 31, 32].map((days) => scene.now + days * 86_400_000);
  scene.progress = afterStart(
    { ...scene.progress, maintenance: { ...scene.progress.maintenance, recoveries } },
    scene.now,
  );
  scene.wait(25 * 3600);
  steps(scene, 60, unheard(scene, false));
  t.match(scene.decide().waits, [{ code: 'unheard_may_be_full', facts: { minutes: 5 } }]);
  t.end();
});

t.test('a silent full voter does not cause endless compactions and disarming', (t) => {
  const scene = filled().wait(60);
  const taken = steps(scene, 24 * 3600, unheard(scene, true));
  t.ok(taken.filter(isDisarm).length <= 27);
  t.ok(taken.filter(of('record-compaction')).length <= 28);
  t.match(scene.decide().waits, [{ code: 'unheard_may_be_full', facts: { minutes: 60 } }]);
  t.end();
});

t.test('a silent voter that had room delays nothing, unless it has raised the alarm itself', (t) => {
  const away = (alarm: string) => {
    const scene = Scene.formed(3).wait(600).reports(3, { etcd: small }).wait(60);
    const alarms = [`NOSPACE on ${alarm}`];
    const report = () => {
      for (const number of [1, 2]) scene.reports(number, { etcd: { ...small, alarms } });
    };
    report();
    scene.settle();
    ends(scene, 2, 'done', { ...small, alarms });
    scene.settle();
    scene.wait(5);
    report();
    return scene.settle();
  };
  t.match(away('a1'), [{ kind: 'assign-maintenance', task: 'disarm' }]);
  t.same(away('a3'), []);
  t.end();
});

/** One voter, and beside it a learner that rests, since there is no third member. */
function resting(): Scene {
  const scene = new Scene({ allowDowntime: true }).founded();
  scene.joins(2).settle();
  scene.etcdAdds(2).reports(1).settle();
  scene.reports(2).settle();
  return scene.wait(600);
}

t.test('a full learner begins again once there is room on the voters, since etcd defragments no learner', (t) => {
  const scene = sized(resting(), [full, full]);
  scene.settle();
  ends(scene, 1, 'done', { ...compacted, ...raised });
  scene.settle();
  sized(scene.wait(5), [compacted, compacted]);
  t.match(scene.settle(), [{ kind: 'grant-defragmentation', member: 'x-k3s-m-1' }]);
  for (const seconds of [1, 11]) ends(scene.wait(seconds), 1, 'done', { ...small, ...raised });
  t.match(scene.settle(), [
    { kind: 'record-defragmentation' },
    { kind: 'record-unfit', member: 'x-k3s-m-2', reason: { code: 'learner_full' } },
  ]);
  sized(scene.wait(130), [small, compacted]);
  t.match(scene.settle(), [{ kind: 'assign', mutation: { kind: 'remove-learner', member: 'x-k3s-m-2' } }]);
  scene.etcdRemoves('a2').reports(1, { etcd: { ...small, ...raised } });
  t.match(scene.settle(), [{ kind: 'record-removed' }, { kind: 'assign-maintenance', task: 'disarm' }]);
  t.end();
});

t.test('a full learner stays while a voter has not shown that it has room', (t) => {
  const scene = resting();
  sized(scene, [full, full]).settle();
  ends(scene, 1, 'done', { ...compacted, ...raised });
  scene.settle();
  scene.wait(5).reports(1, { etcd: { ...compacted, ...raised, linearizableRead: false } });
  t.same(scene.reports(2, { etcd: { ...compacted, ...raised } }).settle(), []);
  t.end();
});

t.test('a silent learner that has raised NOSPACE begins again as well, and no other', (t) => {
  const unheardOf = (alarm: string) => {
    const scene = resting();
    const alarms = [`NOSPACE on ${alarm}`];
    scene.reports(1, { etcd: { ...small, alarms } }).settle();
    ends(scene, 1, 'done', { ...small, alarms });
    scene.settle();
    return scene
      .wait(5)
      .reports(1, { etcd: { ...small, alarms } })
      .settle();
  };
  t.match(unheardOf('a2'), [{ kind: 'record-unfit', member: 'x-k3s-m-2' }]);
  t.match(unheardOf('a1'), [{ kind: 'assign-maintenance', task: 'disarm' }]);
  t.end();
});

t.test('gaps of a learner stay', (t) => {
  const scene = resting().reports(1, { etcd: size(20, 20) });
  t.same(scene.reports(2, { etcd: size(200, 20) }).settle(), []);
  t.end();
});

t.test('somebody else’s disarming is accepted', (t) => {
  const scene = filled();
  scene.settle();
  sized(scene, [small, small, small], false);
  t.same(scene.settle(), [{ kind: 'record-space', by: null }]);
  t.end();
});

t.test('R16: CORRUPT is not disarmed, and the data is compared', (t) => {
  const scene = Scene.formed(3).wait(600);
  for (const number of [1, 2, 3]) scene.reports(number, { etcd: { alarms: ['CORRUPT on a2'], healthy: false } });
  t.match(scene.settle(), [{ kind: 'assign-comparison' }]);
  t.end();
});

t.test('R2 R6: gaps are closed when needed, followers first, after a snapshot, and not again soon', (t) => {
  const scene = Scene.formed(3, { snapshotEveryMinutes: 10_000 }).wait(600);
  scene.take({ kind: 'record-snapshot', id: 'old', takenAt: scene.now });
  const sparse = size(100, 40);
  sized(scene.wait(1200), [sparse, size(100, 90), sparse], false);
  t.match(scene.settle(), [
    { kind: 'assign-snapshot', why: reason('before', { why: reason('defragments', { member: 'x-k3s-m-3' }) }) },
  ]);
  scene.take({ kind: 'record-snapshot', id: 'new', takenAt: scene.now });
  t.match(scene.settle(), [{ kind: 'grant-defragmentation', member: 'x-k3s-m-3', compactFirst: false }]);
  for (const seconds of [1, 11]) ends(scene.wait(seconds), 3, 'done', size(40, 40));
  sized(scene, [sparse, size(100, 90)], false);
  t.match(scene.settle(), [
    { kind: 'record-defragmentation', member: 'x-k3s-m-3' },
    { kind: 'grant-defragmentation', member: 'x-k3s-m-1' },
  ]);
  for (const seconds of [1, 11]) ends(scene.wait(seconds), 1, 'done', size(40, 40));
  scene.settle();
  sized(scene.wait(7200), [sparse, size(100, 90), sparse], false);
  t.same(scene.settle(), []);
  t.end();
});

for (const [what, of] of [
  ['a small database', size(60, 1)],
  ['one with few gaps', size(100, 60)],
  ['one that is in use almost to its quota', size(2000, 1900)],
] as const) {
  t.test(`${what} is left as it is`, (t) => {
    const scene = sized(Scene.formed(3).wait(600), [of, of, of], false);
    t.same(scene.settle(), []);
    t.end();
  });
}

t.test('gaps that bring a database near its quota are closed before it is full', (t) => {
  const near = size(1800, 1200);
  const scene = sized(Scene.formed(3).wait(600), [near, near, near], false);
  t.match(scene.settle(), [{ kind: 'grant-defragmentation', member: 'x-k3s-m-2' }]);
  t.end();
});

t.test('nobody is defragmented during a rollout or while a member is away', (t) => {
  const sparse = size(100, 10);
  const away = sized(Scene.formed(3).wait(600), [sparse, sparse, sparse], false).reports(3, { etcd: null });
  t.same(away.settle(), []);
  const rolling = sized(Scene.formed(3).wait(600), [sparse, sparse, sparse], false);
  rolling.spec = { ...rolling.spec, revision: 2, tuning: { ...rolling.spec.tuning, snapshotCount: 5000 } };
  t.match(rolling.settle(), [{ kind: 'release-configuration' }]);
  t.end();
});

t.test('R5 no voter of several raises or hides an alarm alone', (t) => {
  const says = { ...full, alarms: ['NOSPACE on a1'] };
  const alone = Scene.formed(3).reports(2, { etcd: { ...says, raftAppliedIndex: 2 ** 48 } });
  t.same(alone.settle(), []);
  const hides = filled().reports(3, { etcd: { ...full, alarms: [], raftAppliedIndex: 2 ** 48 } });
  t.match(hides.settle()[0], { kind: 'record-no-space' });
  t.end();
});

t.test('R5 the compaction counts only as far as most voters have come', (t) => {
  const scene = filled().reports(2, { etcd: { ...full, alarms: ['NOSPACE on a1'], revision: 2 ** 48 } });
  t.match(scene.settle().at(-1), { kind: 'assign-maintenance', executor: 'x-k3s-m-2', revision: full.revision });
  t.end();
});

t.test('R5 a member that reports a compaction without having done it does not get the next order', (t) => {
  const scene = shown(droppedBehind(), meanwhile);
  scene.settle();
  sized(scene.wait(31), [meanwhile, meanwhile, meanwhile]);
  t.match(scene.settle(), [{ kind: 'assign-maintenance', task: 'compact', executor: 'x-k3s-m-3' }]);
  t.end();
});

/** A follower whose gaps are worth a defragmentation runs this etcd; the leader has applied so many entries more, and reports `later` seconds after it. */
function gapsWith(version: string, behind: number, later = 0): Scene {
  const scene = Scene.formed(3).wait(600);
  const report = () => {
    const etcd = { version };
    scene.reports(3, { etcd: { ...size(20, 20), ...etcd } });
    scene.reports(2, { etcd: { ...size(200, 20), ...etcd, raftAppliedIndex: 50_000, raftIndex: 50_000 } });
    scene.wait(later);
    scene.reports(1, {
      etcd: { ...size(20, 20), ...etcd, raftAppliedIndex: 50_000 + behind, raftIndex: 50_000 + behind },
    });
  };
  report();
  return scene;
}

t.test('a member whose etcd is damaged by a snapshot during a defragmentation must have what the leader has', (t) => {
  const granted = [{ kind: 'grant-defragmentation', member: 'x-k3s-m-2' }];
  const waits = (version: string) => [
    reason('defragments_once_abreast', { member: 'x-k3s-m-2', version, id: 'etcd-20271' }),
  ];
  for (const version of ['3.5.16', '3.5.22', '3.6.0', '3.6.4']) {
    const behind = gapsWith(version, 1001);
    t.same(behind.settle().filter(of('grant-defragmentation')), [], version);
    t.strictSame(behind.decide().waits, waits(version));
    t.match(gapsWith(version, 1000).settle().filter(of('grant-defragmentation')), granted);
  }
  const older = gapsWith('3.5.16', 0, 1);
  t.same(older.settle(), [], 'its report is older than that of the leader');
  t.strictSame(older.decide().waits, waits('3.5.16'));
  for (const version of ['3.5.23', '3.5.33', '3.6.5', '3.7.1'])
    t.match(gapsWith(version, 9000, 1).settle().filter(of('grant-defragmentation')), granted);
  t.end();
});

t.test('the leader waits for a follower that lags, and itself gets no snapshot', (t) => {
  const scene = Scene.formed(3).wait(600);
  const version = '3.5.16';
  const ahead = { version, raftAppliedIndex: 60_000, raftIndex: 60_000 };
  scene.reports(3, { etcd: { ...size(20, 20), ...ahead } });
  scene.reports(2, { etcd: { ...size(200, 20), ...ahead, raftAppliedIndex: 50_000 } });
  scene.reports(1, { etcd: { ...size(200, 20), ...ahead } });
  t.same(scene.settle(), []);
  scene.reports(2, { etcd: { ...size(20, 20), ...ahead, raftAppliedIndex: 50_000 } });
  t.match(scene.settle(), [{ kind: 'grant-defragmentation', member: 'x-k3s-m-1' }]);
  t.end();
});

t.test(
  'an etcd that a crash in a defragmentation damages is never defragmented, and an operator learns what to do',
  (t) => {
    const old = { version: '3.5.5' };
    const why = (number: number) =>
      reason('defragmentation_damages', {
        ...{ cluster: 'x-k3s', member: `x-k3s-m-${number}`, version: '3.5.5', id: 'etcd-14733', fixed: '3.5.6' },
        raisedBytes: 2 * quota,
      });
    const gaps = Scene.formed(3).wait(600);
    for (const number of [1, 2, 3]) gaps.reports(number, { etcd: { ...size(number === 2 ? 200 : 20, 20), ...old } });
    t.same(gaps.settle(), []);
    t.strictSame(gaps.decide().waits, [why(2)]);

    const filledUp = dropped(filled());
    for (const number of [1, 2, 3]) filledUp.reports(number, { etcd: { ...compacted, ...raised, ...old } });
    t.same(filledUp.settle(), []);
    t.strictSame(filledUp.decide().waits, [1, 2, 3].map(why));
    filledUp.spec = {
      ...filledUp.spec,
      revision: 2,
      tuning: { ...filledUp.spec.tuning, quotaBackendBytes: 2 * quota },
    };
    t.match(filledUp.settle(), [{ kind: 'release-configuration' }], 'a larger quota is not delayed');
    t.end();
  },
);

t.test('nobody defragments without room for the new file, and an operator learns of it', (t) => {
  const scene = Scene.formed(3).wait(600);
  const disk = (freeBytes: number) => ({ machine: { disk: { totalBytes: 16e9, freeBytes } } });
  const neededBytes = 20 * mebibyte + 128_000_000;
  const sparse = { etcd: size(200, 20) };
  const others = [1, 3] as const;
  for (const number of others) scene.reports(number, { etcd: size(20, 20), ...disk(0) });
  scene.reports(2, { ...sparse, ...disk(neededBytes - 1) });
  t.same(scene.settle(), []);
  const facts = { member: 'x-k3s-m-2', freeBytes: neededBytes - 1, neededBytes };
  t.strictSame(scene.decide().waits, [reason('defragmentation_lacks_room', facts)]);
  scene.reports(2, { ...sparse, ...disk(neededBytes) });
  t.match(scene.settle(), [{ kind: 'grant-defragmentation', member: 'x-k3s-m-2' }]);
  t.end();
});
