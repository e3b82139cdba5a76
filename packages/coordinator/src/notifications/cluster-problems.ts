import { catalogue, found, problemShownBy } from '@picket/shared/problems/catalogue.ts';
import type { ProblemKind } from '@picket/shared/problems/problem-kind.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterSituation } from '../executor/executor.ts';
import { openHold } from '../model/held.ts';
import type { Instant } from '../model/instant.ts';
import { isHeard, silentFor } from '../model/presence.ts';
import type { ClusterStatus } from '../status/cluster-status.ts';
import { type Problem, problemOf, type Sight, stateKey } from './problem.ts';

/** What is wrong in a cluster, by the status that operators see. Pure. */
export function clusterProblems(cluster: ClusterSituation, status: ClusterStatus, now: Instant): readonly Problem[] {
  const held = openHold({ progress: cluster.record.progress, now })?.member;
  const all = [
    ...ofState(status),
    ...detected({ cluster: status.cluster, name: null }, ({ ofCluster }) => ofCluster?.(status)),
    ...status.notices.flatMap((notice) => ofNotice(status.cluster, notice)),
    ...ofMembers(cluster, status, now),
    ...ofClients(cluster, status.cluster, now),
  ];
  return held === undefined ? all : all.filter(({ cluster: of, name }) => of === null || name !== held);
}
/** What can be seen of one member, one client, or the whole cluster. Pure. */
export function clusterSight(cluster: ClusterSituation, status: ClusterStatus, now: Instant) {
  const { record, status: observed } = cluster;
  const held = openHold({ progress: record.progress, now })?.member;
  const { code } = status.headline;
  const isBlind = status.state === 'unknown' || status.state === 'frozen';
  return ({ key, name }: Pick<Problem, 'key' | 'name'>): Sight => {
    if (status.state === 'deleted') return 'gone';
    // Whoever holds a member knows of it; and a coordinator that has just started has not heard all members yet.
    if (code === 'held_fails' || code === 'still_listening') return 'blind';
    if (key === stateKey(status.cluster)) return 'clear';
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

function ofState({ cluster: name, headline: why, next }: ClusterStatus): readonly Problem[] {
  const rule = problemShownBy(why, 'headline');
  return rule === null ? [] : [problemOf({ rule, cluster: name, name: null, why, next, key: stateKey(name) })];
}

function ofNotice(cluster: string, why: Reason): readonly Problem[] {
  const rule = problemShownBy(why, 'notice');
  return rule === null ? [] : [problemOf({ rule, ...about(cluster, catalogue[rule].subject, why), why })];
}

/** Who a notice is about. Each cluster shows the notices about the coordinator, and they are one problem. */
function about(cluster: string, subject: ProblemKind['subject'], { facts }: Reason): Pick<Problem, 'cluster' | 'name'> {
  const { operator, member, name, holder, authority } = facts as Readonly<Record<string, unknown>>;
  const who = subject === 'cluster' ? null : (operator ?? member ?? name ?? holder);
  const isOwn = subject === 'operator' || authority === 'control' || holder === null;
  return { cluster: isOwn ? null : cluster, name: typeof who === 'string' ? who : null };
}

/** Each problem of the catalogue that is found there. */
export function detected(of: Pick<Problem, 'cluster' | 'name'>, ...pick: Parameters<typeof found>): readonly Problem[] {
  return found(...pick).map(({ code: rule, why }) => problemOf({ rule, ...of, why }));
}

function ofMembers({ status: observed }: ClusterSituation, { cluster, members }: ClusterStatus, now: Instant) {
  return members.flatMap(({ name, phase, generation, status: last }) => {
    const node = observed.nodes[name];
    const status = node !== undefined && isHeard(node, now) ? last : null;
    const view = { cluster, name, phase, generation, uncounted: node?.uncounted ?? null, status };
    return detected({ cluster, name }, ({ ofMember }) => ofMember?.(view));
  });
}

function ofClients({ status }: ClusterSituation, cluster: string, now: Instant): readonly Problem[] {
  return Object.entries(status.clients).flatMap(([name, node]) => {
    const { generation } = node;
    const status = isHeard(node, now) ? node.status : null;
    const view = { cluster, name, silentMs: silentFor(node, now), generation, status };
    return detected({ cluster, name }, ({ ofClient }) => ofClient?.(view));
  });
}
