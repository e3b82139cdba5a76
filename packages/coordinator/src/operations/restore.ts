import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { requireAbleToRestore, unableOnes } from '../controller/formation/able-to-restore.ts';
import { type RestoreWord, restoreUnheard } from '../controller/restore/restore.ts';
import { freshReads } from '../controller/restore/voter-evidence.ts';
import { hasFreshSnapshot, whoTakesIt } from '../controller/snapshots/snapshots.ts';
import { isPicketKeptOut } from '../model/health.ts';
import { restoreRunning } from '../model/restore-running.ts';
import type { RestoreSource } from '../model/restore-source.ts';
import type { Situation } from '../model/situation.ts';
import { snapshotFreshFor } from '../model/waits.ts';
import type { Operation, OperationSituation } from './operation.ts';
import { requireHeard } from './require-heard.ts';
import { requireNotDeleted } from './require-orderable.ts';

/** An operator's order. `lastSnapshot`: of the cluster that is given up; null: without one; undefined: nothing was said of it. */
export interface RestoreOrder extends RestoreWord {
  readonly by: string;
  readonly lastSnapshot?: string | null | undefined;
  /** The snapshot of the running restore that this one takes the place of. */
  readonly insteadOf?: string | undefined;
}

/**
 * Gives up the cluster for one of its snapshots. With force, also a cluster that waits since the coordinator was
 * restored, and of which too little is left for a take-over. Throws `restore_running`, `restore_refused`, `restore_unproven`,
 * `restore_needs_name`; `restore_snapshot_first`, `restore_snapshot_old`, `last_snapshot_later` and `restore_loses_writes` if its etcd
 * may serve.
 */
export function restore(source: RestoreSource, { by, lastSnapshot, insteadOf, ...word }: RestoreOrder): Operation {
  return {
    takesOverFirst: true,
    decide(situation) {
      const { rests, decisions } = situation;
      requireNotDeleted(situation);
      if (!rests) requireNoOtherRestore(situation, insteadOf);
      const given = { by, formations: situation.progress.formations, snapshot: source.snapshot };
      const judged = rests ? { ...situation, status: situation.statusInTakeOver } : situation;
      const progress = (rests ? restoreUnheard : decisions.restoreFrom)(judged, source, word);
      if (lastSnapshot !== null) requireLastSnapshot(judged, source, lastSnapshot);
      const event = happening('restore', { ...given, membersKnown: !rests, unable: cannotFound(judged, source) });
      const also = rests ? [{ kind: 'rests-no-more' } as const] : [];
      return { progress, events: [event], also, result: undefined };
    },
  };
}

/** Throws `restore_running`, unless the operator has named that restore: most who repeat a restore do not know that it runs. */
function requireNoOtherRestore({ spec, progress }: OperationSituation, insteadOf: string | undefined): void {
  const running = restoreRunning(progress)?.snapshot;
  if (running !== undefined && running !== insteadOf) throw failure('restore_running', { cluster: spec.name, running });
}

/**
 * What is written since the snapshot cannot be read again, so a cluster that may serve is given up only after another snapshot, which was
 * stored a short while ago (R19). Throws `restore_snapshot_first`, `restore_snapshot_old`, `last_snapshot_later`, `restore_loses_writes`.
 */
function requireLastSnapshot(
  situation: OperationSituation,
  source: RestoreSource,
  lastSnapshot: string | undefined,
): void {
  const { spec, progress, rests } = situation;
  // A cluster whose incarnations are over was given up before, and no voter of it gets orders.
  if ((!rests && progress.restore !== null) || freshReads(situation).length === 0) return;
  const { last } = progress.snapshots;
  const isAnother = last !== null && last.id === lastSnapshot && last.id !== source.snapshot;
  if (isAnother && hasFreshSnapshot(situation)) return;
  const { name } = spec;
  if (!rests && whoTakesIt(situation) !== null)
    throw isAnother
      ? failure('restore_snapshot_old', { cluster: name, snapshot: last.id, minutes: snapshotFreshFor / 60_000 })
      : failure('restore_snapshot_first', { cluster: name });
  requireHeard(situation);
  const why = rests
    ? reason('not_taken_over')
    : isPicketKeptOut(situation)
      ? reason('picket_kept_out')
      : reason('no_voter_serves');
  throw failure('restore_loses_writes', { cluster: name, reason: why });
}

/** For the event of a restore: why nodes cannot found the restored cluster; null if all can. */
function cannotFound(situation: Situation, source: RestoreSource): Reason | null {
  const unable = requireAbleToRestore(situation, source);
  return unable.length === 0 ? null : unableOnes(unable);
}
