import { accept } from '@picket/agent/coordinator/accept.ts';
import { otherVersion } from '@picket/agent/model/version-guard.ts';
import { closedWayBack } from '@picket/agent/reconcile/apply/way-back.ts';
import { dataDirOf } from '@picket/agent/reconcile/data-dir.ts';
import { leaseIsValid } from '@picket/agent/reconcile/lease.ts';
import { applyStep } from '@picket/coordinator/controller/apply-step.ts';
import { afterClockStep, afterStart } from '@picket/coordinator/controller/clock-steps.ts';
import { nextStep } from '@picket/coordinator/controller/next-step.ts';
import { replaced, vacated } from '@picket/coordinator/controller/replacement/replacement.ts';
import { resetFormation } from '@picket/coordinator/controller/reset-formation.ts';
import { restoreFrom } from '@picket/coordinator/controller/restore/restore.ts';
import { takeOver } from '@picket/coordinator/controller/take-over/take-over.ts';
import type { ClusterProgress } from '@picket/coordinator/model/progress.ts';
import { takeWithoutQuorum } from '@picket/coordinator/operations/take-without-quorum.ts';
import { isOfMinor } from '@picket/shared/etcd-version.ts';
import { minimalDesiredState } from './desired-state-model.ts';
import { isSealed } from './seals-model.ts';

/** The decisions as they are; a mutant puts another in the place of one. */
export interface Guards {
  readonly next: typeof nextStep;
  readonly apply: typeof applyStep;
  readonly reset: typeof resetFormation;
  readonly replaced: typeof replaced;
  readonly vacated: typeof vacated;
  readonly restoreFrom: typeof restoreFrom;
  readonly takeWithoutQuorum: typeof takeWithoutQuorum;
  readonly desired: typeof minimalDesiredState;
  readonly afterClockStep: typeof afterClockStep;
  readonly afterStart: typeof afterStart;
  /** What a restored store may believe of its cluster. */
  readonly takeOver: typeof takeOver;
  /** Whether a seal vouches for what this machine says it follows. */
  readonly isSealed: typeof isSealed;
  /** Whether an operator may let this cluster be judged again. */
  readonly mayThaw: (progress: Pick<ClusterProgress, 'provenBehind'>) => boolean;
  /** Decides again before it answers a node, unless it has just done so (R2). */
  readonly keepsUp: boolean;
  /** Shows nodes what the store does not have yet (R12). */
  readonly publishesFirst: boolean;
  /** Goes on publishing in a cluster that is frozen (R5). */
  readonly publishesFrozen: boolean;
  readonly agent: AgentGuards;
}

export interface AgentGuards {
  readonly accept: typeof accept;
  readonly leaseIsValid: typeof leaseIsValid;
  readonly dataDirOf: typeof dataDirOf;
  /** From when the leases of an answer count. */
  readonly requestedAt: (sentAt: number, now: number) => number;
  /** Whether another incarnation may begin, after the one that was begun before. */
  readonly mayBegin: (former: string | null, wanted: string, retired: readonly string[]) => boolean;
  /** The agent's own look at etcd's list just before it removes a member. */
  readonly mayRemove: (member: { readonly isLearner: boolean }) => boolean;
  /** Whether an etcd would be of another minor version than its incarnation, or its cluster, runs (R17). */
  readonly otherVersion: typeof otherVersion;
  /** What the guard of the service does without the agent: whether it starts an incarnation of this minor version. */
  readonly mayStart: (minor: string | null, installed: string) => boolean;
  /** Why no etcd of an earlier minor version may start, by what the voters say. */
  readonly closedWayBack: typeof closedWayBack;
  /** Waits for leave before it restarts an etcd that runs. */
  readonly needsPermit: boolean;
  /** Puts the last good settings in the place of such as etcd cannot run with. */
  readonly putsBack: boolean;
}

export const realGuards: Guards = {
  next: nextStep,
  apply: applyStep,
  reset: resetFormation,
  replaced,
  vacated,
  restoreFrom,
  takeWithoutQuorum,
  desired: minimalDesiredState,
  afterClockStep,
  afterStart,
  takeOver,
  isSealed,
  mayThaw: ({ provenBehind }) => provenBehind === null,
  keepsUp: true,
  publishesFirst: false,
  publishesFrozen: false,
  agent: {
    accept,
    leaseIsValid,
    dataDirOf,
    requestedAt: (sentAt) => sentAt,
    mayBegin: (former, wanted, retired) => former === null || former === wanted || retired.includes(former),
    mayRemove: ({ isLearner }) => isLearner,
    otherVersion,
    mayStart: (minor, installed) => minor === null || isOfMinor(installed, minor),
    closedWayBack,
    needsPermit: true,
    putsBack: true,
  },
};
