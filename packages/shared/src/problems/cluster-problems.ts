import { reason } from '../reasons/reason.ts';
import type { ProblemKind } from './problem-kind.ts';

/** What is wrong with a cluster. */
export const clusterProblems = {
  'no-quorum': {
    subject: 'cluster',
    severity: 'critical',
    afterMinutes: 1,
    title: 'no quorum',
    page: 'rescue-a-cluster-without-a-quorum',
    state: 'no-quorum',
  },
  unknown: {
    subject: 'cluster',
    severity: 'critical',
    afterMinutes: 5,
    title: 'state unknown',
    page: 'troubleshoot',
    state: 'unknown',
  },
  'at-risk': {
    subject: 'cluster',
    severity: 'warning',
    afterMinutes: 5,
    title: 'at risk',
    page: 'troubleshoot',
    state: 'at-risk',
  },
  frozen: {
    subject: 'cluster',
    severity: 'warning',
    afterMinutes: 5,
    title: 'frozen',
    page: 'unfreeze-a-cluster',
    state: 'frozen',
  },
  'no-space': {
    subject: 'cluster',
    severity: 'critical',
    afterMinutes: 0,
    title: 'database full (NOSPACE)',
    page: 'free-space-in-etcd',
    state: 'read-only',
    shownBy: ['takes_no_writes'],
  },
  corrupt: {
    subject: 'cluster',
    severity: 'critical',
    afterMinutes: 0,
    title: 'data differs (CORRUPT)',
    page: 'repair-a-damaged-database',
    state: 'read-only',
    shownBy: ['data_disagrees', 'data_named', 'data_undecided', 'data_agrees'],
  },
  'rollout-stopped': {
    subject: 'cluster',
    severity: 'warning',
    afterMinutes: 1,
    title: 'rollout stopped',
    page: 'change-settings',
    ofCluster: ({ rollout }) =>
      rollout?.state === 'stopped' ? reason('rollout_has_stopped', { why: rollout.reason }) : null,
  },
  'database-near-quota': {
    subject: 'member',
    severity: 'warning',
    afterMinutes: 15,
    title: 'database near its quota',
    page: 'free-space-in-etcd',
    shownBy: ['near_quota', 'often_full'],
  },
  'snapshots-fail': {
    subject: 'cluster',
    severity: 'warning',
    afterMinutes: 15,
    title: 'no recent snapshot',
    page: 'take-snapshots',
    shownBy: ['snapshot_failed', 'snapshot_late'],
  },
  'snapshots-not-moved': {
    subject: 'cluster',
    severity: 'warning',
    afterMinutes: 60,
    title: 'snapshots not in the store',
    page: 'store-snapshots-in-s3',
    shownBy: ['snapshots_not_moved', 'snapshot_copy_at_fault'],
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;
