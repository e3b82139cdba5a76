import type { Mutant } from './mutant.ts';

const order = 'packages/coordinator/src/operations/take-without-quorum.ts';
const survivor = 'packages/coordinator/src/controller/restore/survivor.ts';
const concern = 'packages/coordinator/src/controller/snapshots/concern.ts';
const dataDamage = 'packages/agent/src/report/data-damage.ts';
const damageTest = 'packages/agent/test/report/data-damage.test.ts';
const headlineTest = 'packages/coordinator/test/status/headline.test.ts';
const orderTest = 'packages/coordinator/test/operations/take-without-quorum.test.ts';

export const rescuing: readonly Mutant[] = [
  {
    id: 'rescues-a-serving-cluster',
    rule: 'R16',
    does: 'takes a snapshot as one without a quorum although a quorum serves',
    file: order,
    find: 'if (reads.length > 0)',
    replace: 'if (reads.length < 0)',
    caughtBy: orderTest,
  },
  {
    id: 'rescues-any-voter',
    rule: 'R16',
    does: 'takes a snapshot without a quorum from a voter that has applied less than another',
    file: survivor,
    find: 'other.appliedIndex - one.appliedIndex',
    replace: 'one.appliedIndex - other.appliedIndex',
    caughtBy: orderTest,
  },
  {
    id: 'rescues-another-life',
    rule: 'R16',
    does: 'takes a snapshot without a quorum from an etcd of another life or cluster',
    file: survivor,
    find: 'if (service.incarnation !== incarnation || etcd.clusterId !== progress.formation?.clusterId) return [];',
    replace: '',
    caughtBy: orderTest,
  },
  {
    id: 'rescues-what-differs',
    rule: 'R16',
    does: 'prefers a voter whose data was found to differ from that of a majority',
    file: survivor,
    find: 'Number(one.differs) - Number(other.differs)',
    replace: 'Number(other.differs) - Number(one.differs)',
    caughtBy: orderTest,
  },
  {
    id: 'rescue-before-a-change',
    rule: 'R3',
    does: 'counts a snapshot without a quorum as the snapshot before a change',
    file: concern,
    find: 'return { snapshots: { ...before, task: null, rescue: { id, by, ...withoutQuorum }, rescueFailure: null } };',
    replace:
      'return { snapshots: { ...noSnapshots, last: { id, takenAt, by }, rescue: { id, by, ...withoutQuorum } } };',
    caughtBy: orderTest,
  },
  {
    id: 'waits-for-a-rescue',
    rule: 'R3',
    does: 'lets a change wait for a snapshot without a quorum instead of taking another one',
    file: 'packages/coordinator/src/controller/snapshots/snapshots.ts',
    find: 'progress.snapshots.task?.withoutQuorum === undefined ? progress.snapshots.task : null',
    replace: 'progress.snapshots.task',
    caughtBy: orderTest,
  },
  {
    id: 'counts-failed-rescues',
    rule: 'R3',
    does: 'lets a change go on without a snapshot after two failures of those without a quorum',
    file: concern,
    find: 'if (withoutQuorum !== undefined)\n',
    replace: 'if (withoutQuorum === null)\n',
    caughtBy: orderTest,
  },
  {
    id: 'rescue-pushes-others-out',
    rule: 'R3',
    does: 'lets retention remove another snapshot for the sake of one without a quorum',
    file: 'packages/coordinator/src/snapshots/retention.ts',
    find: 'snapshots.filter((one) => one.withoutQuorum === withoutQuorum)',
    replace: 'withoutQuorum ? snapshots : []',
    caughtBy: 'packages/coordinator/test/snapshots/retention.test.ts',
  },
  {
    id: 'restores-an-overtaken-rescue',
    rule: 'R16',
    does: 'proposes the restore of a snapshot without a quorum after a quorum has served again',
    file: 'packages/coordinator/src/status/headline.ts',
    find: 'survivor.appliedIndex <= rescue.appliedIndex',
    replace: 'survivor.appliedIndex >= 0',
    caughtBy: headlineTest,
  },
  {
    id: 'counts-a-damaged-database',
    rule: 'R16',
    does: 'counts a damaged database as lost data, and gives a cluster up for it without force',
    file: 'packages/coordinator/src/controller/restore/voter-evidence.ts',
    find: 'status.service.damage !== undefined',
    replace: '(status.service.damage ?? status.service.dataDamage) !== undefined',
    caughtBy: 'packages/coordinator/test/controller/restore/restore.test.ts',
  },
  {
    id: 'takes-a-read-error-for-damage',
    rule: 'R16',
    does: 'takes each failure to open the database for damage, also that of a failing disk',
    file: dataDamage,
    find: "msg === 'failed to open database' && unreadable.test(error)",
    replace: "msg === 'failed to open database'",
    caughtBy: damageTest,
  },
  {
    id: 'data-damage-of-another-life',
    rule: 'R16',
    does: 'reports what etcd said of the database of another life',
    file: dataDamage,
    find: ' && dataDirBefore(lines, end) === dataDir',
    replace: '',
    caughtBy: damageTest,
  },
  {
    id: 'gives-up-another-life',
    rule: 'R16',
    does: 'proposes the replacement of a member for the damage of another life',
    file: 'packages/coordinator/src/status/beyond-help.ts',
    find: 'incarnation !== life.incarnation || ',
    replace: '',
    caughtBy: headlineTest,
  },
  {
    id: 'gives-up-beside-another',
    rule: 'R3',
    does: 'proposes a replacement before a look at another voter that may come back',
    file: 'packages/coordinator/src/status/headline.ts',
    find: 'isAlone ? beyond.find',
    replace: 'isAlone || true ? beyond.find',
    caughtBy: headlineTest,
  },
];
