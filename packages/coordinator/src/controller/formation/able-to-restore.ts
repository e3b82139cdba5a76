import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { NodeObservation } from '../../model/cluster-status.ts';
import { fine, type Health, not, reachable } from '../../model/health.ts';
import { fittingEtcd } from '../../model/prepared.ts';
import type { RestoreSource } from '../../model/restore-source.ts';
import type { Situation } from '../../model/situation.ts';
import { fitOf } from '../../model/snapshot-formats.ts';

/** Whether a node can make a data directory from a snapshot; `unsaid`: its agent has not said it yet. */
export type RestoreAbility = Health & { readonly unsaid?: true };

/** Whether a node has a program to restore a snapshot with, or would get one, by its last report. Pure. */
export function restoreAbility({ status, hasStoredTool, architecture }: NodeObservation): RestoreAbility {
  const tool = status?.restoreTool;
  if (tool === undefined) {
    return { ok: false, why: reason(status === null ? 'not_reported' : 'restore_ability_not_said'), unsaid: true };
  }
  if (tool.installed !== null) return fine;
  if (tool.obstacle !== null) {
    return not(reason('cannot_run_stored_tool', { why: tool.obstacle }));
  }
  if (hasStoredTool === true) return fine;
  return not(reason('no_tool_to_restore', { architecture: architecture ?? null }));
}

/**
 * False only if the installed etcd of a node is known to be unable to serve the data of this snapshot: a cluster that is founded with it
 * would not start, or could never be upgraded. Pure.
 */
export function fitsSnapshot({ status }: NodeObservation, { format }: Pick<RestoreSource, 'format'>): Health {
  const installed = status?.service.etcdVersion ?? null;
  if (format === undefined || installed === null || fitOf(format, installed) !== 'refuses') return fine;
  return not(reason('snapshot_needs_other_etcd', { format, installed }));
}

/** A node, and why it cannot found the restored cluster. */
export interface Unable {
  readonly name: string;
  readonly why: Reason;
}

/**
 * The nodes that could not found the restored cluster. They join it later as learners, for which they need no program.
 * Throws `restore_refused` unless at least one node could: once every etcd is stopped, a restore must not wait for a
 * program. Only nodes that report count. If none reports, no etcd is stopped now. Then the last report of each node
 * counts, and a node that does not say it counts as able, since nobody can ask a dead board. Pure.
 */
export function requireAbleToRestore(
  situation: Pick<Situation, 'spec' | 'status' | 'progress' | 'now'>,
  source: Pick<RestoreSource, 'format'>,
): readonly Unable[] {
  const { spec, status, progress, now } = situation;
  const known = spec.members.flatMap(({ name }) => {
    const node = status.nodes[name];
    return node === undefined ? [] : [{ name, node }];
  });
  const heard = known.filter(({ node }) => reachable(node, now).ok);
  const asked = heard.length > 0 ? heard : known;
  const unable = asked.flatMap(({ name, node }): Unable[] => {
    const ability = restoreAbility(node);
    const counts = ability.ok || (heard.length === 0 && ability.unsaid === true) ? fine : ability;
    const fits = counts.ok && heard.length > 0 ? fittingEtcd({ spec, progress }, name, node) : counts;
    const health = fits.ok ? fitsSnapshot(node, source) : fits;
    return health.ok ? [] : [{ name, why: health.why }];
  });
  if (asked.length > 0 && unable.length === asked.length) {
    throw failure('restore_refused', { cluster: spec.name, reason: unableOnes(unable) });
  }
  return unable;
}

export function unableOnes(unable: readonly Unable[]): Reason {
  return reason('several', { reasons: unable.map(({ name, why }) => reason('of_member', { member: name, why })) });
}
