import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { nothing, type Operation } from './operation.ts';

/**
 * Lets the controller judge a frozen cluster again; if the cause persists, it freezes again. Throws `not_frozen`,
 * `cluster_frozen`, and `cluster_overtaken` if a seal has proven that this store is behind.
 */
export function unfreeze(by: string): Operation {
  return {
    takesOverFirst: true,
    decide({ spec: { name }, progress, rests, takenOver, waits, decisions, decisionOn }) {
      if (takenOver) return nothing;
      const { frozen } = progress;
      if (frozen === null) throw failure('not_frozen', { cluster: name });
      if (!decisions.mayThaw(progress)) throw failure('cluster_overtaken', { cluster: name, reason: frozen });
      if (rests) {
        const reasons = waits.map((wait) => (wait.code === 'cluster_frozen' ? wait.facts.why : wait));
        throw failure('cluster_frozen', { cluster: name, reason: reason('several', { reasons }) });
      }
      const thawed = { ...progress, frozen: null };
      // Judged before anything is published: a coordinator that is behind must not catch up by counting (R5).
      const { step } = decisionOn(thawed);
      if (step?.kind === 'freeze') throw failure('cluster_frozen', { cluster: name, reason: step.reason });
      return { progress: thawed, events: [happening('unfreeze', { by, why: frozen })], result: undefined };
    },
  };
}
