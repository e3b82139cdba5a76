import { minorOf } from '@picket/shared/etcd-version.ts';
import { isoTime, isoTimeOrNull } from '@picket/shared/iso-time.ts';
import type { ClientView, ClusterStatusView, MemberPhase, MemberView } from '@picket/shared/protocol/clusters.ts';
import type { WithoutMessages } from '@picket/shared/protocol/rendered.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { tellsOf } from '@picket/shared/reasons/tells-of.ts';
import { versionsFit } from '@picket/shared/version-skew.ts';
import { keepsItFromLeaving } from '../controller/membership/departures.ts';
import { survivorOf } from '../controller/restore/survivor.ts';
import { isMajorityLost, knownMembers } from '../controller/restore/voter-evidence.ts';
import { specWarnings } from '../declaration/make-spec.ts';
import type { ClusterSituation } from '../executor/executor.ts';
import type { NodeIdentity } from '../identity/principals.ts';
import type { Conditions } from '../model/conditions.ts';
import { configurationOf, hasStarted } from '../model/configuration-of.ts';
import { withExcerpts } from '../model/excerpts.ts';
import { ailments, voters } from '../model/health.ts';
import { heldWords, holdEnds, isHoldOver, openHold } from '../model/held.ts';
import type { Instant } from '../model/instant.ts';
import { version } from '../model/own-version.ts';
import { isHeard, mayBeHeard, silentFor } from '../model/presence.ts';
import type { Situation } from '../model/situation.ts';
import { clientUrlOf, clientUrlsOf } from '../model/urls.ts';
import { lossConsideredAfter } from '../model/waits.ts';
import { authenticationNotices } from './authentication-notices.ts';
import { dataNotices } from './data-notices.ts';
import { advisoryNotices } from './etcd-advisories.ts';
import { headline, type Listener } from './headline.ts';
import { holdView } from './hold-view.ts';
import { identityNotices } from './identity-notices.ts';
import { machineNotices } from './machine-notices.ts';
import { maintenanceNotices } from './maintenance-notices.ts';
import { movedEtcd } from './moved-etcd.ts';
import { isRecent } from './recent.ts';
import { rehearsalView } from './rehearsal-view.ts';
import { pauseNotices, type Rollout, rolloutView } from './rollout-view.ts';
import { snapshotNotices } from './snapshot-notices.ts';
import { upgradeIn } from './upgrade-view.ts';

/** A {@link ClusterStatusView} before its reasons get their messages. */
export interface ClusterStatus
  extends Omit<
    WithoutMessages<ClusterStatusView>,
    'headline' | 'waitsFor' | 'notices' | 'rollout' | 'members' | 'clients'
  > {
  readonly headline: Reason;
  readonly waitsFor: readonly Reason[];
  readonly notices: readonly Reason[];
  readonly rollout: Rollout | null;
  readonly members: readonly AsReported<MemberView>[];
  readonly clients: readonly AsReported<ClientView>[];
}

type AsReported<View> = WithoutMessages<Omit<View, 'status'>> & { readonly status: NodeStatus | null };

export interface MoreNotices {
  /** The nodes that an operator has to re-adopt. */
  readonly toReadopt: readonly Reason[];
  /** The coordinator was restored, and the reports of the nodes do not count yet: none is shown as silent or ill. */
  readonly rests: boolean;
  readonly others: readonly Reason[];
}

/** What an operator sees of a cluster: its members from their last reports, and what it waits for. */
export function clusterStatus(
  cluster: ClusterSituation,
  now: Instant,
  listener: Listener,
  identityOf: (nodeId: string) => NodeIdentity | null,
  { toReadopt, rests, others }: MoreNotices,
): ClusterStatus {
  const { spec, progress } = cluster.record;
  const situation: Situation = { spec, progress, status: withExcerpts(cluster.status), now };
  const { state, why, next } = headline(situation, listener, cluster.record.conditions);
  return {
    cluster: spec.name,
    revision: spec.revision,
    clusterId: progress.formation?.clusterId ?? null,
    state,
    headline: why,
    next,
    waitsFor: presentWaits(cluster, now),
    notices: [
      ...toReadopt,
      ...(progress.deletion?.ended != null
        ? []
        : rests
          ? specWarnings(spec)
          : [
              ...specWarnings(spec),
              ...(state === 'no-quorum' || why.code === 'nobody_reports' ? wayOutNotices(situation) : []),
              ...ailmentNotices(situation, cluster.waits),
              ...(state === 'unknown' ? [] : silenceNotices(situation)),
              ...dataNotices(situation),
              ...versionNotices(situation),
              ...agentVersionNotices(situation),
              ...binaryNotices(situation),
              ...restartNotices(situation, cluster.record.conditions),
              ...renderNotices(cluster),
              ...maintenanceNotices(situation),
              ...authenticationNotices(situation),
              ...pauseNotices(spec, progress),
              ...snapshotNotices(situation),
              ...machineNotices(situation, cluster.record.conditions),
              ...identityNotices(cluster.nodes, identityOf, now),
              ...advisoryNotices(situation),
              ...others,
            ]),
    ],
    rollout: rolloutView(spec, progress),
    ...upgradeIn(situation),
    ...newestSnapshotIn(progress),
    ...rehearsedIn(progress),
    members: shownMembers(situation).map((member) => {
      const present = progress.members[member.name];
      const node = cluster.status.nodes[member.name];
      const outside: MemberPhase = node === undefined ? 'declared' : 'joined';
      return {
        ...member,
        nodeId: node?.nodeId ?? null,
        phase: present?.phase ?? outside,
        memberId: present?.memberId ?? null,
        incarnation: present?.incarnation ?? null,
        generation: node?.generation ?? 0,
        reportedAt: isoTimeOrNull(node?.receivedAt ?? node?.setAside?.receivedAt ?? null),
        hold: holdView(progress, member.name, now),
        status: withoutSeal(node?.status ?? null),
      };
    }),
    clients: Object.entries(cluster.status.clients).map(([name, node]) => ({
      name,
      nodeId: node.nodeId,
      generation: node.generation,
      reportedAt: isoTimeOrNull(node.receivedAt ?? node.setAside?.receivedAt ?? null),
      status: withoutSeal(node.status),
    })),
    reportEverySeconds: listener.reportEverySeconds,
    now: isoTime(now),
  };
}

function newestSnapshotIn({ snapshots: { last } }: Situation['progress']) {
  return last === null ? {} : { newestSnapshot: { id: last.id, takenAt: isoTime(last.takenAt) } };
}

function rehearsedIn({ snapshots: { rehearsal } }: Situation['progress']) {
  const worked = rehearsal?.worked ?? null;
  return worked === null ? {} : { rehearsed: rehearsalView(worked) };
}

/** The last decision may have come before the end of a hold, or before the clock was set. */
function presentWaits({ waits, record: { spec, progress } }: ClusterSituation, now: Instant): readonly Reason[] {
  const { permit } = progress;
  if (permit?.hold === undefined) return waits;
  const present = isHoldOver(permit, now) ? holdEnds(permit.member) : heldWords(spec.name, permit, permit.hold);
  return waits.map((wait) => (wait.code === 'held' ? present : wait));
}

/** The declared members, then those that leave and that etcd still lists. */
function shownMembers({ spec, progress }: Situation) {
  const declared = spec.members.map((member) => ({
    name: member.name,
    address: member.address,
    clientUrl: clientUrlOf(spec, member),
  }));
  const leaving = Object.entries(progress.departing).flatMap(([name, { address }]) => {
    const [clientUrl] = clientUrlsOf(spec, progress, name);
    const isListed = progress.members[name] !== undefined;
    return isListed && clientUrl !== undefined ? [{ name, address, clientUrl, leaving: true as const }] : [];
  });
  return [...declared, ...leaving.sort((one, other) => (one.name < other.name ? -1 : 1))];
}

/** For lost machines: if some members still report, declaring each silent one lost makes force unnecessary. */
function wayOutNotices(situation: Situation): readonly Reason[] {
  const members = knownMembers(situation);
  if (isMajorityLost(members)) return [];
  const cluster = situation.spec.name;
  const silent = members.flatMap(({ name: member, nodeId, evidence }) =>
    nodeId !== null && evidence.kind !== 'lost' && !hears(situation, member) ? [{ member, nodeId }] : [],
  );
  if (!silent.some(({ member }) => isLongSilent(situation, member))) return [];
  return members.some(({ name: member }) => hears(situation, member))
    ? [reason('way_some_lost', { cluster, silent, survivor: survivorOf(situation)?.member ?? null })]
    : [reason('way_all_lost', { cluster })];
}

/** If no step is pending, nothing waits for a member that is down: it is named all the same. */
function ailmentNotices(situation: Situation, waits: readonly Reason[]): readonly Reason[] {
  const held = openHold(situation)?.member;
  return ailments(situation)
    .filter(({ facts }) => facts.member !== held)
    .filter((ailment) => !waits.some((wait) => tellsOf(wait, ailment)))
    .map((ailment) => reason('voter_ails', { ailment }));
}

/** The possible meaning of a silence. If no node reports, the fault is more likely at the coordinator. */
function silenceNotices(situation: Situation): readonly Reason[] {
  const cluster = situation.spec.name;
  const all = voters(situation);
  const held = openHold(situation)?.member;
  const silent = all.flatMap(([name, { leaving }]) =>
    name === held || mayReport(situation, name) || leaving?.compromised === true ? [] : [name],
  );
  if (silent.length === 0) return [];
  const lost = silent.filter(
    (name) => isLongSilent(situation, name) && keepsItFromLeaving(situation, name, false) === null,
  );
  return [reason('silent_may_serve'), ...lost.map((member) => reason('another_takes_place', { cluster, member }))];
}

/** Until it is known to be silent (R19). */
function mayReport({ status, now }: Situation, name: string): boolean {
  const node = status.nodes[name];
  return node !== undefined && mayBeHeard(node, now);
}

/** A machine that has just been shut down is off, and not silent. */
function hears({ status, now }: Situation, name: string): boolean {
  const node = status.nodes[name];
  return node !== undefined && isHeard(node, now);
}

/** Before that, a notice about lost machines would lead away from a look at them. */
function isLongSilent({ status, now }: Situation, name: string): boolean {
  const node = status.nodes[name];
  const age = node === undefined ? null : silentFor(node, now);
  return age !== null && age >= lossConsideredAfter;
}

/** It concerns only the coordinator and that node. */
function withoutSeal(status: NodeStatus | null): NodeStatus | null {
  if (status === null) return null;
  const { seal: _seal, ...agent } = status.agent;
  return { ...status, agent };
}

function renderNotices({ unrendered, record }: ClusterSituation): readonly Reason[] {
  return unrendered.map((one) => reason('not_rendered', { cluster: record.spec.name, ...one }));
}

/** The last report of each declared member that has sent one. */
function lastReports({ spec, status }: Situation) {
  return spec.members.flatMap(({ name: member }) => {
    const node = status.nodes[member];
    return node?.status == null ? [] : [{ member, nodeId: node.nodeId, ...node.status }];
  });
}

function restartNotices(situation: Situation, { nodes }: Conditions): readonly Reason[] {
  return situation.spec.members.flatMap(({ name: member }) => {
    // Of a node whose reports do not count, too.
    const nodeId = situation.status.nodes[member]?.nodeId ?? '';
    const { endings: restarts = 0, endedAt = null } = nodes[nodeId] ?? {};
    if (endedAt === null || !isRecent(endedAt, situation.now)) return [];
    return [reason('restarted', { member, restarts, at: isoTime(endedAt) })];
  });
}

/** A package was upgraded while etcd ran. */
function binaryNotices(situation: Situation): readonly Reason[] {
  return lastReports(situation).flatMap(({ member, service, etcd }): readonly Reason[] => {
    const moved = movedEtcd(situation, member);
    if (moved !== null) return [moved];
    const { etcdVersion: installed, restartPending } = service;
    if (!etcd?.version || installed === null || installed === etcd.version) return [];
    if (minorOf(installed) !== minorOf(etcd.version)) return [];
    const versions = { member, installed, runs: etcd.version };
    if (!hasStarted({ service }, configurationOf(situation.spec, situation.progress, member))) return [];
    return [reason(restartPending === true ? 'restart_brings_version' : 'restart_changed_nothing', versions)];
  });
}

function agentVersionNotices(situation: Situation): readonly Reason[] {
  return lastReports(situation).flatMap(({ member, agent: { version: agent } }) =>
    versionsFit(agent, version) ? [] : [reason('agent_too_far', { member, agent, version })],
  );
}

function versionNotices(situation: Situation): readonly Reason[] {
  const reports = lastReports(situation);
  const running = sorted(reports.flatMap(({ etcd }) => etcd?.version || []));
  if (running.length > 1) return [reason('versions_run', { versions: running })];
  // The installed version may differ from the running one.
  const installed = sorted(
    reports.flatMap(({ service, etcd }) => {
      return etcd?.version || (service.state === 'running' ? [] : (service.etcdVersion ?? []));
    }),
  );
  return installed.length > 1 ? [reason('versions_installed', { versions: installed })] : [];
}

/** Each of them once. */
function sorted(versions: readonly string[]): readonly string[] {
  return [...new Set(versions)].sort();
}
