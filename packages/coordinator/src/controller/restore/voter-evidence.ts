import type { AnsweredRead } from '@picket/shared/answered-reads.ts';
import { answersReads } from '@picket/shared/protocol/etcd-health.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { reachable, serving } from '../../model/health.ts';
import { memberNames, nodeNames, strangeVoters } from '../../model/member-names.ts';
import type { MemberProgress } from '../../model/membership-progress.ts';
import { mayBeHeard, silentFor } from '../../model/presence.ts';
import { asReported } from '../../model/quarantine.ts';
import type { FormerMember } from '../../model/restore-source.ts';
import type { Situation } from '../../model/situation.ts';
import { clientUrlsOf } from '../../model/urls.ts';

/**
 * What is known of a member's data (R16). It is lost by its own agent's fresh report on this very incarnation, or by an
 * operator's order. Nothing else is evidence: silence, a stop, a crash, a refusal and a departure leave it unknown.
 */
export type Evidence =
  | { readonly kind: 'lost'; readonly by: 'data-gone' | 'log-damaged' | 'operator' }
  | { readonly kind: 'serving' }
  | { readonly kind: 'unknown'; readonly why: Reason };

export interface KnownMember {
  readonly name: string;
  /** Of its machine, if one has joined. */
  readonly nodeId: string | null;
  readonly clientUrls: readonly string[];
  /** A learner holds what the voters hold, and may have been promoted without a report. */
  readonly isVoter: boolean;
  /** A voter was asked to remove it, so etcd may no longer count it. */
  readonly mayBeOut?: true;
  readonly evidence: Evidence;
}

/** All that etcd has as members, as far as is known: also silent ones, and undeclared ones. Pure. */
export function knownMembers(situation: Situation): readonly KnownMember[] {
  const { spec, progress, status } = situation;
  const recorded = memberNames(situation).flatMap((name): KnownMember[] => {
    const member = progress.members[name];
    if (member === undefined || member.phase === 'adding') return [];
    const node = status.nodes[name];
    return [
      {
        name,
        nodeId: node?.nodeId ?? null,
        clientUrls: clientUrlsOf(spec, progress, name),
        isVoter: member.phase !== 'learner',
        ...(member.leaving?.asked === true ? { mayBeOut: true } : {}),
        evidence: evidenceOf(member, name, situation),
      },
    ];
  });
  const strange = strangeVoters(progress).map(
    ({ id, name, clientUrls }): KnownMember => ({
      name: name || id,
      nodeId: null,
      clientUrls,
      isVoter: true,
      evidence: { kind: 'unknown', why: reason('nobody_declared') },
    }),
  );
  return [...recorded, ...strange];
}

function evidenceOf(member: MemberProgress, name: string, situation: Situation): Evidence {
  const node = situation.status.nodes[name];
  const { leaving, incarnation } = member;
  if (leaving?.lost === true) return { kind: 'lost', by: 'operator' };
  // A data directory that was gone before the coordinator's start may be mounted again.
  const isPresent = node?.isStored !== true && reachable(node, situation.now).ok;
  const status = isPresent ? node?.status : null;
  // Another machine says nothing about an incarnation that it does not have.
  if (status?.service.incarnation === incarnation && leaving?.machineGone !== true) {
    if (answersReads(status)) return { kind: 'serving' };
    if (status.service.state === 'lost-data') return { kind: 'lost', by: 'data-gone' };
    if (status.service.damage !== undefined) return { kind: 'lost', by: 'log-damaged' };
  }
  const health = serving(situation, name);
  return { kind: 'unknown', why: health.ok ? reason('serves') : health.why };
}

/**
 * The members whose etcd may just have answered a linearizable read: one of them may prove that a quorum serves. Reports
 * from before a start, or before the clock was set, count for as long as they may be recent (R16). A node in quarantine
 * counts too: if it lies, the operator only has to type the cluster's name. Pure.
 */
export function freshReads({ spec, status, now }: Situation): readonly AnsweredRead[] {
  return nodeNames({ spec, status }).flatMap((name) => {
    const node = status.nodes[name];
    if (node === undefined) return [];
    const reported = asReported(node);
    const ageMs = silentFor(reported, now);
    if (ageMs === null || reported.status === null || !mayBeHeard(reported, now) || !answersReads(reported.status))
      return [];
    return [{ name, ageMs, ...(node.isStored === true ? { isStored: true } : {}) }];
  });
}

/**
 * Whether a majority is known to have lost its data: of the voters, and of all that may be voters, see {@link counted}.
 */
export function isMajorityLost(known: readonly Pick<KnownMember, 'isVoter' | 'mayBeOut' | 'evidence'>[]): boolean {
  const members = counted(known);
  const voters = members.filter(({ isVoter }) => isVoter);
  return [voters, members].every((some) => some.length === 0 || 2 * lostAmong(some) > some.length);
}

/**
 * Without the lost members that etcd may have removed already: of three voters without such a member, the loss of one
 * more is not the loss of a majority.
 */
export function counted<M extends Pick<KnownMember, 'mayBeOut' | 'evidence'>>(known: readonly M[]): readonly M[] {
  return known.filter(({ mayBeOut, evidence }) => mayBeOut !== true || evidence.kind !== 'lost');
}

export function lostAmong(members: readonly Pick<KnownMember, 'evidence'>[]): number {
  return members.filter(({ evidence }) => evidence.kind === 'lost').length;
}

/** As it is remembered once the cluster is given up. */
export function formerMember({ evidence, ...member }: KnownMember): FormerMember {
  return { ...member, lost: evidence.kind === 'lost' };
}

/** A member of the cluster that was given up, for whose etcd nobody reports any longer. */
export function rememberedMember({ lost, ...member }: FormerMember): KnownMember {
  const evidence = lost
    ? ({ kind: 'lost', by: 'operator' } as const)
    : ({ kind: 'unknown', why: reason('of_cluster_given_up') } as const);
  return { ...member, evidence };
}
