import { happening } from '@picket/shared/events/event.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import { noRehearsals, type RehearsalWorked } from '../model/rehearsal-progress.ts';
import type { Operation } from './operation.ts';

/** A rehearsal that has ended. */
export type RehearsalOutcome =
  | { readonly worked: RehearsalWorked }
  | {
      readonly failed: Omit<RehearsalWorked, 'etcdVersion' | 'revision' | 'keys' | 'hash'> & {
        readonly reason: Reason;
      };
    };

/** Records how a rehearsal has ended. */
export function snapshotRehearsed(outcome: RehearsalOutcome): Operation {
  return {
    decide({ progress }) {
      const { snapshots } = progress;
      const { rehearsal = noRehearsals } = snapshots;
      if ('worked' in outcome) {
        const { worked } = outcome;
        const { snapshot, etcdVersion, revision, keys, tookMs } = worked;
        return {
          progress: { ...progress, snapshots: { ...snapshots, rehearsal: { worked, failure: null } } },
          events: [happening('snapshot-rehearsed', { snapshot, etcdVersion, revision, keys, tookMs })],
          result: undefined,
        };
      }
      const { id, snapshot, at, reason } = outcome.failed;
      const failure = { id, snapshot, at, reason, count: (rehearsal.failure?.count ?? 0) + 1 };
      return {
        progress: { ...progress, snapshots: { ...snapshots, rehearsal: { ...rehearsal, failure } } },
        events: [happening('rehearsal-failed', { snapshot, why: reason })],
        result: undefined,
      };
    },
  };
}
