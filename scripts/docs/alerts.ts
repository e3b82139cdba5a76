import { type AlarmCode, alarmCodes, alarmOf, catalogue } from '@picket/shared/problems/catalogue.ts';

/** What only Prometheus needs of an alert. */
interface Alert {
  readonly summary: string;
  /** Left out: the state of the cluster, or the notices, of the problem in the catalogue. */
  readonly expr?: string;
}

/** An alert about history or absence, which the coordinator does not judge. */
interface OwnAlert extends Required<Alert> {
  readonly severity: 'warning';
  readonly minutes: number;
  readonly page: string;
}

/** By problem, in the order of the file. */
const groups: Readonly<Record<string, Readonly<Partial<Record<AlarmCode, Alert>> & Record<string, Alert | OwnAlert>>>> =
  {
    'picket-clusters': {
      'no-quorum': { summary: 'The etcd cluster {{ $labels.cluster }} has no quorum and takes no writes.' },
      unknown: {
        summary: 'Too few nodes of the cluster {{ $labels.cluster }} report: nobody can tell whether etcd serves.',
      },
      'at-risk': {
        summary: 'A voter of the cluster {{ $labels.cluster }} does not serve, and nobody holds it for maintenance.',
        expr: '(picket_cluster_state{state="at-risk"} == 1 unless on (cluster) picket_cluster_permit{purpose="hold"}) or (picket_cluster_state{state="at-risk"} == 1 and on (cluster) picket_cluster_voters - picket_cluster_serving_voters > 1)',
      },
      frozen: { summary: 'The cluster {{ $labels.cluster }} is frozen: Picket takes no step in it.' },
      'no-space': {
        summary: 'etcd of the cluster {{ $labels.cluster }} has raised NOSPACE and takes no writes.',
        expr: 'max by (cluster) (picket_member_alarm{alarm="NOSPACE"}) == 1',
      },
      corrupt: {
        summary: 'etcd of the cluster {{ $labels.cluster }} has raised CORRUPT: the data of a member differs.',
        expr: 'max by (cluster) (picket_member_alarm{alarm="CORRUPT"}) == 1',
      },
      'rollout-stopped': {
        summary: 'The rollout of new settings in the cluster {{ $labels.cluster }} has stopped at a member.',
        expr: 'picket_cluster_rollout_stopped == 1',
      },
      'leader-elections': {
        summary: 'The cluster {{ $labels.cluster }} has elected {{ $value | printf "%.0f" }} leaders within an hour.',
        expr: 'max by (cluster) (picket_member_raft_term) - max by (cluster) (picket_member_raft_term offset 1h) > 5',
        severity: 'warning',
        minutes: 0,
        page: 'troubleshoot',
      },
    },
    'picket-members': {
      'client-silent': {
        summary:
          'The agent of {{ $labels.member }}{{ $labels.client }} ({{ $labels.cluster }}) has not reported for ten minutes; an etcd there may still serve.',
        expr: 'picket_member_report_age_seconds > 600 or picket_client_report_age_seconds > 600',
      },
      'data-lost': {
        summary: 'A member of the cluster {{ $labels.cluster }} cannot start again with its data.',
        expr: 'picket_cluster_notices{code=~"data_dir_missing|data_unusable"} > 0 or picket_member_service_state{state="lost-data"} == 1',
      },
      'learner-stuck': {
        summary: '{{ $labels.member }} ({{ $labels.cluster }}) has been a learner for 30 minutes.',
        expr: 'picket_member_phase{phase="learner"} == 1',
      },
      'etcd-restarts': {
        summary:
          'The etcd of {{ $labels.member }} ({{ $labels.cluster }}) has ended unexpectedly more than twice within an hour.',
        expr: 'increase(picket_member_etcd_restarts_total[1h]) > 2',
      },
      'node-behind': {
        summary: 'A node of the cluster {{ $labels.cluster }} has not applied its desired state for 30 minutes.',
        expr: 'picket_member_generation_lag > 0 or picket_client_generation_lag > 0 or picket_cluster_notices{code="not_rendered"} > 0',
      },
      'node-quarantined': {
        summary: 'The reports of {{ $labels.member }} ({{ $labels.cluster }}) do not count: it is quarantined.',
        expr: 'picket_member_uncounted{code="quarantined"} == 1',
      },
      'node-to-readopt': { summary: 'A node of the cluster {{ $labels.cluster }} waits for its re-adoption.' },
      'wrong-etcd-version': {
        summary:
          'A machine of the cluster {{ $labels.cluster }} has another etcd installed than it runs, and would not start it.',
      },
    },
    'picket-machines': {
      'database-near-quota': { summary: 'A database of the cluster {{ $labels.cluster }} is close to its quota.' },
      'disk-nearly-full': { summary: 'The disk of a member of the cluster {{ $labels.cluster }} is nearly full.' },
      'disk-slow': { summary: 'A disk of the cluster {{ $labels.cluster }} is too slow for etcd.' },
      'board-hot': { summary: 'A board of the cluster {{ $labels.cluster }} is so hot that it slows down.' },
      'clock-off': {
        summary: 'The clock of a member of the cluster {{ $labels.cluster }} differs from that of the coordinator.',
      },
    },
    'picket-certificates': {
      'certificate-overdue': {
        summary: 'A certificate of the cluster {{ $labels.cluster }}, or of the coordinator, was not renewed in time.',
        expr: 'max by (cluster, code) (picket_cluster_notices{code=~"certificate_overdue|identity_ends|identity_ended"}) > 0',
      },
      'node-copied': { summary: 'Two machines show the identity of one node of the cluster {{ $labels.cluster }}.' },
      'operator-certificate-ends': {
        summary: 'The certificate of the operator {{ $labels.holder }} ends within 30 days.',
        expr: 'picket_certificate_expiry_timestamp_seconds{purpose="operator"} - time() < 30 * 86400',
      },
      'authority-ends': {
        summary: 'A certificate authority ends within a year: everything that it has issued ends with it.',
        expr: 'max by (code) (picket_cluster_notices{code="authority_ends"}) > 0',
      },
    },
    'picket-safety': {
      'snapshots-fail': { summary: 'The cluster {{ $labels.cluster }} has no snapshot as new as it should be.' },
      'rehearsals-fail': {
        summary:
          'A restore of the cluster {{ $labels.cluster }} failed in a rehearsal, or was not rehearsed for a while.',
      },
      'snapshots-not-moved': { summary: 'Snapshots of the cluster {{ $labels.cluster }} are only on the coordinator.' },
      'etcd-can-lose-data': {
        summary: 'The cluster {{ $labels.cluster }} runs a version of etcd with a known fault that can lose data.',
      },
      'backup-old': {
        summary: 'The coordinator has no backup of the last week.',
        expr: 'time() - picket_backup_last_timestamp_seconds > 8 * 86400 and on (job, instance) picket_clusters > 0',
      },
      'backup-failing': {
        summary: 'No backup can be stored in {{ $labels.target }}.',
        expr: 'picket_backup_target_failing == 1',
      },
      'coordinator-down': {
        summary: 'The coordinator answers no scrape. etcd runs on, and nobody replaces, renews or takes snapshots.',
        expr: 'absent(picket_build_info)',
        severity: 'warning',
        minutes: 3,
        page: 'troubleshoot',
      },
      'store-disk-full': {
        summary: 'The disk of the coordinator is nearly full: it can soon store nothing.',
        expr: 'picket_store_free_bytes < 512 * 1024 * 1024',
      },
    },
  };

/** The names of alerts that do not follow from the code. */
const names: Readonly<Record<string, string>> = {
  'no-quorum': 'ClusterNoQuorum',
  unknown: 'ClusterUnknown',
  'at-risk': 'ClusterAtRisk',
  frozen: 'ClusterFrozen',
  'no-space': 'EtcdNoSpace',
  corrupt: 'EtcdCorrupt',
  'client-silent': 'MemberSilent',
  'data-lost': 'MemberDataLost',
};

/** packaging/prometheus/picket-alerts.yml: the catalogue of problems as rules for Prometheus. */
export function alertsDocument(): string {
  const told = new Set(Object.values(groups).flatMap((alerts) => Object.keys(alerts)));
  const untold = alarmCodes.filter((code) => !told.has(code));
  if (untold.length > 0) throw new Error(`problems without an alert in scripts/docs/alerts.ts: ${untold.join()}`);
  return [
    '# Alerts for Picket. The coordinator judges (states, notices); these rules only say for how long that must last, and how',
    "# urgent it is. `runbook` is a page of Picket's documentation. See docs/how-to/get-alerts.md. `npm run docs` writes this file.",
    'groups:',
    Object.entries(groups)
      .map(([name, alerts]) => `  - name: ${name}\n    rules:\n${Object.entries(alerts).map(ruleOf).join('')}`)
      .join('\n'),
  ].join('\n');
}

function ruleOf([code, alert]: readonly [string, Alert | OwnAlert]): string {
  const { severity, minutes, page } = 'minutes' in alert ? alert : timesOf(code);
  const name = names[code] ?? code.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());
  const quote = alert.summary.includes('"') ? "'" : '"';
  const lines = [
    `- alert: Picket${name}`,
    `  expr: ${alert.expr ?? exprOf(code)}`,
    ...(minutes === 0 ? [] : [`  for: ${minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`}`]),
    `  labels: { severity: ${severity} }`,
    '  annotations:',
    `    summary: ${quote}${alert.summary}${quote}`,
    `    runbook: docs/how-to/${page}.md`,
  ];
  return lines.map((line) => `      ${line}\n`).join('');
}

function timesOf(code: string) {
  const kind = alarmOf(code);
  if (kind === null) throw new Error(`the catalogue has no problem ${code}`);
  return { severity: kind.severity, minutes: kind.afterMinutes, page: kind.page };
}

function exprOf(code: string): string {
  const { state, shownBy = [] } = catalogue[code as AlarmCode];
  if (state !== undefined) return `picket_cluster_state{state="${state}"} == 1`;
  return `picket_cluster_notices{code${shownBy.length === 1 ? '=' : '=~'}"${shownBy.join('|')}"} > 0`;
}
