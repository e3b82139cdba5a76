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

/** The pure decisions that a turn of a cluster is made of. The simulation puts another in the place of one. */
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
  /** A coordinator that may be behind its nodes would overtake their generations by counting on (R5). */
  mayPublish: ({ frozen }: Pick<ClusterProgress, 'frozen'>): boolean => frozen === null,
  /** Only another epoch ends a freeze for which a seal has proven that this store is behind (R5). */
  mayThaw: ({ provenBehind }: Pick<ClusterProgress, 'provenBehind'>): boolean => provenBehind === null,
};

export type Decisions = typeof decisions;
