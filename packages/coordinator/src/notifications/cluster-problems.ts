import type { Reason, ReasonCode } from '@picket/shared/reasons/reason.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterSituation } from '../executor/executor.ts';
import { openHold } from '../model/held.ts';
import type { Instant } from '../model/instant.ts';
import { isHeard, silentFor } from '../model/presence.ts';
import { lossConsideredAfter } from '../model/waits.ts';
import type { ClusterStatus } from '../status/cluster-status.ts';
import { type Problem, problemOf, type Sight, stateKey } from './problem.ts';
import type { RuleName } from './rules.ts';

/** What is wrong in a cluster, by the status that operators see. Pure. */
export function clusterProblems(cluster: ClusterSituation, status: ClusterStatus, now: Instant): readonly Problem[] {
  const held = openHold({ progress: cluster.record.progress, now })?.member;
  const all = [
    ...ofState(status),
    ...ofRollout(status),
    ...status.notices.flatMap((notice) => ofNotice(status.name, notice)),
    ...ofMembers(cluster, status, now),
    ...ofClients(cluster, status.name, now),
  ];
  return held === undefined ? all : all.filter(({ cluster: of, name }) => of === null || name !== held);
}

/** What can be seen of one member, one client, or the whole cluster. Pure. */
export function clusterSight(cluster: ClusterSituation, status: ClusterStatus, now: Instant) {
  const { record, status: observed } = cluster;
  const held = openHold({ progress: record.progress, now })?.member;
  const isBlind = status.state === 'unknown' || status.state === 'frozen';
  return ({ key, name }: Pick<Problem, 'key' | 'name'>): Sight => {
    if (status.state === 'deleted') return 'gone';
    if (saysNothing(status.headline.code)) return 'blind';
    if (key === stateKey(status.name)) return 'clear';
    if (isBlind) return 'blind';
    const node = name === null ? undefined : (observed.nodes[name] ?? observed.clients[name]);
    if (name === null) return 'clear';
    if (node === undefined) return isDeclared(status, name) ? 'blind' : 'gone';
    return name !== held && isHeard(node, now) ? 'clear' : 'blind';
  };
}

function isDeclared({ members }: ClusterStatus, name: string): boolean {
  return members.some((member) => member.name === name);
}

function ofState({ name, state, headline: why, next }: ClusterStatus): readonly Problem[] {
  const rule = ruleOfState(state, why.code);
  return rule === null ? [] : [problemOf({ rule, cluster: name, name: null, why, next, key: stateKey(name) })];
}

function ruleOfState(state: ClusterStatus['state'], code: ReasonCode): RuleName | null {
  if (saysNothing(code)) return null;
  switch (state) {
    case 'no-quorum':
    case 'unknown':
    case 'frozen':
    case 'at-risk':
      return state;
    case 'read-only':
      return code === 'takes_no_writes' ? 'no-space' : 'corrupt';
    default:
      return null;
  }
}

/** Whoever holds a member knows of it; and a coordinator that has just started has not heard all members yet. */
function saysNothing(code: ReasonCode): boolean {
  return code === 'held_fails' || code === 'still_listening';
}

function ofRollout({ name: cluster, rollout }: ClusterStatus): readonly Problem[] {
  if (rollout?.state !== 'stopped') return [];
  const why = reason('rollout_has_stopped', { why: rollout.reason });
  return [problemOf({ rule: 'rollout-stopped', cluster, name: null, why })];
}

/** The rules of the notices that receivers get; the other notices are advice. */
const ruleOfNotice: Readonly<Partial<Record<ReasonCode, RuleName>>> = {
  data_dir_missing: 'data-lost',
  data_unusable: 'data-lost',
  not_rendered: 'node-behind',
  node_to_readopt: 'node-to-readopt',
  other_minor_would_start: 'wrong-etcd-version',
  near_quota: 'database-near-quota',
  often_full: 'database-near-quota',
  disk_nearly_full: 'disk-nearly-full',
  disk_slow: 'disk-slow',
  hot: 'board-hot',
  clock_off: 'clock-off',
  certificate_overdue: 'certificate-overdue',
  identity_ends: 'certificate-overdue',
  identity_ended: 'certificate-overdue',
  identity_is_frozen: 'node-copied',
  operator_certificate_ends: 'operator-certificate-ends',
  authority_ends: 'authority-ends',
  snapshot_failed: 'snapshots-fail',
  snapshot_late: 'snapshots-fail',
  snapshots_not_moved: 'snapshots-not-moved',
  snapshot_copy_at_fault: 'snapshots-not-moved',
};

/** From this many unexpected ends within a day on, restarts are a problem. */
const manyRestarts = 3;

function ofNotice(cluster: string, why: Reason): readonly Problem[] {
  if (why.code === 'restarted') {
    const { member: name, restarts } = why.facts;
    return restarts < manyRestarts ? [] : [problemOf({ rule: 'etcd-restarts', cluster, name, why })];
  }
  const rule = ruleOfNotice[why.code];
  if (rule === undefined) return [];
  return [problemOf({ rule, ...about(cluster, why), why })];
}

/** Who a notice is about. Each cluster shows the notices about the coordinator, and they are one problem. */
function about(cluster: string, { code, facts }: Reason): Pick<Problem, 'cluster' | 'name'> {
  const { member, name, holder, operator, authority } = facts as Readonly<Record<string, unknown>>;
  if (code === 'operator_certificate_ends') return { cluster: null, name: String(operator) };
  if (code === 'authority_ends') return { cluster: authority === 'control' ? null : cluster, name: null };
  if (code === 'certificate_overdue' && holder === null) return { cluster: null, name: null };
  const who = member ?? name ?? holder;
  return { cluster, name: typeof who === 'string' ? who : null };
}

function ofMembers({ status: observed }: ClusterSituation, { name: cluster, members }: ClusterStatus, now: Instant) {
  return members.flatMap(({ name, phase, generation, status: last }): readonly Problem[] => {
    const node = observed.nodes[name];
    const uncounted = node?.uncounted;
    const status = node !== undefined && isHeard(node, now) ? last : null;
    const of = { cluster, name };
    const told = (rule: RuleName, why: Reason) => problemOf({ rule, ...of, why });
    return [
      ...(phase === 'learner' ? [told('learner-stuck', reason('learner_stays', of))] : []),
      ...(status !== null && status.agent.generationApplied < generation
        ? [told('node-behind', reason('not_up_to_date', of))]
        : []),
      ...(uncounted?.code === 'quarantined'
        ? [told('node-quarantined', reason('reports_uncounted', { ...of, why: uncounted }))]
        : []),
      ...(status?.service.state === 'lost-data'
        ? [told('data-lost', reason('data_is_lost', { ...of, why: status.service.reason }))]
        : []),
    ];
  });
}

/** A member that is silent is in the state of its cluster. */
function ofClients({ status }: ClusterSituation, cluster: string, now: Instant): readonly Problem[] {
  return Object.entries(status.clients).flatMap(([name, node]) => {
    const silence = silentFor(node, now);
    const isSilent = silence !== null && silence > lossConsideredAfter;
    return isSilent
      ? [problemOf({ rule: 'client-silent', cluster, name, why: reason('client_is_silent', { cluster, name }) })]
      : [];
  });
}
