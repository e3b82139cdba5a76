import { ofSilence } from '../diagnosis/rules/consequences.ts';
import { asStatus, diagnoseThere, here, listsListeners, there, urlIn } from '../diagnosis/rules/rule.ts';
import { isoTime, isoTimeOrNull } from '../iso-time.ts';
import { type AnyReason, factOf, reason } from '../reasons/reason.ts';
import { alarm, type ProblemKind } from './problem-kind.ts';

/** An etcd that was started without a quorum runs and answers nobody. One that has ended or has lost its data has a cause of its own. */
function missesQuorum(one: AnyReason): boolean {
  const { code } = one;
  if (code === 'etcd_silent') return factOf(one, 'state') === 'running';
  return code === 'no_leader' || code === 'no_reads';
}

/** A snapshot is late once so many of the intervals between two are over. */
const lateAfter = 2;

/** What is wrong with a cluster. */
export const clusterProblems = {
  'no-quorum': {
    subject: 'cluster',
    milder: 'unknown',
    alarm: alarm('critical', 1, 'no quorum', 'rescue-a-cluster-without-a-quorum'),
    state: 'no-quorum',
    shownBy: ['majority_lost', 'no_quorum'],
    causes: [
      {
        cause: 'cause_no_quorum',
        page: 'rescue-a-cluster-without-a-quorum.md',
        shownBy: ['no_quorum', 'majority_lost', 'quorum_in_doubt'],
        next: diagnoseThere,
        explains: ['cause_voter_down'],
        explainsBy: missesQuorum,
        otherwise: ['way_some_lost', 'way_all_lost'],
      },
    ],
  },
  unknown: {
    subject: 'cluster',
    alarm: alarm('critical', 5, 'state unknown', 'troubleshoot'),
    state: 'unknown',
    shownBy: ['nobody_reports', 'compromised_alone'],
    causes: [
      {
        cause: 'cause_coordinator_away',
        page: 'find-the-cause.md#an-agent-that-does-not-report',
        shownBy: [],
        errors: ['coordinator_unreachable', 'coordinator_name_mismatch', 'coordinator_answer_invalid'],
        next: there((proof) => {
          const { hostname = 'HOST', port = '' } = urlIn(proof, 'url') ?? {};
          return `nc -zv -w 5 ${hostname} ${port || '7443'}`;
        }),
      },
      {
        cause: 'cause_coordinator_unreached',
        page: 'find-the-cause.md#an-agent-that-does-not-report',
        shownBy: ['nobody_reports'],
        // With machines that were shut down, it is known why.
        proves: ({ facts }) => (facts as { readonly off?: readonly string[] }).off?.length === 0,
        next: (_of, { members }) => ({ command: 'picket-agent status', on: members[0]?.name ?? null }),
        explains: ['cause_never_reported', 'cause_silent', ...ofSilence],
        leavesOpen: ['cause_voter_down'],
        otherwise: ['way_all_lost', 'way_some_lost'],
      },
    ],
  },
  'at-risk': {
    subject: 'cluster',
    alarm: alarm('warning', 5, 'at risk', 'troubleshoot'),
    state: 'at-risk',
    // Not `held_fails`: whoever holds the member knows of it.
    shownBy: [
      'some_fail',
      'reads_prove_quorum',
      'lost_one_serves',
      'quorum_in_doubt',
      'compromised_votes',
      'authentication_is_on',
      'voter_ails',
      'disk_is_full',
    ],
  },
  frozen: {
    subject: 'cluster',
    alarm: alarm('warning', 5, 'frozen', 'unfreeze-a-cluster'),
    state: 'frozen',
    shownBy: ['stays_frozen'],
    causes: [
      {
        cause: 'cause_restored',
        page: 're-adopt-nodes.md#if-status-still-waits',
        shownBy: ['restored_from_backup'],
        next: asStatus,
        explains: ['cause_frozen', 'cause_voter_down'],
        leavesOpen: ['cause_voter_down'],
      },
      {
        cause: 'cause_store_behind',
        page: 'unfreeze-a-cluster.md#start-the-newer-database',
        shownBy: ['stays_frozen'],
        proves: (one) => factOf(one, 'isBehind') === true,
        next: asStatus,
        explains: ['cause_frozen'],
      },
      {
        cause: 'cause_frozen',
        page: 'unfreeze-a-cluster.md',
        shownBy: ['stays_frozen', 'cluster_frozen'],
        next: asStatus,
        isSymptom: true,
      },
    ],
  },
  'no-space': {
    subject: 'cluster',
    alarm: alarm('critical', 0, 'database full (NOSPACE)', 'free-space-in-etcd'),
    state: 'read-only',
    shownBy: ['takes_no_writes'],
    causes: [
      {
        cause: 'cause_database_full',
        page: 'free-space-in-etcd.md',
        shownBy: ['takes_no_writes', 'database_full', 'etcd_no_space', 'room_first'],
        next: asStatus,
        explains: ['cause_database_near_quota', 'cause_voter_down'],
      },
    ],
  },
  corrupt: {
    subject: 'cluster',
    alarm: alarm('critical', 0, 'data differs (CORRUPT)', 'repair-a-damaged-database'),
    state: 'read-only',
    shownBy: ['data_disagrees', 'data_named', 'data_undecided', 'data_agrees'],
    causes: [
      {
        cause: 'cause_data_differs',
        page: 'repair-a-damaged-database.md',
        shownBy: ['data_disagrees', 'data_named', 'data_undecided', 'data_agrees', 'data_compared'],
        next: asStatus,
        explains: ['cause_no_quorum', 'cause_voter_down'],
        otherwise: ['data_ways_out'],
      },
    ],
  },
  'rollout-stopped': {
    subject: 'cluster',
    alarm: alarm('warning', 1, 'rollout stopped', 'change-settings'),
    shownBy: ['rollout_has_stopped'],
    ofCluster: ({ rollout }) =>
      rollout?.state === 'stopped' ? reason('rollout_has_stopped', { why: rollout.reason }) : null,
    causes: [
      {
        cause: 'cause_settings_refused',
        page: 'change-settings.md#if-it-fails',
        shownBy: [
          ...(['conf_refused', 'conf_usable'] as const),
          ...(['etcd_settings_refused', 'etcd_settings_conflict', 'etcd_gate_unknown'] as const),
        ],
        ofTrial: 'too',
        next: here((cluster) => `picket cluster history ${cluster}`),
        explains: ['cause_rollout_stopped', 'cause_etcd_ends', 'cause_voter_down'],
        otherwise: ['way_abort_rollout', 'way_resume_rollout'],
      },
      {
        cause: 'cause_rollout_port_taken',
        page: 'change-settings.md#if-it-fails',
        shownBy: ['port_to_be_free', 'etcd_port_taken'],
        ofTrial: 'only',
        next: listsListeners,
        explains: ['cause_rollout_stopped'],
        sparesEtcd: true,
        otherwise: ['way_resume_rollout', 'way_abort_rollout'],
      },
      {
        cause: 'cause_rollout_stopped',
        page: 'change-settings.md#if-it-fails',
        shownBy: ['rollout_stopped', 'conf_put_back', 'conf_crashed', 'conf_silent', 'conf_not_started'],
        ofTrial: 'only',
        next: here((cluster) => `picket rollout resume ${cluster}`),
        sparesEtcd: true,
        isSymptom: true,
        otherwise: ['way_abort_rollout'],
      },
    ],
  },
  'database-near-quota': {
    subject: 'member',
    alarm: alarm('warning', 15, 'database near its quota', 'free-space-in-etcd'),
    shownBy: ['near_quota', 'often_full'],
    causes: [
      {
        cause: 'cause_database_near_quota',
        page: 'free-space-in-etcd.md',
        shownBy: ['near_quota', 'often_full'],
        next: here((cluster) => `picket cluster show ${cluster}`),
        countsAs: 'minor',
      },
    ],
  },
  'snapshots-fail': {
    subject: 'cluster',
    alarm: alarm('warning', 15, 'no recent snapshot', 'take-snapshots'),
    shownBy: ['snapshot_failed', 'snapshot_late'],
    limit: `no snapshot for ${lateAfter} intervals, or a failed attempt`,
    ofSnapshots: ({ lastAt, failure, everyMinutes }, now) => {
      if (failure !== null) {
        const { reason: why, count } = failure;
        return reason('snapshot_failed', { why, count, lastAt: isoTimeOrNull(lastAt) });
      }
      const isLate = everyMinutes > 0 && lastAt !== null && now - lastAt > lateAfter * everyMinutes * 60_000;
      return isLate ? reason('snapshot_late', { lastAt: isoTime(lastAt), everyMinutes }) : null;
    },
    causes: [
      {
        cause: 'cause_snapshots_fail',
        page: 'take-snapshots.md#if-it-fails',
        shownBy: [
          'snapshot_failed',
          'snapshot_late',
          'snapshots_not_moved',
          'could_restore_none',
          'last_snapshot_failed',
          'last_snapshot_needs_voter',
        ],
        next: here((cluster) => `picket snapshot list ${cluster}`),
        sparesEtcd: true,
      },
    ],
  },
  'rehearsals-fail': {
    subject: 'cluster',
    alarm: alarm('warning', 15, 'snapshot not restorable in a rehearsal', 'rehearse-a-restore'),
    shownBy: ['rehearsal_has_failed', 'rehearsal_late'],
    limit: `no rehearsal that worked for ${lateAfter} intervals, or a failed one`,
    ofSnapshots: ({ rehearsal: { workedAt, failure, everyHours } }, now) => {
      const worked = isoTimeOrNull(workedAt);
      if (failure !== null) {
        const { snapshot, reason: why, count } = failure;
        return reason('rehearsal_has_failed', { snapshot, why, count, workedAt: worked });
      }
      const isLate = everyHours > 0 && workedAt !== null && now - workedAt > lateAfter * everyHours * 3_600_000;
      return isLate ? reason('rehearsal_late', { workedAt: isoTime(workedAt), everyHours }) : null;
    },
    causes: [
      {
        cause: 'cause_rehearsals_fail',
        page: 'rehearse-a-restore.md#if-it-fails',
        shownBy: ['rehearsal_has_failed', 'rehearsal_late'],
        next: here((cluster) => `picket snapshot rehearse ${cluster}`),
        sparesEtcd: true,
      },
    ],
  },
  'snapshots-not-moved': {
    subject: 'cluster',
    alarm: alarm('warning', 60, 'snapshots not in the store', 'store-snapshots-in-s3'),
    shownBy: ['snapshots_not_moved', 'snapshot_copy_at_fault'],
  },
  'etcd-can-lose-data': {
    subject: 'cluster',
    alarm: alarm('warning', 60, 'etcd has a fault that can lose data', 'choose-the-etcd-version'),
    shownBy: ['etcd_can_lose_data'],
    causes: [
      {
        cause: 'cause_etcd_can_lose_data',
        page: 'choose-the-etcd-version.md#faults-of-a-version',
        shownBy: ['etcd_can_lose_data'],
        next: here((cluster) => `picket advisories ${cluster}`),
        countsAs: 'remark',
      },
    ],
  },
  'rollout-paused': {
    subject: 'cluster',
    causes: [
      {
        cause: 'cause_rollout_paused',
        page: 'change-settings.md#pause-resume-and-go-back',
        shownBy: ['rollout_paused', 'rollouts_paused'],
        next: here((cluster) => `picket rollout resume ${cluster}`),
        sparesEtcd: true,
      },
    ],
  },
  listening: {
    subject: 'cluster',
    causes: [
      {
        cause: 'cause_listening',
        page: 'troubleshoot.md',
        shownBy: ['still_listening'],
        next: asStatus,
      },
    ],
  },
  unexplained: {
    subject: 'cluster',
    causes: [
      {
        cause: 'cause_unexplained',
        page: 'troubleshoot.md',
        shownBy: [],
        next: diagnoseThere,
        isLastResort: true,
      },
    ],
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;
