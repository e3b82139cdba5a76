import { reason } from '../reasons/reason.ts';
import { alarm, type ProblemKind } from './problem-kind.ts';

/** What is wrong with a cluster. */
export const clusterProblems = {
  'no-quorum': {
    subject: 'cluster',
    alarm: alarm('critical', 1, 'no quorum', 'rescue-a-cluster-without-a-quorum'),
    state: 'no-quorum',
  },
  unknown: {
    subject: 'cluster',
    alarm: alarm('critical', 5, 'state unknown', 'troubleshoot'),
    state: 'unknown',
  },
  'at-risk': {
    subject: 'cluster',
    alarm: alarm('warning', 5, 'at risk', 'troubleshoot'),
    state: 'at-risk',
  },
  frozen: {
    subject: 'cluster',
    alarm: alarm('warning', 5, 'frozen', 'unfreeze-a-cluster'),
    state: 'frozen',
  },
  'no-space': {
    subject: 'cluster',
    alarm: alarm('critical', 0, 'database full (NOSPACE)', 'free-space-in-etcd'),
    state: 'read-only',
    shownBy: ['takes_no_writes'],
  },
  corrupt: {
    subject: 'cluster',
    alarm: alarm('critical', 0, 'data differs (CORRUPT)', 'repair-a-damaged-database'),
    state: 'read-only',
    shownBy: ['data_disagrees', 'data_named', 'data_undecided', 'data_agrees'],
  },
  'rollout-stopped': {
    subject: 'cluster',
    alarm: alarm('warning', 1, 'rollout stopped', 'change-settings'),
    ofCluster: ({ rollout }) =>
      rollout?.state === 'stopped' ? reason('rollout_has_stopped', { why: rollout.reason }) : null,
  },
  'database-near-quota': {
    subject: 'member',
    alarm: alarm('warning', 15, 'database near its quota', 'free-space-in-etcd'),
    shownBy: ['near_quota', 'often_full'],
  },
  'snapshots-fail': {
    subject: 'cluster',
    alarm: alarm('warning', 15, 'no recent snapshot', 'take-snapshots'),
    shownBy: ['snapshot_failed', 'snapshot_late'],
  },
  'snapshots-not-moved': {
    subject: 'cluster',
    alarm: alarm('warning', 60, 'snapshots not in the store', 'store-snapshots-in-s3'),
    shownBy: ['snapshots_not_moved', 'snapshot_copy_at_fault'],
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;
