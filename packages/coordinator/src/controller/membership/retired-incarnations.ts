import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { KnownNodes, NodeObservation } from '../../model/cluster-status.ts';
import { hasApplied, reachable } from '../../model/health.ts';
import type { RetiredIncarnation } from '../../model/membership-progress.ts';
import { mostFormerIncarnations, mostRetiredOfGone } from '../../model/most-kept.ts';
import { act, agreed, type Opinion } from '../../model/opinion.ts';
import { mayBeHeard } from '../../model/presence.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import type { Situation } from '../../model/situation.ts';

/**
 * An incarnation of this member that is over, with the node that has run it, if known. Only that node can report that the
 * incarnation's data is put away.
 */
export function retiredIncarnation(
  member: string,
  incarnation: string,
  nodeId: string | null | undefined,
): RetiredIncarnation {
  return { member, incarnation, ...(nodeId == null ? {} : { nodeId }) };
}

/** The node that runs the present incarnation of a member; null if it is not known. */
export function livingNode({ members }: Pick<ClusterProgress, 'members'>, status: KnownNodes, name: string) {
  const leaving = members[name]?.leaving;
  const nodeId = leaving?.machineGone === true ? leaving.nodeId : status.nodes[name]?.nodeId;
  return nodeId ?? null;
}

/**
 * The last concern, so that it acts only while nothing else is in progress. An incarnation that is over is forgotten once its
 * own node has confirmed that its data is put away (R4). If an incarnation is not named as over, its etcd would start instead
 * of the next one. An incarnation without a known node stays. Replaced machines can confirm nothing: each member keeps the
 * incarnations of the newest of them (R18). An agent that returns with an older one begins no other incarnation, and waits. Pure.
 */
export function retirement(situation: Situation): Opinion {
  const { retired } = situation.progress;
  const put = retired.filter((incarnation) => isPutAway(incarnation, situation));
  const gone = retired.filter((incarnation) => isOfGoneNode(incarnation, situation));
  const beyond = gone.filter(
    ({ member }, index) => gone.slice(index + 1).filter((later) => later.member === member).length >= mostRetiredOfGone,
  );
  const incarnations = [...put, ...beyond];
  return incarnations.length === 0 ? agreed : act({ kind: 'forget-incarnations', incarnations });
}

/**
 * Why this member must not enter again: its node has left too many incarnations and puts away none of them (R18). Those of an
 * honest node are forgotten as soon as nothing else is in progress. Null if it may enter. Pure.
 */
export function tooManyIncarnations(name: string, { progress, status }: Situation): Reason | null {
  const nodeId = status.nodes[name]?.nodeId;
  const kept = progress.retired.filter(
    (incarnation) => incarnation.nodeId !== undefined && incarnation.nodeId === nodeId,
  ).length;
  return kept < mostFormerIncarnations ? null : reason('too_many_former_incarnations', { count: kept });
}

function isPutAway({ nodeId, member, incarnation }: RetiredIncarnation, { progress, status, now }: Situation): boolean {
  const node = status.nodes[member];
  if (nodeId === undefined || node?.nodeId !== nodeId || !reachable(node, now).ok) return false;
  // It has applied the desired state that names the incarnation as over.
  return hasApplied(node) && !mayRun(node, incarnation, progress.members[member]?.incarnation ?? null);
}

/** If an etcd runs and its agent does not know the incarnation, it may be any incarnation. */
function mayRun({ status }: NodeObservation, ended: string, present: string | null): boolean {
  const service = status?.service;
  if (service === undefined || service.incarnation === ended) return true;
  return service.state === 'running' && (service.incarnation === null || service.incarnation !== present);
}

function isOfGoneNode({ nodeId, member }: RetiredIncarnation, { status }: Situation): boolean {
  return nodeId !== undefined && status.nodes[member]?.nodeId !== nodeId;
}

/**
 * The node of a member that operators have taken out of the spec is evicted once etcd has no such member, and the node has
 * put its data away: until then it must hear that its incarnation is over (R4), and that it is let go. One that has lived no
 * incarnation and is not heard has nothing to put away. After that the machine can join again. Pure.
 */
export function release(situation: Situation): Opinion {
  const { progress, status } = situation;
  const member = Object.keys(progress.departing)
    .sort()
    .find((name) => progress.members[name] === undefined && mayGo(name, situation));
  if (member === undefined) return agreed;
  return act({ kind: 'release-node', member, nodeId: status.nodes[member]?.nodeId ?? null });
}

function mayGo(name: string, { progress, status, now }: Situation): boolean {
  const node = status.nodes[name];
  if (node === undefined) return true;
  const keeps = progress.retired.some((incarnation) => incarnation.nodeId === node.nodeId);
  const awaited = node.uncounted === undefined && mayBeHeard(node, now) && !hasApplied(node);
  return !keeps && !awaited;
}
