import type { Concern } from '../../model/concern.ts';
import { safety } from './safety.ts';
import { thawed } from './thawed.ts';

/** Decides whether this coordinator has the latest word (R5). */
export const safetyConcern = {
  decide: { lastWord: safety },
  apply: {
    freeze: ({ provenBehind }, { reason, by = provenBehind }) => ({ frozen: reason, provenBehind: by }),
    quarantine: ({ quarantined }, { kind: _kind, ...quarantine }, { now }) => ({
      quarantined: [...quarantined, { ...quarantine, since: now }],
    }),
    'end-quarantine': ({ quarantined }, step) => ({
      quarantined: quarantined.filter(({ nodeId }) => nodeId !== step.nodeId),
    }),
  },
  instants: { quarantined: { each: { since: true } } },
  audited: ({ frozen }) => ({ frozen }),
  onTakeOver: thawed,
} satisfies Concern<'safety'>;
