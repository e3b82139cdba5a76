import { doublingPauseMs } from '@picket/shared/backoff.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { alarmedBy } from '../../model/alarms.ts';
import type { Corruption, VoterHash } from '../../model/corruption-progress.ts';
import { following, goneFrom, leads, voters } from '../../model/health.ts';
import { maintenanceEnd, overdue } from '../../model/maintenance-end.ts';
import { isDeclared, strangeVoters } from '../../model/member-names.ts';
import { act, agreed, type Opinion, remark, waitFor } from '../../model/opinion.ts';
import { isAwaited } from '../../model/presence.ts';
import type { Situation } from '../../model/situation.ts';
import {
  compareAgainAfter,
  compareAgainAfterAtMost,
  maintenanceRetryAfter,
  orderOverAfter,
} from '../../model/waits.ts';
import { judgeHashes } from './judge-hashes.ts';
import { presentComparison, voterIds } from './present-comparison.ts';

/**
 * etcd has raised CORRUPT: the data of a member differs, and etcd takes no writes. Each voter hashes its keys at one
 * revision, which shows whose data differs. That member leaves on an operator's order alone (R3, R16). The alarm is
 * disarmed only after each named member has left and all remaining voters agree.
 */
export function corruption(situation: Situation): Opinion {
  const { corruption: part, permit, maintenance, assignment } = situation.progress;
  const alarmed = alarmedBy(situation, 'CORRUPT');
  if (alarmed === null) return agreed;
  if (alarmed.length === 0) {
    if (part.since === null) return agreed;
    return act({ kind: 'record-no-corruption', by: part.disarming?.executor ?? null });
  }
  if (part.disarming !== null) return awaitDisarming(situation, part.disarming);
  if (part.comparing !== null) return awaitHashes(situation, part.comparing);
  // They end without an order, and may move a member or the database meanwhile.
  if (permit !== null || maintenance.task !== null || assignment !== null) return agreed;
  const found = presentComparison(situation.progress);
  if (found === null) return compare(situation);
  if (found.finding === 'undecided') {
    const pause = doublingPauseMs(part.undecided, compareAgainAfter, compareAgainAfterAtMost);
    if (Math.abs(situation.now - found.at) >= pause) return compare(situation);
    return remark(reason('compared_again', { minutes: Math.ceil(pause / 60_000) }));
  }
  const present = voterIds(situation.progress);
  const isRepaired = part.named.length > 0 && !part.named.some((id) => present.includes(id));
  return found.finding === 'agree' && isRepaired ? disarm(situation) : agreed;
}

type Reporting = readonly { readonly name: string; readonly revision: number }[];

/** The declared voters that follow a leader, and can be asked. */
function reporting(situation: Situation): Reporting {
  return voters(situation).flatMap(([name]) => {
    const etcd = situation.status.nodes[name]?.status?.etcd;
    if (!etcd || !isDeclared(situation.spec, name) || !following(situation, name).ok) return [];
    return [{ name, revision: etcd.revision }];
  });
}

/**
 * At the lowest revision of these voters, which each of them has reached. One that reports far too low a revision must not
 * make every comparison fail: after an undecided one it is the revision that most have reached.
 */
function compare(situation: Situation): Opinion {
  const asked = reporting(situation);
  const revisions = asked.map(({ revision }) => revision).sort((one, other) => one - other);
  const at = situation.progress.corruption.undecided % 2 === 0 ? 0 : Math.floor((revisions.length - 1) / 2);
  const revision = revisions[at];
  if (revision === undefined) return agreed;
  return act({ kind: 'assign-comparison', members: asked.map(({ name }) => name), revision });
}

function awaitHashes(situation: Situation, order: NonNullable<Corruption['comparing']>): Opinion {
  const hashes: VoterHash[] = [];
  const unheard: { readonly member: string; readonly why: Reason }[] = [];
  const pending: string[] = [];
  for (const [member] of voters(situation)) {
    const answer = order.members.includes(member) ? answerOf(situation, member, order) : reason('was_not_asked');
    if (answer === null) pending.push(member);
    else if ('hash' in answer) hashes.push({ member, ...answer });
    else unheard.push({ member, why: answer });
  }
  const { revision } = order;
  if (pending.length > 0) return waitFor(reason('hashes_reported', { members: pending, revision }));
  for (const { name, id } of strangeVoters(situation.progress)) {
    unheard.push({ member: name || id, why: reason('was_not_asked') });
  }
  const all = voterIds(situation.progress);
  const finding = judgeHashes(all.length, hashes);
  return act({ kind: 'record-comparison', revision, voters: all, hashes, unheard, ...finding });
}

type Answer = Omit<VoterHash, 'member'> | Reason | null;

/** A voter's hash, or why it has none; null while it may still report one. */
function answerOf(
  { status, now }: Situation,
  member: string,
  { id, issuedAt }: NonNullable<Corruption['comparing']>,
): Answer {
  const node = status.nodes[member];
  const last = node?.status?.lastMaintenance;
  const ofThis = last?.id === id ? last : undefined;
  if (ofThis?.outcome === 'done') return ofThis.hash ?? reason('hash_without_value');
  if (ofThis?.outcome === 'failed') return reason('node_says', { why: ofThis.reason });
  const gone = goneFrom(node, now);
  if (gone !== null || isAwaited(node, now)) return gone;
  return overdue(ofThis !== undefined, Math.abs(now - issuedAt));
}

/** A follower first. After a failure, another one. */
function disarm(situation: Situation): Opinion {
  const { failure } = situation.progress.corruption;
  if (failure !== null && Math.abs(situation.now - failure.at) < maintenanceRetryAfter) return agreed;
  const rank = ({ name }: Reporting[number]) => (name === failure?.executor ? 2 : 0) + (leads(situation, name) ? 1 : 0);
  const [first] = [...reporting(situation)].sort((one, other) => rank(one) - rank(other));
  return first === undefined ? agreed : act({ kind: 'assign-disarming', executor: first.name });
}

function awaitDisarming(situation: Situation, order: NonNullable<Corruption['disarming']>): Opinion {
  const { executor, issuedAt } = order;
  const withdraw = (why: Reason) =>
    act({ kind: 'withdraw-disarming', reason: reason('of_member', { member: executor, why }) });
  const end = maintenanceEnd(situation, order);
  if (end?.outcome === 'failed') return withdraw(end.why);
  // The alarm is raised again, or was never disarmed.
  const isOver = Math.abs(situation.now - issuedAt) > orderOverAfter;
  if (end?.outcome === 'done' && isOver) return withdraw(reason('not_ended_in_time'));
  return waitFor(reason('corrupt_disarming', { executor }));
}
