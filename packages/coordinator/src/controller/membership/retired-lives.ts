import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { KnownNodes, NodeObservation } from '../../model/cluster-status.ts';
import { hasApplied, reachable } from '../../model/health.ts';
import type { RetiredLife } from '../../model/membership-progress.ts';
import { mostFormerLives, mostRetiredOfGone } from '../../model/most-kept.ts';
import { act, agreed, type Opinion } from '../../model/opinion.ts';
import { mayBeHeard } from '../../model/presence.ts';
import type { ClusterProgress } from '../../model/progress.ts';
import type { Situation } from '../../model/situation.ts';

/**
 * A life of this member that is over, with the node that has lived it, if known. Only that node can report that the
 * life's data is put away.
 */
export function retiredLife(member: string, incarnation: string, nodeId: string | null | undefined): RetiredLife {
  return { member, incarnation, ...(nodeId == null ? {} : { nodeId }) };
}

/** The node that lives the present life of a member; null if it is not known. */
export function livingNode({ members }: Pick<ClusterProgress, 'members'>, status: KnownNodes, name: string) {
  const leaving = members[name]?.leaving;
  const nodeId = leaving?.machineGone === true ? leaving.nodeId : status.nodes[name]?.nodeId;
  return nodeId ?? null;
}

/**
 * The last concern, so that it acts only while nothing else is in progress. A life that is over is forgotten once its
 * own node has confirmed that its data is put away (R4). If a life is not named as over, its etcd would start instead
 * of the next one. A life without a known node stays. Replaced machines can confirm nothing: each member keeps the
 * lives of the newest of them (R18). An agent that returns with an older one begins no other life, and waits. Pure.
 */
export function retirement(situation: Situation): Opinion {
  const { retired } = situation.progress;
  const put = retired.filter((life) => isPutAway(life, situation));
  const gone = retired.filter((life) => isOfGoneNode(life, situation));
  const beyond = gone.filter(
    ({ member }, index) => gone.slice(index + 1).filter((later) => later.member === member).length >= mostRetiredOfGone,
  );
  const lives = [...put, ...beyond];
  return lives.length === 0 ? agreed : act({ kind: 'forget-lives', lives });
}

/**
 * Why this member must not enter again: its node has left too many lives and puts away none of them (R18). Those of an
 * honest node are forgotten as soon as nothing else is in progress. Null if it may enter. Pure.
 */
export function tooManyLives(name: string, { progress, status }: Situation): Reason | null {
  const nodeId = status.nodes[name]?.nodeId;
  const kept = progress.retired.filter((life) => life.nodeId !== undefined && life.nodeId === nodeId).length;
  return kept < mostFormerLives ? null : reason('too_many_former_lives', { count: kept });
}

function isPutAway({ nodeId, member, incarnation }: RetiredLife, { progress, status, now }: Situation): boolean {
  const node = status.nodes[member];
  if (nodeId === undefined || node?.nodeId !== nodeId || !reachable(node, now).ok) return false;
  // It has applied the desired state that names the life as over.
  return hasApplied(node) && !mayRun(node, incarnation, progress.members[member]?.incarnation ?? null);
}

/** If an etcd runs and its agent does not know the life, it may be any life. */
function mayRun({ status }: NodeObservation, life: string, present: string | null): boolean {
  const service = status?.service;
  if (service === undefined || service.incarnation === life) return true;
  return service.state === 'running' && (service.incarnation === null || service.incarnation !== present);
}

function isOfGoneNode({ nodeId, member }: RetiredLife, { status }: Situation): boolean {
  return nodeId !== undefined && status.nodes[member]?.nodeId !== nodeId;
}

/**
 * The node of a member that operators have taken out of the spec is evicted once etcd has no such member, and the node has
 * put its data away: until then it must hear that its life is over (R4), and that it is released. One that has lived no
 * life and is not heard has nothing to put away. After that the machine can join again. Pure.
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
  const keeps = progress.retired.some((life) => life.nodeId === node.nodeId);
  const awaited = node.uncounted === undefined && mayBeHeard(node, now) && !hasApplied(node);
  return !keeps && !awaited;
}
