import { machineFigures } from './machine-figures.ts';

/** Gauges of members. */
const machineFamilies = Object.fromEntries(
  Object.entries(machineFigures).map(([name, { help }]) => [name, gaugeOfMember(help)]),
) as { readonly [Name in keyof typeof machineFigures]: Family & { readonly labels: readonly ['cluster', 'member'] } };

/**
 * The families of a scrape, in their order: name, help, labels. Names and units follow Prometheus' "Metric and label naming".
 * Labels have few values: clusters, members, clients, operators, codes of reasons and errors, routes.
 */
export const families = {
  picket_build_info: gauge('The version of this coordinator; the value is always 1.', ['version']),
  picket_clusters: gauge('Clusters, without deleted ones.', []),
  picket_nodes: gaugeOfCluster('Nodes that have joined and were not evicted.', 'kind'),

  picket_cluster_state: gaugeOfCluster('1 for the state that `picket status` shows, 0 for the others.', 'state'),
  picket_cluster_declared_members: gaugeOfCluster('Members in the declaration.'),
  picket_cluster_voters: gaugeOfCluster('Voters of etcd, declared or not.'),
  picket_cluster_serving_voters: gaugeOfCluster('Voters that serve, by fresh reports.'),
  picket_cluster_revision: gaugeOfCluster('The revision of the declaration.'),
  picket_cluster_waits: gaugeOfCluster('What the cluster waits for, by the code of the reason.', 'code'),
  picket_cluster_notices: gaugeOfCluster('Notices of `picket status`, by the code of the reason.', 'code'),
  picket_cluster_rollout_members: gaugeOfCluster(
    'Members by whether they have the settings that are rolled out; no series while nothing is rolled out.',
    'state',
  ),
  picket_cluster_rollout_stopped: gaugeOfCluster('1 if the rollout of new settings has stopped at a member.'),
  picket_cluster_permit: gaugeOfMember(
    '1 while this member has the permit to be disrupted, by what it is for.',
    'purpose',
  ),
  picket_cluster_snapshot_last_timestamp_seconds: gaugeOfCluster('When the last verified snapshot was taken.'),
  picket_cluster_snapshot_interval_seconds: gaugeOfCluster('How often a snapshot is taken; 0: never.'),
  picket_cluster_snapshot_failures: gaugeOfCluster('Failed attempts since the last snapshot.'),
  picket_cluster_rehearsal_last_timestamp_seconds: gaugeOfCluster(
    'When the last rehearsal of a restore worked; no series before the first.',
  ),
  picket_cluster_rehearsal_duration_seconds: gaugeOfCluster('How long that rehearsal took.'),
  picket_cluster_rehearsal_failures: gaugeOfCluster('Failed rehearsals since then.'),
  picket_cluster_quota_bytes: gaugeOfCluster('How large a database may grow (`quota-backend-bytes`).'),

  picket_member_info: gaugeOfMember(
    'Versions and addresses of a member; `other` is no version of a release. The value is always 1.',
    'address',
    'etcd_version',
    'agent_version',
  ),
  picket_member_phase: gaugeOfMember('1 for the phase in which the member is.', 'phase'),
  picket_member_serving: gaugeOfMember('1 if it is a voter that serves, by a fresh report.'),
  picket_member_report_age_seconds: gaugeOfMember(
    'Age of its last report; after a start of the coordinator, counted from there.',
  ),
  picket_member_uncounted: gaugeOfMember('1 while its reports do not count, by the code of the reason.', 'code'),
  picket_member_service_state: gaugeOfMember('1 for the state of its etcd service.', 'state'),
  picket_member_etcd_restarts_total: counter(
    'Starts of its etcd by its init system after an end, as its agent counts.',
    ['cluster', 'member'],
  ),
  picket_member_generation_lag: gaugeOfMember('Desired states that were published to it and that it has not applied.'),
  picket_member_agent_waits: gaugeOfMember('What its agent waits for, by the code of the reason.', 'code'),
  picket_member_leader: gaugeOfMember('1 if it is the leader.'),
  picket_member_has_leader: gaugeOfMember('1 if it follows a leader, or is the leader.'),
  picket_member_raft_term: gaugeOfMember('Its raft term; each election raises it.'),
  picket_member_alarm: gaugeOfMember('1 while etcd has raised this alarm for it.', 'alarm'),
  picket_member_database_bytes: gaugeOfMember('Size of its database.'),
  picket_member_database_in_use_bytes: gaugeOfMember('The part of its database that is in use.'),
  ...machineFamilies,

  picket_client_report_age_seconds: gauge(
    'Age of the last report of a client node; after a start of the coordinator, counted from there.',
    ['cluster', 'client'],
  ),
  picket_client_generation_lag: gauge('Desired states that were published to it and that it has not applied.', [
    'cluster',
    'client',
  ]),

  picket_certificate_expiry_timestamp_seconds: gauge(
    'The end of a certificate in use. `cluster` is empty for those of the coordinator.',
    ['cluster', 'holder', 'purpose'],
  ),
  picket_certificate_renewal_timestamp_seconds: gauge('When its holder renews it; no series if nobody does.', [
    'cluster',
    'holder',
    'purpose',
  ]),

  picket_store_bytes: gauge('Size of the coordinator’s database.', ['file']),
  picket_store_free_bytes: gauge('What the coordinator can still write to the disk of its data directory.', []),

  picket_backup_target_failing: gauge('1 if the last attempt of the schedule to store a backup there failed.', [
    'target',
  ]),
  picket_backup_target_last_timestamp_seconds: gauge('When the newest backup there was made; 0 if none is known.', [
    'target',
  ]),
  picket_backup_last_timestamp_seconds: gauge(
    'When a backup was last made from a serving coordinator; 0: not known.',
    [],
  ),

  picket_notification_channel_failing: gauge('1 while the receiver of a channel takes no notification.', [
    'channel',
    'kind',
  ]),
  picket_notifications_total: counter('Notifications and pings by kind of channel and result, since the start.', [
    'kind',
    'result',
  ]),

  process_start_time_seconds: gauge('When the coordinator was started, by its clock.', []),
  process_cpu_seconds_total: counter('Processor time of the coordinator.', []),
  process_resident_memory_bytes: gauge('Resident memory of the coordinator.', []),
} as const satisfies Readonly<Record<string, Family>>;

/** What is counted between scrapes. */
export const countedFamilies = {
  picket_http_request_duration_seconds: {
    kind: 'histogram',
    help: 'Time to answer a request, without the polls of nodes, which wait for a change.',
    labels: ['method', 'route'],
  },
  picket_http_requests_total: counter('Answered requests, without the polls of nodes.', ['method', 'route', 'status']),
  picket_http_errors_total: counter('Requests that were refused or failed, by the code of the error.', ['code']),
} as const;

export interface Family {
  readonly kind: 'gauge' | 'counter';
  readonly help: string;
  readonly labels: readonly string[];
}

export type FamilyName = keyof typeof families;

/** A value at the moment of a scrape, with a value for each label of its family. */
export interface Sample {
  readonly family: FamilyName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Only the labels of that family are accepted. */
export function sample<Name extends FamilyName>(
  family: Name,
  labels: Readonly<Record<(typeof families)[Name]['labels'][number], string>>,
  value: number,
): Sample {
  return { family, labels, value };
}

function gauge<const Labels extends readonly string[]>(help: string, labels: Labels) {
  return { kind: 'gauge', help, labels } as const;
}

function gaugeOfCluster<const More extends readonly string[]>(help: string, ...more: More) {
  return gauge(help, ['cluster', ...more]);
}

function gaugeOfMember<const More extends readonly string[]>(help: string, ...more: More) {
  return gauge(help, ['cluster', 'member', ...more]);
}

function counter<const Labels extends readonly string[]>(help: string, labels: Labels) {
  return { kind: 'counter', help, labels } as const;
}
