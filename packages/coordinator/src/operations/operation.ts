import type { Happening } from '@picket/shared/events/event.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterRecord, NewNode, NodeRecord, Repositories, SnapshotRecord } from '../inventory/inventory.ts';
import type { ClusterStatus } from '../model/cluster-status.ts';
import type { Instant } from '../model/instant.ts';
import type { Decision } from '../model/opinion.ts';
import type { ClusterProgress, Step } from '../model/progress.ts';
import type { Situation } from '../model/situation.ts';
import { stepEvent } from '../model/step-event.ts';
import type { Task } from '../model/task.ts';
import type { Decisions } from './decisions.ts';

/** What an operation knows of its cluster. */
export interface OperationSituation extends Situation {
  readonly nodes: readonly NodeRecord[];
  /** The progress is still that of a backup. */
  readonly rests: boolean;
  /** It has been taken over just before this operation. */
  readonly takenOver: boolean;
  readonly waits: readonly Reason[];
  /** As for a take-over: with the reports of re-adopted nodes that have no desired state yet. */
  readonly statusInTakeOver: ClusterStatus;
  /**
   * Members whose node waits for its re-adoption and has contacted the coordinator recently. An agent that is refused
   * may be silent for longer than one that reports.
   */
  readonly seenUnadopted: readonly string[];
  readonly lastHeard: (nodeId: string) => LastHeard;
  /** Milliseconds since the coordinator began, or its clock was set. */
  readonly runsFor: number;
  readonly decisions: Decisions;
  /** The controller's decision for this progress. */
  readonly decisionOn: (progress: ClusterProgress) => Decision;
  /** The progress after this step. */
  readonly after: (step: Step) => ClusterProgress;
}

/** When a node last reported, and the last contact of a node that waits for its re-adoption. */
export interface LastHeard {
  readonly report: Instant | null;
  readonly seen: Instant | null;
}

/** The result of an operation for a cluster: all of it is stored in one transaction, or nothing is. */
export interface Outcome<Result> {
  /** The next revision. */
  readonly spec?: ClusterSpec;
  /** Who made that revision. */
  readonly by?: string;
  readonly progress?: ClusterProgress;
  readonly events?: readonly Happening[];
  readonly also?: readonly Kept[];
  /** This commit publishes no desired state; the next one of this turn does. */
  readonly publishesLater?: true;
  /** Called after that is stored, and before any node sees it. */
  readonly kept?: () => Promise<void>;
  readonly result: Result;
}

/** What else is stored in the same transaction. */
export type Kept =
  | { readonly kind: 'cluster' }
  | { readonly kind: 'snapshot'; readonly record: SnapshotRecord }
  /** `endsTokens`: each join token that the node has used, or that is bound to its name, ends. */
  | { readonly kind: 'eviction'; readonly nodeId: string; readonly endsTokens?: true }
  /** A node has joined, perhaps again; another machine may have sent its earlier reports. */
  | { readonly kind: 'node'; readonly is: 'new' | 'known'; readonly node: NewNode }
  /** Each join token of the cluster ends. */
  | { readonly kind: 'tokens-end' }
  /** The cluster is deleted: its records have the name of the spec from now on, and its own name is free. */
  | { readonly kind: 'filed' }
  /** Something else that is stored about a node has changed. */
  | { readonly kind: 'nodes-changed' }
  /** The progress is no longer that of the backup. */
  | { readonly kind: 'rests-no-more' };

/** One change of one cluster, in its turn. */
export interface Operation<Result = undefined> {
  /** A cluster that waits after a restore is taken over first, if possible. */
  readonly takesOverFirst?: true;
  /** Pure. Throws a `PicketError` to refuse: then nothing is stored. */
  readonly decide: (situation: OperationSituation) => Outcome<Result>;
}

/**
 * Decides an operation that reads and writes more of the store than its cluster, in the transaction that stores the outcome. Throws
 * a `PicketError` to refuse: then nothing is stored.
 */
export type DecideWithin<Result> = (store: Repositories, situation: OperationSituation) => Promise<Outcome<Result>>;

/** A cluster after an operation and all steps that were due then. */
export interface Done<Result> {
  readonly record: ClusterRecord;
  /** The cluster that the operation was decided on. */
  readonly before: ClusterRecord;
  /** Its nodes after the turn, also evicted ones. */
  readonly nodes: readonly NodeRecord[];
  readonly result: Result;
}

/** Runs an operation in the turn of its cluster. Throws `not_found`, and what the operation throws. */
export type RunOperation = <Result>(
  cluster: string,
  operation: Operation<Result> | DecideWithin<Result>,
) => Promise<Done<Result>>;

/** This step is taken. */
export function taking({ after }: Pick<OperationSituation, 'after'>, step: Step) {
  return { progress: after(step), events: [stepEvent(step)], result: undefined };
}

/** The ID of what was just ordered. */
export function idOf(task: Task | null): string {
  if (task === null) throw new Error('the order is not in the progress');
  return task.id;
}

/** Changes nothing. */
export const nothing: Outcome<undefined> = { result: undefined };
