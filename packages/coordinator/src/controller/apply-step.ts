import { noConfiguration } from '../model/configuration-progress.ts';
import type { FreshNames } from '../model/fresh-names.ts';
import type { Instant } from '../model/instant.ts';
import { mostGone, reassignAfter } from '../model/limits.ts';
import type { AppliedIndices, MemberProgress, Mutation } from '../model/membership-progress.ts';
import type { ClusterProgress, Step } from '../model/progress.ts';
import { afterLife, afterRelease } from './configuration/apply-release.ts';
import { retiredLife } from './membership/retired-lives.ts';
import { withdrawn, withoutLapsed, withoutMember, withoutPromotion } from './membership/withdrawn-mutations.ts';
import { snapshotsAfter } from './snapshots/apply-snapshot-step.ts';
import { afterNoDefragmentation, upkeepAfter } from './space/apply-upkeep-step.ts';

/** The progress after this step. Pure; the caller keeps it durably before anything of it leaves the house (R12). */
export function applyStep(
  progress: ClusterProgress,
  step: Step,
  clusterName: string,
  fresh: FreshNames,
  now: Instant,
): ClusterProgress {
  switch (step.kind) {
    case 'found':
      return {
        ...progress,
        formations: progress.formations + 1,
        formation: {
          member: step.member,
          incarnation: fresh.incarnation,
          token: `${clusterName}-${fresh.nonce}`,
          releasedAt: now,
          clusterId: null,
          ...(progress.restore === null ? {} : { from: progress.restore }),
        },
        restore: null,
        members: { [step.member]: newLife(fresh.incarnation, 'founding', now) },
      };
    case 'record-cluster': {
      if (progress.formation === null) return progress;
      return {
        ...withMember(progress, step.member, { phase: 'voter', memberId: step.memberId, since: now, caughtUp: true }),
        formation: { ...progress.formation, clusterId: step.clusterId },
        ...listed(progress, step.asOf),
        configuration: { ...noConfiguration, settled: step.configuration },
        etcdMinor: step.etcdMinor,
      };
    }
    case 'record-version':
      return { ...progress, etcdMinor: step.minor };
    case 'assign': {
      const { mutation, executor } = step;
      const before = progress.assignment;
      const same = before?.mutation.kind === mutation.kind && before.mutation.member === mutation.member;
      // A coordinator that was away has not seen etcd refuse it meanwhile.
      const since = same && now - before.issuedAt < 2 * reassignAfter ? before.since : now;
      const assignment = { id: fresh.id, mutation, executor, issuedAt: now, since };
      const superseded = same ? progress : { ...progress, ...withdrawn(progress, now) };
      const assigned = { ...superseded, ...withRemovalAsked(progress, mutation), assignment };
      if (mutation.kind === 'promote') {
        const promotionSince = assigned.members[mutation.member]?.promotionSince ?? now;
        return { ...withMember(assigned, mutation.member, { promotionSince }), secondVoterPossible: true };
      }
      if (mutation.kind !== 'add-learner' || progress.members[mutation.member] !== undefined) return assigned;
      return {
        ...assigned,
        members: { ...progress.members, [mutation.member]: newLife(fresh.incarnation, 'adding', now) },
      };
    }
    case 'record-learner':
      return {
        ...withMember(progress, step.member, {
          phase: 'learner',
          memberId: step.memberId,
          since: now,
          caughtUp: false,
        }),
        ...withoutAddition(progress, step.member),
        ...listed(progress, step.asOf),
      };
    case 'record-caught-up':
      return withMember(progress, step.member, { caughtUp: true, since: now });
    case 'record-lagging':
      return withMember(progress, step.member, { caughtUp: false, since: now, lagged: true });
    case 'withdraw-assignment':
      return { ...progress, ...withdrawn(progress, now) };
    case 'forget-assignment':
      return { ...progress, ...withoutLapsed(progress, step.mutation) };
    case 'record-unfit':
      return {
        ...withMember(progress, step.member, { unfit: { since: now, reason: step.reason } }),
        ...withdrawn(progress, now),
      };
    case 'record-voter': {
      const { [step.member]: _done, ...stalls } = progress.stalls;
      return {
        ...withMember(progress, step.member, { phase: 'voter', since: now, caughtUp: true }),
        ...withoutPromotion(progress, step.member, now),
        ...listed(progress, step.asOf),
        secondVoterPossible: true,
        stalls,
      };
    }
    case 'record-undeclared':
      return { ...progress, undeclared: step.members };
    case 'record-removed':
      return removed(progress, step, now);
    case 'forget-lives': {
      const over = new Set(step.lives.map(({ incarnation }) => incarnation));
      return { ...progress, retired: progress.retired.filter(({ incarnation }) => !over.has(incarnation)) };
    }
    case 'retire-life': {
      const life = retiredLife(step.member, step.incarnation, step.nodeId);
      return { ...progress, retired: [...progress.retired, { ...life, unknown: true }] };
    }
    case 'grant-permit':
      return { ...progress, permit: { id: fresh.id, member: step.member, issuedAt: now, withdrawnAt: null } };
    case 'withdraw-permit': {
      const { permit, upkeep } = progress;
      if (permit === null) return progress;
      const { generation } = step;
      const held = { ...permit, withdrawnAt: now, ...(generation === undefined ? {} : { generation }) };
      const withdrawn = { ...progress, permit: held };
      return permit.defragment === undefined
        ? withdrawn
        : { ...withdrawn, upkeep: afterNoDefragmentation(upkeep, step, now) };
    }
    case 'close-permit': {
      const lapses = step.outcome === 'lapsed' ? { ...progress.lapses, [step.member]: now } : progress.lapses;
      return { ...progress, permit: null, lapses };
    }
    case 'assign-snapshot':
    case 'withdraw-snapshot':
    case 'record-snapshot':
      return { ...progress, snapshots: snapshotsAfter(progress.snapshots, step, fresh, now) };
    case 'release-configuration':
    case 'confirm-configuration':
    case 'put-back-configuration':
    case 'settle-configuration':
      return { ...progress, configuration: afterRelease(progress.configuration, step, now) };
    case 'record-no-space':
    case 'assign-upkeep':
    case 'withdraw-upkeep':
    case 'record-compaction':
    case 'record-space':
      return { ...progress, upkeep: upkeepAfter(progress.upkeep, step, fresh, now, null) };
    case 'grant-defragmentation': {
      const { member, compactFirst } = step;
      const permit = { id: fresh.id, member, issuedAt: now, withdrawnAt: null, defragment: { compactFirst } };
      return { ...progress, permit };
    }
    case 'record-defragmentation': {
      const lapses = step.outcome === 'failed' ? { ...progress.lapses, [step.member]: now } : progress.lapses;
      return {
        ...progress,
        permit: null,
        lapses,
        upkeep: upkeepAfter(progress.upkeep, step, fresh, now, progress.permit?.withdrawnAt ?? null),
      };
    }
    case 'quarantine': {
      const { kind: _kind, ...quarantine } = step;
      const quarantined = [...progress.quarantined, { ...quarantine, since: now }];
      return { ...progress, quarantined };
    }
    case 'end-quarantine':
      return { ...progress, quarantined: progress.quarantined.filter(({ nodeId }) => nodeId !== step.nodeId) };
    case 'freeze':
      return {
        ...progress,
        frozen: step.reason,
        provenBehind: step.by ?? progress.provenBehind,
        ...withdrawn(progress, now),
        // It may still be acted on, also after an operator has ended the freeze (R2).
        permit: progress.permit && { ...progress.permit, withdrawnAt: progress.permit.withdrawnAt ?? now },
        snapshots: { ...progress.snapshots, task: null },
        upkeep: { ...progress.upkeep, task: null },
      };
  }
}

function withRemovalAsked({ members }: ClusterProgress, mutation: Mutation): Partial<Pick<ClusterProgress, 'members'>> {
  const { [mutation.member]: member } = members;
  if (mutation.kind !== 'remove-voter' || member?.leaving === undefined) return {};
  return { members: { ...members, [mutation.member]: { ...member, leaving: { ...member.leaving, asked: true } } } };
}

function withoutAddition({ assignment }: ClusterProgress, member: string): Pick<ClusterProgress, 'assignment'> {
  const isIt = assignment?.mutation.kind === 'add-learner' && assignment.mutation.member === member;
  return { assignment: isIt ? null : assignment };
}

function listed({ listedAsOf }: ClusterProgress, asOf: AppliedIndices): Pick<ClusterProgress, 'listedAsOf'> {
  return { listedAsOf: { ...listedAsOf, ...asOf } };
}

function removed(
  progress: ClusterProgress,
  step: Extract<Step, { kind: 'record-removed' }>,
  now: Instant,
): ClusterProgress {
  const gone = [...progress.gone, step.memberId].slice(-mostGone);
  const { [step.memberId]: _gone, ...listedAsOf } = { ...progress.listedAsOf, ...step.asOf };
  const after = { ...progress, gone, ...withoutMember(progress, step.memberId), listedAsOf };
  const life = progress.members[step.member];
  // A stray learner of no life: the member itself goes on.
  if (life?.memberId !== step.memberId) return after;
  const { [step.member]: _out, ...members } = progress.members;
  const { [step.member]: before, ...others } = progress.stalls;
  const stall = { at: now, count: (before?.count ?? 0) + 1, reason: step.reason };
  return {
    ...after,
    members,
    retired: [...progress.retired, retiredLife(step.member, life.incarnation, step.nodeId)],
    // Whoever was ended by an operator may come back at once.
    stalls: life.leaving === undefined ? { ...others, [step.member]: stall } : others,
    configuration: afterLife(progress.configuration, step.member, now),
  };
}

function newLife(incarnation: string, phase: 'founding' | 'adding', now: Instant): MemberProgress {
  return { incarnation, phase, memberId: null, since: now, caughtUp: false, unfit: null };
}

function withMember(progress: ClusterProgress, name: string, change: Partial<MemberProgress>): ClusterProgress {
  const member = progress.members[name];
  if (member === undefined) return progress;
  return { ...progress, members: { ...progress.members, [name]: { ...member, ...change } } };
}
