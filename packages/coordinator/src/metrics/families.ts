import { machineFigures } from './machine-figures.ts';

/** Gauges of members. */
const machineFamilies = Object.fromEntries(
  Object.entries(machineFigures).map(([name, { help }]) => [name, gauge(help, ['cluster', 'member'])]),
) as { readonly [Name in keyof typeof machineFigures]: Family & { readonly labels: readonly ['cluster', 'member'] } };

/**
 * The families of a scrape, in their order: name, help, labels. Names and units follow Prometheus' "Metric and label naming".
 * Labels have few values: clusters, members, clients, operators, codes of reasons and errors, routes.
 */
export const families = {
  picket_build_info: gauge('The version of this coordinator; the value is always 1.', ['version']),
  picket_clusters: gauge('Clusters, without deleted ones.', []),
  picket_nodes: gauge('Nodes that have joined and were not evicted.', ['cluster', 'kind']),

  picket_cluster_state: gauge('1 for the state that `picket status` shows, 0 for the others.', ['cluster', 'state']),
  picket_cluster_declared_members: gauge('Members in the declaration.', ['cluster']),
  picket_cluster_voters: gauge('Voters of etcd, declared or not.', ['cluster']),
  picket_cluster_serving_voters: gauge('Voters that serve, by fresh reports.', ['cluster']),
  picket_cluster_revision: gauge('The revision of the declaration.', ['cluster']),
  picket_cluster_waits: gauge('What the cluster waits for, by the code of the reason.', ['cluster', 'code']),
  picket_cluster_notices: gauge('Notices of `picket status`, by the code of the reason.', ['cluster', 'code']),
  picket_cluster_rollout_members: gauge(
    'Members by whether they have the settings that are rolled out; no series while nothing is rolled out.',
    ['cluster', 'state'],
  ),
  picket_cluster_rollout_stopped: gauge('1 if the rollout of new settings has stopped at a member.', ['cluster']),
  picket_cluster_permit: gauge('1 while this member has the permit to be disrupted, by what it is for.', [
    'cluster',
    'member',
    'purpose',
  ]),
  picket_cluster_snapshot_last_timestamp_seconds: gauge('When the last verified snapshot was taken.', ['cluster']),
  picket_cluster_snapshot_interval_seconds: gauge('How often a snapshot is taken; 0: never.', ['cluster']),
  picket_cluster_snapshot_failures: gauge('Failed attempts since the last snapshot.', ['cluster']),
  picket_cluster_quota_bytes: gauge('How large a database may grow (`quota-backend-bytes`).', ['cluster']),

  picket_member_info: gauge(
    'Versions and addresses of a member; `other` is no version of a release. The value is always 1.',
    ['cluster', 'member', 'address', 'etcd_version', 'agent_version'],
  ),
  picket_member_phase: gauge('1 for the phase in which the member is.', ['cluster', 'member', 'phase']),
  picket_member_serving: gauge('1 if it is a voter that serves, by a fresh report.', ['cluster', 'member']),
  picket_member_report_age_seconds: gauge(
    'Age of its last report; after a start of the coordinator, counted from there.',
    ['cluster', 'member'],
  ),
  picket_member_uncounted: gauge('1 while its reports do not count, by the code of the reason.', [
    'cluster',
    'member',
    'code',
  ]),
  picket_member_service_state: gauge('1 for the state of its etcd service.', ['cluster', 'member', 'state']),
  picket_member_etcd_restarts_total: counter(
    'Starts of its etcd by its init system after an end, as its agent counts.',
    ['cluster', 'member'],
  ),
  picket_member_generation_lag: gauge('Desired states that were published to it and that it has not applied.', [
    'cluster',
    'member',
  ]),
  picket_member_agent_waits: gauge('What its agent waits for, by the code of the reason.', [
    'cluster',
    'member',
    'code',
  ]),
  picket_member_leader: gauge('1 if it is the leader.', ['cluster', 'member']),
  picket_member_has_leader: gauge('1 if it follows a leader, or is the leader.', ['cluster', 'member']),
  picket_member_raft_term: gauge('Its raft term; each election raises it.', ['cluster', 'member']),
  picket_member_alarm: gauge('1 while etcd has raised this alarm for it.', ['cluster', 'member', 'alarm']),
  picket_member_database_bytes: gauge('Size of its database.', ['cluster', 'member']),
  picket_member_database_in_use_bytes: gauge('The part of its database that is in use.', ['cluster', 'member']),
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

function counter<const Labels extends readonly string[]>(help: string, labels: Labels) {
  return { kind: 'counter', help, labels } as const;
}
