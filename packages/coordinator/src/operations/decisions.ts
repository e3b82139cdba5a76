import { conditionsNow } from '../conditions/conditions-now.ts';
import { applyStep } from '../controller/apply-step.ts';
import { afterClockStep, afterStart } from '../controller/clock-steps.ts';
import { nextStep } from '../controller/next-step.ts';
import { replaced, vacated } from '../controller/replacement/replacement.ts';
import { resetFormation } from '../controller/reset-formation.ts';
import { restoreFrom } from '../controller/restore/restore.ts';
import { takeOver } from '../controller/take-over/take-over.ts';
import { stateOf } from '../desired-state/node-role.ts';
import { withExcerpts } from '../model/excerpts.ts';
import type { ClusterProgress } from '../model/progress.ts';

/** The pure decisions of a turn of a cluster. The simulation can replace each of them. */
export const decisions = {
  nextStep,
  applyStep,
  afterStart,
  afterClockStep,
  takeOver,
  resetFormation,
  replaced,
  vacated,
  restoreFrom,
  stateOf,
  withExcerpts,
  conditionsNow,
  /** A coordinator that may be behind its nodes would overtake their generations by counting on (R5). */
  mayPublish: ({ frozen }: Pick<ClusterProgress, 'frozen'>): boolean => frozen === null,
  /** If a seal has proven that this store is behind, only another epoch ends the freeze (R5). */
  mayThaw: ({ provenBehind }: Pick<ClusterProgress, 'provenBehind'>): boolean => provenBehind === null,
};

export type Decisions = typeof decisions;
