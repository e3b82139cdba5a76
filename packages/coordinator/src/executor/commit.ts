import type { Happening } from '@picket/shared/events/event.ts';
import type { ClusterRecord, NodeRecord, PublicationRecord, Repositories } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import type { Kept, Outcome } from '../operations/operation.ts';
import type { Unrendered } from './changed-states.ts';

/** Everything that one transaction stores about a cluster. */
export interface Commit {
  readonly at: Instant;
  /** The revision and the version of the progress that the store must still have. */
  readonly before: ClusterRecord;
  /** The cluster to store. */
  readonly record: ClusterRecord;
  /** Who made the revision of the spec, if it is new. */
  readonly by: string;
  readonly events: readonly Happening[];
  readonly also: readonly Kept[];
  readonly publications: readonly PublicationRecord[];
  /** null if the next commit makes the desired states. */
  readonly unrendered: readonly Unrendered[] | null;
  /** See {@link Outcome.kept}. */
  readonly kept: (() => Promise<void>) | undefined;
}

/** What a turn wants to store: either known, or dependent on what is read in the same transaction. */
export type Request = { readonly commit: Commit } | { readonly within: (store: Repositories) => Promise<Commit> };

/** The answer to a request, after the commit and after everything that depends on it has been updated. */
export interface Answer {
  readonly commit: Commit;
  /** Of the cluster, as they are now. */
  readonly nodes: readonly NodeRecord[];
}

/** A turn of a cluster, or a part of it: yields one commit after the other, and continues after each. */
export type Turn<Result> = Generator<Request, Result, Answer>;

/** What an operation or a step changes. */
export type Changes = Omit<Outcome<unknown>, 'result'>;

/** What changes store about their cluster, without the desired states. */
export function commitWithoutStates(before: ClusterRecord, changes: Changes, at: Instant): Commit {
  const { spec = before.spec, progress = before.progress, by = '', events = [], also = [], kept } = changes;
  const record = { ...before, spec, progress, progressVersion: before.progressVersion + 1 };
  return { at, before, record, by, events, also, publications: [], unrendered: null, kept };
}
