import { diagnose as diagnoseScene, type Finding } from '@picket/shared/diagnosis/diagnose.ts';
import type { Evidence, Scene, SceneMember } from '@picket/shared/diagnosis/rules/evidence.ts';
import { asLogFact, type LogFact } from '@picket/shared/etcd-log/log-fact.ts';
import { readLog } from '@picket/shared/etcd-log/read-log.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { isOverdue } from '@picket/shared/overdue.ts';
import { servesAsVoter } from '@picket/shared/protocol/etcd-health.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { type AnyReason, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterSituation } from '../executor/executor.ts';
import type { NodeObservation } from '../model/cluster-status.ts';
import { withExcerpts } from '../model/excerpts.ts';
import { ailments, electorate, goneFrom, reachable, voters } from '../model/health.ts';
import { openHold } from '../model/held.ts';
import type { Instant } from '../model/instant.ts';
import { presence, silentFor } from '../model/presence.ts';
import type { ClusterProgress } from '../model/progress.ts';
import type { Situation } from '../model/situation.ts';
import type { ClusterStatus } from './cluster-status.ts';
import { silentSinceLeaderLost } from './leader-lost.ts';
import { stopOf } from './stopped-rollout.ts';
import { isEnding, judgedBy, troubleOf } from './trouble.ts';

export interface Diagnosis {
  readonly findings: readonly Finding[];
  readonly scene: Scene;
}

/**
 * The causes of what is wrong with a cluster, by the same reasons as its status. `changes`: how often the leader has changed within
 * the last hour without a step of Picket, and when last. Pure.
 */
export function diagnosis(
  { record, status: observed }: ClusterSituation,
  status: ClusterStatus,
  changes: { readonly count: number; readonly at: Instant | null },
  now: Instant,
): Diagnosis {
  const { spec, progress } = record;
  const situation: Situation = { spec, progress, status: withExcerpts(observed), now };
  const judged = judgedBy(status) === null ? notJudged : judgedVoters(situation, status.reportEverySeconds);
  const { failing, strange, leaderless, suspects, serving } = judged;
  const trouble = troubleOf(status);
  const seen = (one: AnyReason): Evidence => ({ reason: one, about: null, at: isoTime(now), from: 'coordinator' });
  const scene: Scene = {
    cluster: spec.name,
    place: 'elsewhere',
    self: null,
    members: [...status.members, ...departed(progress, status)],
    failing: [...failing.map(({ facts }) => facts.member), ...strange, ...suspects.map(({ about }) => about)],
    foreign: strange,
    leaderless,
    serving,
    trouble: trouble === null ? null : seen(trouble),
    evidence: isEnding(status)
      ? deletionEvidence(situation, status).map(seen)
      : [
          ...nodeEvidence(situation),
          ...suspects,
          ...[
            ...failing,
            ...withoutMachine(situation),
            ...status.notices,
            ...status.waitsFor,
            ...rolloutEvidence(situation, status),
            status.headline,
          ].map(seen),
          ...leaderEvidence(changes),
        ],
    now: isoTime(now),
    statusNext: status.next && { command: status.next.command, on: status.next.on?.member ?? null },
  };
  return { findings: diagnoseScene(scene), scene };
}

/** The members that are no longer declared and that etcd does not list: a restore may wait for their nodes. */
function departed({ departing }: ClusterProgress, { members }: ClusterStatus): readonly SceneMember[] {
  return Object.entries(departing)
    .filter(([name]) => members.every((member) => member.name !== name))
    .map(([name, { address }]) => ({ name, address, memberId: null }));
}

interface Voters {
  /** The voters that do not serve, except one that is held: an operator works on its machine. */
  readonly failing: ReturnType<typeof ailments>;
  /** Voters that etcd lists and nobody has declared. */
  readonly strange: readonly string[];
  /** Those that only miss a quorum, because other voters fail or are suspects. */
  readonly leaderless: readonly string[];
  /** The voters that served by their last reports, and are silent since another one sees no quorum. */
  readonly suspects: readonly (Evidence & { readonly about: string })[];
  /** The voters that serve. */
  readonly serving: readonly string[];
}

const notJudged: Voters = { failing: [], strange: [], leaderless: [], suspects: [], serving: [] };

function judgedVoters(situation: Situation, reportEverySeconds: number): Voters {
  const { status, now } = situation;
  const held = openHold(situation)?.member;
  // Nobody has failed whose silence is not known yet, for example while a deletion takes its last snapshot.
  const ailing = ailments(situation).filter(({ facts }) => !isUnsure(status.nodes[facts.member], now));
  const { leaderless, silent } = silentSinceLeaderLost(situation);
  const names = voters(situation).map(([name]) => name);
  const { strange, all } = electorate(situation);
  const hasQuorum = names.length - ailing.length - silent.length > all / 2;
  const isExplained = !hasQuorum && (silent.length > 0 || ailing.length > leaderless.length);
  const ages = silent.map((name) => {
    const node = status.nodes[name];
    return [name, (node === undefined ? null : silentFor(node, now)) ?? 0] as const;
  });
  const late = ages.filter(([, age]) => !hasQuorum && isOverdue(age, reportEverySeconds));
  const suspects = late.map(([about, age]) => {
    const seconds = Math.floor(age / 1000);
    return { reason: reason('silent', { seconds }), about, at: isoTime(now), from: 'coordinator' as const };
  });
  const unwell = [...ailing.map(({ facts }) => facts.member), ...late.map(([name]) => name)];
  return {
    failing: ailing.filter(
      ({ facts: { member } }) => member !== held && (hasQuorum || !hasAnotherMachine(situation, member)),
    ),
    strange,
    leaderless: isExplained ? leaderless : [],
    suspects,
    serving: names.filter((name) => !unwell.includes(name)),
  };
}

/** The machine of this voter is gone, and what the one in its place says or does not say is not why a quorum is missing. */
function hasAnotherMachine({ progress, status }: Situation, name: string): boolean {
  const leaving = progress.members[name]?.leaving;
  const node = status.nodes[name];
  return leaving?.machineGone === true && node !== undefined && node.nodeId !== leaving.nodeId;
}

function isUnsure(node: NodeObservation | undefined, now: Instant): boolean {
  return node !== undefined && presence(node, now).state === 'unsure';
}

/** The declared members that have no machine: nobody has joined as them, or an operator has evicted it. */
function withoutMachine({ spec, status }: Situation): readonly Reason<'of_member'>[] {
  return spec.members
    .filter(({ name }) => status.nodes[name] === undefined)
    .map(({ name }) => reason('of_member', { member: name, why: reason('not_joined') }));
}

/**
 * While every incarnation of a cluster ends, only that matters: who is not heard, and what keeps the others from stopping their etcd. Nothing
 * matters once the cluster is deleted.
 */
function deletionEvidence({ status: { nodes }, now }: Situation, status: ClusterStatus): readonly Reason[] {
  const { headline, waitsFor, notices } = status;
  if (headline.code !== 'being_deleted') return [];
  const { stopping, silent } = headline.facts;
  const gone = silent.flatMap((member) => {
    const why = goneFrom(nodes[member], now);
    return why === null ? [] : [reason('of_member', { member, why })];
  });
  const hindered = waitsFor.filter(
    (wait) => wait.code === 'deleted_etcd_stops' && stopping.includes(wait.facts.member),
  );
  return [...gone, ...hindered, ...notices];
}

/** How the rollout stands, if no wait says it, and the ways out if it has stopped. */
function rolloutEvidence(situation: Situation, { cluster, rollout, waitsFor }: ClusterStatus): readonly Reason[] {
  const stop = stopOf(situation, rollout);
  const isSaid = waitsFor.some(({ code }) => code === 'rollout_stopped' || code === 'rollout_paused');
  if (stop !== null) {
    const ways = [reason('way_resume_rollout', { cluster }), reason('way_abort_rollout', { cluster })];
    return isSaid ? ways : [stop, ...ways];
  }
  return rollout?.state === 'paused' && !isSaid ? [reason('rollouts_paused', { cluster })] : [];
}

/**
 * What nodes that are heard have reported of themselves, and what the log of their etcd shows: the last lines of one that has ended,
 * and what the agent has read in that of one that runs and does not serve.
 */
function nodeEvidence(situation: Situation): readonly Evidence[] {
  const { spec, status, now } = situation;
  const held = openHold(situation)?.member;
  return spec.members.flatMap(({ name }) => {
    const node = status.nodes[name];
    if (name === held || node === undefined || !node.status || !reachable(node, now).ok) return [];
    const { agent, service } = node.status;
    const at = node.receivedAt === null ? null : isoTime(node.receivedAt);
    const logged = serves(node.status) ? [] : logOf(service);
    const said = [...agent.waits, service.reason, service.rejected].filter((one) => one !== null);
    return [
      ...said.map((one): Evidence => ({ reason: one, about: name, at, from: 'agent' })),
      ...logged.map((fact): Evidence => ({ ...fact, about: name, from: 'etcd-log' })),
    ];
  });
}

/** By its own word. An honest agent reports nothing of the log then, and another one could blame its peers with that (R8). */
function serves({ etcd, service }: NodeStatus): boolean {
  return service.quorumRead === true || (etcd !== null && servesAsVoter(etcd));
}

function logOf({ lastLog, logFacts = [] }: NodeStatus['service']): readonly LogFact[] {
  return [...readLog(lastLog), ...logFacts.map(asLogFact).filter((fact) => fact !== null)];
}

function leaderEvidence({ count, at }: { readonly count: number; readonly at: Instant | null }): readonly Evidence[] {
  if (count === 0) return [];
  const changed = reason('etcd_leader_changes', { count });
  return [{ reason: changed, about: null, at: at === null ? null : isoTime(at), from: 'coordinator' }];
}
