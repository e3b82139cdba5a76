import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import { lastWords } from '../model/last-words.ts';
import type { CurrentState, Plan } from '../model/model.ts';
import { serves } from '../model/serves.ts';
import { lostDataReason } from '../reconcile/data-dir.ts';
import { stoppedByHand } from '../report/service-news.ts';

/** What a machine that has joined says of its own etcd. */
export interface OwnWord {
  readonly serves: boolean;
  /** The agent stopped it, or has not started it since the boot: what its log shows was before that (R19). */
  readonly rests: boolean;
  /** What its agent waits for, and what is wrong with the service. */
  readonly said: readonly AnyReason[];
}

/** By what the files, the service and etcd of this machine show. `waits`, `hinders`: those of the plan. Pure. */
export function ownWord(current: CurrentState, { waits, hinders = [] }: OwnPlan, dataRoot: string): OwnWord {
  const { service, journal, authentication, boot } = current;
  const life = journal.startedWith?.incarnation ?? null;
  const lost = life === null ? null : lostDataReason(life, current, dataRoot);
  const ended = service.kind === 'crashed' ? service.how : null;
  const isStopped = service.kind === 'stopped';
  return {
    serves: serves(current),
    rests: isStopped && journal.ranIn !== boot,
    said: [
      ...waits,
      ...hinders,
      ...(lost === null ? [] : [lost]),
      ...(ended === null ? [] : [reason('ended', { how: ended, lastWords: lastWords(current.lastLog, true) })]),
      ...(stoppedByHand(current) ? [reason('stopped_by_hand')] : []),
      ...(authentication.refused === null ? [] : [reason('authentication_on', { why: authentication.refused })]),
    ],
  };
}

type OwnPlan = Pick<Plan, 'waits' | 'hinders'>;
