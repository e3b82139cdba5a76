import type { Concern } from '../../model/concern.ts';
import { deletion } from './deletion.ts';

/** The end of a cluster, by an operator's order. */
export const deletionConcern = {
  decide: { end: deletion },
  apply: {
    // Then `applyStep` resets each concern: every incarnation is retired (R4).
    'end-cluster': ({ deletion: order }, { snapshot }) => ({
      deletion: order && { ...order, ended: { snapshot } },
      restore: null,
      secondVoterPossible: false,
    }),
    // The node itself is evicted in the same transaction; see `kept-with-step.ts`.
    'let-go': () => ({}),
    'free-name': ({ deletion: order }) => ({ deletion: order && { ...order, freed: true } }),
  },
  audited: ({ deletion }) => ({ deletion }),
  // Who has stopped since the backup is not known: an operator orders it again (R5). Incarnations that are over stay over.
  onTakeOver: ({ deletion: order }) => ({ deletion: order?.ended == null ? null : order }),
} satisfies Concern<'deletion'>;
