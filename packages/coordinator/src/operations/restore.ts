import { happening } from '@picket/shared/events/event.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import { requireAbleToRestore, unableOnes } from '../controller/formation/able-to-restore.ts';
import { type RestoreWord, restoreUnheard } from '../controller/restore/restore.ts';
import type { RestoreSource } from '../model/restore-source.ts';
import type { Situation } from '../model/situation.ts';
import type { Operation } from './operation.ts';
import { requireNotDeleted } from './require-not-deleted.ts';

/**
 * Gives up the cluster for one of its snapshots. With force, also a cluster that waits since the coordinator was
 * restored, and of which too little is left for a take-over. Throws `restore_refused`, `restore_unproven`,
 * `restore_needs_name`.
 */
export function restore(source: RestoreSource, { by, ...word }: RestoreWord & { readonly by: string }): Operation {
  return {
    takesOverFirst: true,
    decide(situation) {
      const { rests, decisions } = situation;
      requireNotDeleted(situation);
      const given = { by, formations: situation.progress.formations, snapshot: source.snapshot };
      const judged = rests ? { ...situation, status: situation.statusInTakeOver } : situation;
      const progress = (rests ? restoreUnheard : decisions.restoreFrom)(judged, source, word);
      const event = happening('restore', { ...given, membersKnown: !rests, unable: cannotFound(judged) });
      const also = rests ? [{ kind: 'rests-no-more' } as const] : [];
      return { progress, events: [event], also, result: undefined };
    },
  };
}

/** For the event of a restore: why nodes cannot found the restored cluster; null if all can. */
function cannotFound(situation: Situation): Reason | null {
  const unable = requireAbleToRestore(situation);
  return unable.length === 0 ? null : unableOnes(unable);
}
