import { isDeepStrictEqual } from 'node:util';
import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { ReleaseView } from '@picket/shared/protocol/releases.ts';
import { redeclared } from '../controller/membership/redeclare.ts';
import type { Begun } from '../declaration/make-spec.ts';
import { requireRelease } from '../declaration/require-release.ts';
import { type NodeRecord, nameOf } from '../inventory/inventory.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { quotaProblem } from '../model/quota.ts';
import { restoreRunning } from '../model/restore-running.ts';
import type { Operation, OperationSituation } from './operation.ts';
import { requireNotDeleted } from './require-orderable.ts';

/**
 * Makes the next revision of a spec. A change without effect makes none, whatever revision it expects: so a request may be
 * repeated (RFC 9110, section 13.1.1). Throws `cluster_frozen`, `revision_conflict`,
 * `quota_too_small`, what {@link requireRelease} and {@link redeclared} throw, and what `change` throws.
 *
 * @param releases what the release store has
 * @returns the spec after it
 */
export function changeSpec(
  expected: number,
  by: string,
  change: (spec: ClusterSpec, begun: Begun) => ClusterSpec,
  releases: readonly ReleaseView[] = [],
): Operation<ClusterSpec> {
  return {
    decide(situation) {
      const { spec, progress, rests, nodes } = situation;
      requireNotDeleted(situation);
      const frozen = () => failure('cluster_frozen', { cluster: spec.name, reason: progress.frozen ?? '' });
      if (progress.frozen !== null && !rests) throw frozen();
      const wanted = { ...change(spec, begunOf(progress, nodes, rests)), revision: spec.revision };
      if (rests && !isDeepStrictEqual({ ...wanted, members: spec.members }, spec)) throw frozen();
      if (isDeepStrictEqual(wanted, spec)) return { result: spec };
      requireRevision(spec, expected);
      const changed = { ...wanted, revision: expected + 1 };
      requireNoUpgrade(spec, changed, progress);
      requireFit(changed, situation);
      if (!isDeepStrictEqual(changed.etcd, spec.etcd))
        requireRelease(changed, { progress, nodes, status: situation.status, releases });
      const events = [happening('change', { by, revision: changed.revision })];
      // What a backup knows of its members is not the present.
      const after = rests ? progress : redeclared(situation, changed, by);
      return { spec: changed, by, ...(after === progress ? {} : { progress: after }), events, result: changed };
    },
  };
}

/** Throws `upgrade_under_way` if the change is one of what an upgrade counts on. */
function requireNoUpgrade(spec: ClusterSpec, changed: ClusterSpec, { upgrade }: ClusterProgress): void {
  if (upgrade === null) return;
  const setting = (['etcd', 'members'] as const).find((one) => !isDeepStrictEqual(changed[one], spec[one]));
  if (setting !== undefined) throw failure('upgrade_under_way', { cluster: spec.name, to: upgrade.to, setting });
}

/** Throws `quota_too_small`. */
function requireFit({ name, tuning }: ClusterSpec, { spec, status }: OperationSituation): void {
  const wanted = tuning.quotaBackendBytes;
  const problem = quotaProblem(spec, status, { is: spec.tuning.quotaBackendBytes, wanted });
  if (problem !== null) throw failure('quota_too_small', { cluster: name, wanted, ...problem });
}

/** Throws `revision_conflict`. */
export function requireRevision({ name, revision: actual }: ClusterSpec, expected: number): void {
  if (actual !== expected) throw failure('revision_conflict', { cluster: name, actual, expected });
}

/**
 * How far a cluster has begun. A cluster that will begin again from a snapshot has been founded before. A backup may be
 * older than a correction or an addition of members, without which the cluster cannot be taken over. Pure.
 *
 * @param rests the progress is still that of a backup
 */
export function begunOf(
  { formation, restore, members, departing }: Pick<ClusterProgress, 'formation' | 'restore' | 'members' | 'departing'>,
  nodes: readonly NodeRecord[],
  rests = false,
): Begun {
  return {
    founded: !rests && (formation !== null || restore !== null),
    mayGrow: rests || formation?.clusterId != null,
    mayShrink: !rests && formation?.clusterId != null,
    departing,
    restoring: rests ? null : (restoreRunning({ restore, formation })?.snapshot ?? null),
    living: rests ? [] : Object.keys(members),
    joined: nodes.filter(({ evictedAt }) => evictedAt === null).map(nameOf),
  };
}
