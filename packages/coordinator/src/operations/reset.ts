import { readFacts } from '@picket/shared/answered-reads.ts';
import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { freshReads } from '../controller/restore/voter-evidence.ts';
import { freshFor } from '../model/waits.ts';
import type { Operation } from './operation.ts';
import { requireNotDeleted } from './require-orderable.ts';

/**
 * Gives up a formation. `confirm`: the cluster's name, for a cluster whose etcd has just answered a linearizable read
 * (R16). Throws `reset_refused`, `reset_needs_name`.
 */
export function reset({ by, confirm }: { readonly by: string; readonly confirm: string | null }): Operation {
  return {
    decide(situation) {
      const { name } = situation.spec;
      requireNotDeleted(situation);
      const progress = situation.decisions.resetFormation(situation.progress, name, situation.status);
      const reads = freshReads(situation);
      if (reads.length > 0 && confirm !== name)
        throw failure('reset_needs_name', { cluster: name, ...readFacts(reads, freshFor) });
      const events = [happening('reset', { by, formations: progress.formations })];
      return { progress, events, result: undefined };
    },
  };
}
