import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countedFamilies, families } from '@picket/coordinator/metrics/families.ts';
import { ClusterState } from '@picket/shared/protocol/clusters.ts';
import { reasonTable } from '@picket/shared/reasons/table.ts';
import t from 'tap';
import { parse, stringify } from 'yaml';
import { runToEnd } from '../support/children.ts';
import { ensureDebianTool } from '../support/debian-packages.ts';

const root = join(import.meta.dirname, '../..');
const rulesFile = join(root, 'packaging/prometheus/picket-alerts.yml');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

interface Series {
  readonly series: string;
  readonly values: string;
}

const text = await readFile(rulesFile, 'utf8');
const { groups } = parse(text) as { readonly groups: readonly { readonly rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const all: Readonly<Record<string, { readonly labels: readonly string[] }>> = { ...families, ...countedFamilies };

/** Minutes of one sample each. */
const always = (series: string, value: number): Series => ({ series, values: `${value}x200` });
const notice = (code: string) => always(`picket_cluster_notices{cluster="x-k3s",code="${code}"}`, 1);
const state = (name: string) => always(`picket_cluster_state{cluster="x-k3s",state="${name}"}`, 1);
const ofMember = (family: string, value: number) => always(`${family}{cluster="x-k3s",member="x-k3s-m-2"}`, value);
const from = (series: string, values: string): Series => ({ series, values });

/** A fleet about which nothing is to be said. Its clock starts at 0, as promtool's does. */
const well: readonly Series[] = [
  always('picket_build_info{version="1"}', 1),
  always('picket_clusters', 1),
  state('healthy'),
  ...['no-quorum', 'unknown', 'at-risk', 'frozen'].map((name) =>
    always(`picket_cluster_state{cluster="x-k3s",state="${name}"}`, 0),
  ),
  always('picket_cluster_rollout_stopped{cluster="x-k3s"}', 0),
  ofMember('picket_member_report_age_seconds', 10),
  ofMember('picket_member_raft_term', 4),
  ofMember('picket_member_generation_lag', 0),
  ofMember('picket_member_etcd_restarts_total', 1),
  always('picket_member_phase{cluster="x-k3s",member="x-k3s-m-2",phase="voter"}', 1),
  always('picket_certificate_expiry_timestamp_seconds{cluster="",holder="ada",purpose="operator"}', 90 * 86_400),
  always('picket_store_free_bytes', 8e9),
  always('picket_backup_last_timestamp_seconds', 1),
  always('picket_backup_target_failing{target="/mnt/usb/picket"}', 0),
];

/** What makes each alert, in the place of the series of the same name and labels. */
const faults: Readonly<Record<string, readonly Series[]>> = {
  PicketClusterNoQuorum: [state('no-quorum')],
  PicketClusterUnknown: [state('unknown')],
  PicketClusterAtRisk: [state('at-risk')],
  PicketClusterFrozen: [state('frozen')],
  PicketEtcdNoSpace: [always('picket_member_alarm{cluster="x-k3s",member="x-k3s-m-2",alarm="NOSPACE"}', 1)],
  PicketEtcdCorrupt: [always('picket_member_alarm{cluster="x-k3s",member="x-k3s-m-2",alarm="CORRUPT"}', 1)],
  PicketRolloutStopped: [always('picket_cluster_rollout_stopped{cluster="x-k3s"}', 1)],
  PicketLeaderElections: [from('picket_member_raft_term{cluster="x-k3s",member="x-k3s-m-2"}', '4+1x200')],
  PicketMemberSilent: [from('picket_member_report_age_seconds{cluster="x-k3s",member="x-k3s-m-2"}', '0+60x200')],
  PicketMemberDataLost: [notice('data_dir_missing')],
  PicketLearnerStuck: [always('picket_member_phase{cluster="x-k3s",member="x-k3s-m-2",phase="learner"}', 1)],
  PicketEtcdRestarts: [from('picket_member_etcd_restarts_total{cluster="x-k3s",member="x-k3s-m-2"}', '1+1x200')],
  PicketNodeBehind: [ofMember('picket_member_generation_lag', 1)],
  PicketNodeQuarantined: [always('picket_member_uncounted{cluster="x-k3s",member="x-k3s-m-2",code="quarantined"}', 1)],
  PicketNodeToReadopt: [notice('node_to_readopt')],
  PicketWrongEtcdVersion: [notice('other_minor_would_start')],
  PicketDatabaseNearQuota: [notice('near_quota')],
  PicketDiskNearlyFull: [notice('disk_nearly_full')],
  PicketDiskSlow: [notice('disk_slow')],
  PicketBoardHot: [notice('hot')],
  PicketClockOff: [notice('clock_off')],
  PicketCertificateOverdue: [notice('certificate_overdue')],
  PicketNodeCopied: [notice('identity_is_frozen')],
  PicketOperatorCertificateEnds: [
    always('picket_certificate_expiry_timestamp_seconds{cluster="",holder="ada",purpose="operator"}', 9 * 86_400),
  ],
  PicketAuthorityEnds: [notice('authority_ends')],
  PicketSnapshotsFail: [notice('snapshot_failed')],
  PicketRehearsalsFail: [notice('rehearsal_has_failed')],
  PicketSnapshotsNotMoved: [notice('snapshots_not_moved')],
  PicketEtcdCanLoseData: [notice('etcd_can_lose_data')],
  PicketBackupOld: [always('picket_backup_last_timestamp_seconds', -9 * 86_400)],
  PicketBackupFailing: [always('picket_backup_target_failing{target="/mnt/usb/picket"}', 1)],
  PicketStoreDiskFull: [always('picket_store_free_bytes', 1e8)],
};

t.test('each alert goes off by its fault and nothing else does, by promtool', async (t) => {
  const promtool = await ensureDebianTool('promtool', 'promtool', { env: process.env, say: (line) => t.comment(line) });
  const folder = await mkdtemp(join(tmpdir(), 'picket-alerts-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = join(folder, 'alerts.test.yml');
  const firing = (fault: string | null) =>
    rules.map(({ alert }) => ({
      eval_time: '100m',
      alertname: alert,
      // The number of alerts decides here; their words are the next test's.
      ...(alert === fault ? { exp_alerts: [{}] } : { exp_alerts: [] }),
    }));
  const scenes = [null, ...Object.keys(faults), 'PicketCoordinatorDown'];
  const tests = scenes.map((fault) => ({
    name: fault ?? 'well',
    interval: '1m',
    input_series: fault === 'PicketCoordinatorDown' ? [] : series(fault),
    promql_expr_test: firing(fault).map(({ alertname, exp_alerts }) => ({
      expr: `count(ALERTS{alertname="${alertname}",alertstate="firing"})`,
      eval_time: '100m',
      exp_samples: exp_alerts.length === 0 ? [] : [{ labels: '{}', value: 1 }],
    })),
  }));
  await writeFile(file, stringify({ rule_files: [rulesFile], evaluation_interval: '1m', tests }));
  const { code, stdout, stderr } = await runToEnd(promtool, ['test', 'rules', file]);
  t.equal(code, 0, stdout + stderr);
});

function series(fault: string | null): readonly Series[] {
  const wrong = fault === null ? [] : (faults[fault] ?? []);
  const replaced = new Set(wrong.map((one) => one.series));
  return [...well.filter((one) => !replaced.has(one.series)), ...wrong];
}

t.test('every alert has a fault that makes it', async (t) => {
  const names = rules.map(({ alert }) => alert);
  t.strictSame(names.filter((name) => name !== 'PicketCoordinatorDown').sort(), Object.keys(faults).sort());
});

t.test('every alert asks for series, labels, states and codes that exist', async (t) => {
  const states = new Set<string>(ClusterState.anyOf.map((one) => one.const));
  for (const { alert, expr, annotations } of rules) {
    for (const [name] of expr.matchAll(/picket_\w+/g)) t.ok(name in all, `${alert}: ${name}`);
    for (const [, name, selector] of expr.matchAll(/(picket_\w+)\{([^}]*)\}/g)) {
      for (const [, label, , value] of (selector ?? '').matchAll(/(\w+)(=~?)"([^"]*)"/g)) {
        t.ok(all[name ?? '']?.labels.includes(label ?? ''), `${alert}: ${name} has ${label}`);
        const values = (value ?? '').split('|');
        if (label === 'code') for (const one of values) t.ok(one in reasonTable, `${alert}: the reason ${one}`);
        if (name === 'picket_cluster_state') for (const one of values) t.ok(states.has(one), `${alert}: ${one}`);
      }
    }
    t.match(annotations.summary, /\.$/, `${alert} says what is wrong`);
  }
});

t.test('the how-to lists every alert with its page', async (t) => {
  const page = await readFile(join(root, 'docs/how-to/get-alerts.md'), 'utf8');
  for (const { alert, labels, annotations } of rules) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${alert}\``)) ?? '';
    t.match(row, `| ${labels.severity} `, alert);
    t.match(row, `(${annotations.runbook.split('/').at(-1)})`, alert);
  }
});

t.test('every alert leads to a page', async (t) => {
  for (const { alert, annotations } of rules)
    await t.resolves(readFile(join(root, annotations.runbook)), `${alert}: ${annotations.runbook}`);
});
