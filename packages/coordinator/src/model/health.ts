import { servesAsVoter } from '@picket/shared/protocol/etcd-health.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { NodeObservation } from './cluster-status.ts';
import type { Instant } from './instant.ts';
import { memberNames, strangeVoters } from './member-names.ts';
import type { MemberProgress } from './membership-progress.ts';
import { isAwaited, presence, silentFor } from './presence.ts';
import type { Situation } from './situation.ts';
import { stayHealthyFor } from './waits.ts';

export type Health = { readonly ok: true } | { readonly ok: false; readonly why: Reason };

/** Nothing speaks against it. */
export const fine: Health = { ok: true };
/** This speaks against it. */
export const not = (why: Reason): Health => ({ ok: false, why });

/**
 * Reachable: its agent has reported recently, and has not said that its machine stops. What must wait until a node is
 * silent asks `mayBeHeard`: such a machine is off a little later, or may be back already (R16).
 */
export function reachable(node: NodeObservation | undefined, now: number): Health {
  if (node === undefined) return not(reason('not_joined'));
  if (node.uncounted !== undefined) return not(node.uncounted);
  const { receivedAt, status, isStored } = node;
  if (receivedAt === null || status === null) return not(reason('not_reported'));
  const seen = presence(node, now);
  switch (seen.state) {
    case 'never-reported':
      return not(reason('not_reported'));
    case 'unsure':
      if (isStored === true) return not(reason('not_reported_since_start'));
      // After a clock was set back, every report is from the future and says nothing about now.
      if (now < receivedAt) return not(reason('reported_ahead_of_clock'));
      if (isAwaited(node, now)) return not(reason('not_reported_since_clock'));
      return not(reason('report_came_late', { seconds: Math.floor((now - receivedAt) / 1000) }));
    case 'reports':
      // etcd stops with its machine, and runs on without its agent.
      return status.agent.stops === 'machine' ? not(reason('machine_stopped', { seconds: saidAgo(node, now) })) : fine;
    case 'silent': {
      const { stops } = status.agent;
      const seconds = Math.floor(seen.forMs / 1000);
      if (stops === undefined) return not(reason('silent', { seconds }));
      const code = stops === 'machine' ? 'machine_stopped' : 'agent_stopped';
      return not(reason(code, { seconds: saidAgo(node, now) }));
    }
  }
}

/**
 * Why no more is heard of what this node has carried out; null if it reports, and while it may not have had the time to since the
 * coordinator was started (R16, R19).
 */
export function goneFrom(node: NodeObservation | undefined, now: number): Reason | null {
  const health = reachable(node, now);
  return health.ok || isAwaited(node, now) ? null : health.why;
}

/** How many seconds ago its last report came: a goodbye from before the coordinator's start is as old as the wall clock says. */
function saidAgo(node: NodeObservation, now: number): number {
  const atLeast = silentFor(node, now) ?? 0;
  const byWallClock = node.isStored === true ? now - (node.receivedAt ?? now) : 0;
  return Math.floor(Math.max(atLeast, byWallClock) / 1000);
}

/** Whether an etcd that says this of itself is of this release; `3.6.0-rc.1` is stored as 3.6.0. */
export function isVersion(said: string | null, version: string): boolean {
  return said?.split(/[-+]/, 1)[0] === version.split(/[-+]/, 1)[0];
}

/** True if the etcd of this member runs the expected incarnation in the expected cluster and follows a leader. */
export function following(situation: Situation, name: string): Health {
  const member = situation.progress.members[name];
  const node = situation.status.nodes[name];
  const reach = reachable(node, situation.now);
  if (!reach.ok || !node?.status) return reach;
  const { agent, service, etcd } = node.status;
  if (service.incarnation !== member?.incarnation) return not(reason('etcd_not_started'));
  // It will never be able to vote. A voter in this state still serves the cluster.
  if (member.phase === 'learner' && service.dataGone === true) return not(reason('runs_without_data'));
  if (etcd === null) {
    const isCatchingUp = member.phase === 'learner' && service.quorumRead === true && service.authenticationOn !== true;
    const said = service.reason ?? agent.waits[0];
    if (service.leaderlessVersion !== undefined) return not(reason('no_leader'));
    if (said !== undefined) return not(reason('node_says', { why: said }));
    return not(isCatchingUp ? reason('etcd_catches_up') : reason('etcd_silent', { state: service.state }));
  }
  if (etcd.clusterId !== situation.progress.formation?.clusterId) {
    return not(reason('other_cluster', { clusterId: etcd.clusterId }));
  }
  if (etcd.leader === '0') return not(reason('no_leader'));
  return fine;
}

/** A voter that serves the cluster: its etcd runs the expected incarnation in it, and serves as a voter does. */
export function serving(situation: Situation, name: string): Health {
  const follows = following(situation, name);
  const etcd = situation.status.nodes[name]?.status?.etcd;
  return !follows.ok || !etcd || servesAsVoter(etcd) ? follows : not(reason('no_reads'));
}

/** True if it does its part: a voter serves, and a learner, which serves nobody, follows. */
export function works(situation: Situation, name: string): Health {
  return (situation.progress.members[name]?.phase === 'learner' ? following : serving)(situation, name);
}

/** True if this member works, and has been healthy for a while since this moment, by its own reports. */
export function staysWell(situation: Situation, name: string, moment: Instant): boolean {
  const { receivedAt = null, healthySince = null } = situation.status.nodes[name] ?? {};
  if (receivedAt === null || healthySince === null || !works(situation, name).ok) return false;
  return receivedAt - Math.max(healthySince, moment) >= stayHealthyFor;
}

/** True if it has reported since it got its last desired state. */
export function hasSeenLatest(node: NodeObservation | undefined): boolean {
  return node?.status != null && node.status.agent.generationSeen >= node.generation;
}

/** True if it has applied its last desired state. */
export function hasApplied(node: NodeObservation | undefined): boolean {
  return node?.status != null && node.status.agent.generationApplied >= node.generation;
}

/** True if the node of this member reports that it leads. */
export function leads({ progress, status }: Pick<Situation, 'progress' | 'status'>, name: string): boolean {
  const leader = status.nodes[name]?.status?.etcd?.leader;
  return leader !== undefined && leader === progress.members[name]?.memberId;
}

/** The voters, declared or not, in the order of {@link memberNames}. */
export function voters(
  situation: Pick<Situation, 'spec' | 'progress'>,
): readonly (readonly [name: string, member: MemberProgress])[] {
  return memberNames(situation).flatMap((name) => {
    const member = situation.progress.members[name];
    return member?.phase === 'voter' ? [[name, member] as const] : [];
  });
}

/**
 * All voters that etcd lists, declared or not: each counts for the quorum (R3). `strange`: those without an incarnation here, by name and ID, since
 * another member may have that name; by ID alone if etcd knows no name.
 */
export function electorate(situation: Pick<Situation, 'spec' | 'progress'>) {
  const strange = strangeVoters(situation.progress).map(({ id, name }) => (name === '' ? id : `${name} (${id})`));
  const all = voters(situation).length + strange.length;
  return { strange, all, quorum: quorumOf(all) };
}

/** How many of these voters are a majority. */
export function quorumOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

/** The names of those that serve. */
export function servingVoters(situation: Situation): readonly string[] {
  return voters(situation).flatMap(([name]) => (serving(situation, name).ok ? [name] : []));
}

/** What the node of this member reports now; null unless it is {@link reachable}. */
export function presentStatus({ status, now }: Pick<Situation, 'status' | 'now'>, name: string): NodeStatus | null {
  const node = status.nodes[name];
  return reachable(node, now).ok ? (node?.status ?? null) : null;
}

/** True if the etcd of this member keeps its agent, which reports, out because authentication is on. */
export function refusesPicket(situation: Situation, name: string): boolean {
  const status = presentStatus(situation, name);
  return status?.etcd === null && status.service.authenticationOn === true;
}

/** True if the etcd of a voter does so. */
export function isPicketKeptOut(situation: Situation): boolean {
  return voters(situation).some(([name]) => refusesPicket(situation, name));
}

/** The voters whose etcd serves, and whose data directory is missing. */
export function withoutData(situation: Situation): readonly string[] {
  return servingVoters(situation).filter((name) => situation.status.nodes[name]?.status?.service.dataGone === true);
}

/** Each voter that does not serve, and why. */
export function ailments(situation: Situation): readonly Reason<'of_member'>[] {
  return voters(situation).flatMap(([name]) => {
    const health = serving(situation, name);
    return health.ok ? [] : [reason('of_member', { member: name, why: health.why })];
  });
}
