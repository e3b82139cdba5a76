import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { configurationOf } from '../../model/configuration-of.ts';
import { following, hasSeenLatest, staysWell, voters, works } from '../../model/health.ts';
import { ofHold } from '../../model/held.ts';
import { namesOf } from '../../model/member-names.ts';
import { act, agreed, type Opinion, remark, waitFor } from '../../model/opinion.ts';
import type { Permit } from '../../model/permit-progress.ts';
import { isAwaited } from '../../model/presence.ts';
import { restartRank } from '../../model/restart-rank.ts';
import { risks } from '../../model/risks.ts';
import type { Situation } from '../../model/situation.ts';
import { stillToRestart } from '../../model/upgrade-stage.ts';
import { orderOverAfter, permitBackoff, stayHealthyFor, withdrawPermitAfter } from '../../model/waits.ts';
import { hasHeardOfEnd, withdrawal } from '../../model/withdrawal.ts';
import { awaitDefragmentation } from '../defragmentation/await-defragmentation.ts';
import { stillUnderWay } from '../membership/withdrawn-mutations.ts';
import { beforeRestart, hasGoneDown } from '../upgrade/before-release.ts';
import { canStartAgain, replacedMinor } from '../version/version.ts';
import { restartBefore } from './leader-last.ts';

/** One disruptive act at a time in a cluster, each with its own permit (R2). */
export function permits(situation: Situation): Opinion {
  const { permit } = situation.progress;
  if (permit === null) return grant(situation);
  if (permit.withdrawnAt === null && isEvicted(situation, permit.member))
    return act({ kind: 'withdraw-permit', member: permit.member, reason: reason('node_evicted'), ...ofHold(permit) });
  // The concern `holds` comes next.
  if (permit.hold !== undefined) return agreed;
  return permit.defragment === undefined ? awaitHolder(situation, permit) : awaitDefragmentation(situation, permit);
}

/** The holder gets no further lease on the permit, and a new machine in its place has nothing to restart. */
function isEvicted({ progress, status }: Situation, name: string): boolean {
  return status.nodes[name] === undefined || progress.members[name]?.leaving?.machineGone === true;
}

/**
 * The next permit waits until this holder is back, has caught up and stayed so, and can surely no longer use this one:
 * it has heard of the withdrawal, or its lease is over. The lease counts from the node's own request, so it ends within
 * one lease after the withdrawal. A holder that no longer needs a restart may need one again before it hears of the
 * withdrawal.
 */
function awaitHolder(situation: Situation, permit: Permit): Opinion {
  const { now, status } = situation;
  const node = status.nodes[permit.member];
  const isBack = works(situation, permit.member).ok;
  const reported = node?.receivedAt ?? null;
  const service = node?.status?.service;
  // What an operator has asked for is done once the agent has used this very permit.
  const isPending = permit.asked === undefined ? service?.restartPending === true : service?.lastPermit !== permit.id;
  if (permit.withdrawnAt === null) {
    // Only a report made with the permit in hand counts: a late one from before would free the next permit too early.
    const isDone = hasSeenLatest(node) && !isPending && reported !== null && reported > permit.issuedAt;
    const withdraw = (why: Reason) => act(withdrawal(permit, status, why));
    if (isDone && isBack) return withdraw(reason('needs_no_restart'));
    // It may have used it while no coordinator ran.
    if (now - permit.issuedAt > withdrawPermitAfter && !isAwaited(node, now))
      return withdraw(reason('not_confirmed', { seconds: withdrawPermitAfter / 1000 }));
    return waitFor(reason('restarts', { member: permit.member, seconds: stayHealthyFor / 1000 }));
  }
  // Health from before says nothing about a restart that began at the last moment.
  if (hasHeardOfEnd(permit, node) && staysWell(situation, permit.member, permit.withdrawnAt)) {
    return act({ kind: 'close-permit', member: permit.member, outcome: isPending ? 'lapsed' : 'confirmed' });
  }
  // It may have begun at the lease's last moment: only a report from after that shows that it is not down.
  if (now - permit.withdrawnAt > orderOverAfter) {
    return act({ kind: 'close-permit', member: permit.member, outcome: 'lapsed' });
  }
  if (isBack && !isPending)
    return waitFor(reason('permit_heard_to_be_over', { member: permit.member, seconds: stayHealthyFor / 1000 }));
  return waitFor(reason('permit_must_lapse', { member: permit.member, evicted: isEvicted(situation, permit.member) }));
}

/** A permit would expire unused, and keep others from theirs. */
function restartsOnceInstalled(name: string, { spec, progress, status: { nodes } }: Situation): Reason {
  const minor = configurationOf(spec, progress, name).packageMinor ?? replacedMinor(nodes[name]);
  return reason('minor_installed_before_restart', { member: name, minor });
}

function grant(situation: Situation): Opinion {
  const { spec, progress, status, now } = situation;
  const wanted = stillToRestart(situation);
  const forUpgrade = progress.configuration.paused ? [] : wanted;
  const pending = spec.members.filter(({ name }) => {
    const isPending = status.nodes[name]?.status?.service.restartPending === true || forUpgrade.includes(name);
    return isPending && following(situation, name).ok && !hasGoneDown(situation, name);
  });
  const able = pending.filter(({ name }) => canStartAgain(situation, name));
  const unable = pending.filter((one) => !able.includes(one)).map(({ name }) => restartsOnceInstalled(name, situation));
  if (able.length === 0 && forUpgrade.length < wanted.length)
    return remark(...unable, reason('upgrade_restarts_paused', { cluster: spec.name, members: wanted }));
  if (able.length === 0) return remark(...unable);

  const sick = risks(situation);
  if (sick.length > 0) return waitFor(...sick.map((ailment) => reason('all_serve_before_restart', { ailment })));
  const changes = stillUnderWay(situation);
  if (changes.length > 0) return waitFor(...changes);
  const count = voters(situation).length;
  if (count <= 2 && !spec.allowDowntime) {
    return remark(reason('restart_needs_downtime', { cluster: spec.name, members: namesOf(pending), count }));
  }
  const rank = restartRank(situation);
  const [first] = able
    .filter(({ name }) => now - (progress.lapses[name] ?? Number.NEGATIVE_INFINITY) > permitBackoff)
    .sort((one, other) => rank(one.name) - rank(other.name));
  if (first === undefined) return waitFor(reason('permit_lapsed', { members: namesOf(pending) }));
  const others = restartBefore(situation, first.name);
  if (others.length > 0) return waitFor(reason('others_restart_first', { member: first.name, others }));
  const given = act({
    kind: 'grant-permit',
    member: first.name,
    ...(forUpgrade.includes(first.name) ? { upgrade: true } : {}),
  });
  return beforeRestart(situation, first.name) ?? given;
}

/**
 * A permit that its holder has not used, as far as it has reported, is withdrawn once another voter may not serve: it
 * would not be granted now (R2). Comes before whatever else is decided, since each answer to the holder extends its
 * lease. The permit stays until the lease is over.
 */
export function withdrawUnused(situation: Situation): Opinion {
  const { progress, status } = situation;
  const { permit } = progress;
  if (permit === null || permit.withdrawnAt !== null || isUsed(permit, situation)) return agreed;
  const ailment = risks(situation).find(({ facts }) => facts.member !== permit.member);
  if (ailment === undefined) return agreed;
  return act(withdrawal(permit, status, reason('every_voter_must_serve', { ailment })));
}

/** What has begun is not stopped half way. */
function isUsed({ id, member, hold }: Permit, { status }: Situation): boolean {
  const said = status.nodes[member]?.status;
  const uses = [said?.service.lastPermit, said?.service.held?.permit, said?.lastMaintenance?.id];
  return hold?.taken === true || uses.includes(id);
}
