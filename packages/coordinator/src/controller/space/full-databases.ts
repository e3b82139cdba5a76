import type { Reason } from '@picket/shared/reasons/reason.ts';
import { configurationOf } from '../../model/configuration-of.ts';
import { roomShare } from '../../model/database-thresholds.ts';
import { following, serving, servingVoters, voters } from '../../model/health.ts';
import type { Instant } from '../../model/instant.ts';
import { memberNames } from '../../model/member-names.ts';
import { silentFor } from '../../model/presence.ts';
import type { Situation } from '../../model/situation.ts';

/** A voter that does not serve, and whose database may be full. */
export interface PerhapsFull {
  readonly member: string;
  readonly unheard: Reason;
  /** Since when it does not serve, or has not reported; a start of the coordinator begins that again. */
  readonly since: Instant;
}

/** @param alarmed who has raised NOSPACE: a voter that does not report has not disarmed it */
export function perhapsFull(situation: Situation, alarmed: readonly string[]): readonly PerhapsFull[] {
  const { now } = situation;
  return voters(situation).flatMap(([name]) => {
    const node = situation.status.nodes[name];
    const health = serving(situation, name);
    if (health.ok) return [];
    const { quotaBackendBytes } = configurationOf(situation.spec, situation.progress, name).tuning;
    const bytes = node?.status?.etcd?.dbSizeBytes ?? Number.POSITIVE_INFINITY;
    const isFull = bytes >= quotaBackendBytes * roomShare || alarmed.includes(name);
    const silentMs = node === undefined ? null : silentFor(node, now);
    const since = node?.unhealthySince ?? (silentMs === null ? Number.NEGATIVE_INFINITY : now - silentMs);
    return isFull ? [{ member: name, unheard: health.why, since }] : [];
  });
}

/**
 * The learners that are full, or have raised NOSPACE and have not reported since. A learner gets the leader's file as
 * it is, and etcd refuses to defragment one: v3rpc/interceptor.go lets it answer only a status and serializable reads.
 */
export function fullLearners(situation: Situation, alarmed: readonly string[]): readonly string[] {
  const { spec, progress, status } = situation;
  return memberNames(situation).flatMap((name) => {
    if (progress.members[name]?.phase !== 'learner') return [];
    const node = status.nodes[name];
    const heard = following(situation, name).ok;
    const { quotaBackendBytes } = configurationOf(spec, progress, name).tuning;
    const isFull = heard
      ? (node?.status?.etcd?.dbSizeBytes ?? 0) >= quotaBackendBytes * roomShare
      : alarmed.includes(name);
    return isFull ? [name] : [];
  });
}

/** The revision of the keys that most of the serving voters have reached: one of several cannot claim a higher one. */
export function reachedRevision(situation: Situation): number {
  const revisions = servingVoters(situation).map((name) => situation.status.nodes[name]?.status?.etcd?.revision ?? 0);
  return revisions.sort((one, other) => other - one)[Math.floor(revisions.length / 2)] ?? 0;
}
