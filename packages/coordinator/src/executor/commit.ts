import type { Happening } from '@picket/shared/events/event.ts';
import type { ClusterRecord, NodeRecord, PublicationRecord, Repositories } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import type { Kept, Outcome } from '../operations/operation.ts';
import type { Unrendered } from './changed-states.ts';

/** All that one transaction keeps of a cluster. */
export interface Commit {
  readonly at: Instant;
  /** As the store must have it still: its revision and the version of its progress. */
  readonly before: ClusterRecord;
  /** As it is to be kept. */
  readonly record: ClusterRecord;
  /** Who made the revision of the spec, where that is another. */
  readonly by: string;
  readonly events: readonly Happening[];
  readonly also: readonly Kept[];
  readonly publications: readonly PublicationRecord[];
  /** null where desired states are made by the next commit. */
  readonly unrendered: readonly Unrendered[] | null;
  /** Named around the commit: where tests end the process. */
  readonly failpoint: 'publish' | 'join';
  /** See {@link StoreOperation.kept}. */
  readonly kept?: () => Promise<void>;
}

/** What a turn asks to be kept: either it is known, or it depends on what is read in the same transaction. */
export type Request = { readonly commit: Commit } | { readonly within: (store: Repositories) => Promise<Commit> };

/** The answer to a request, once it is kept and whatever else knows of it has been told. */
export interface Answer {
  readonly commit: Commit;
  /** Of the cluster, as they are now. */
  readonly nodes: readonly NodeRecord[];
}

/** A turn of a cluster, or a part of it: asks for one commit after the other, and goes on once each is kept. */
export type Turn<Result> = Generator<Request, Result, Answer>;

/** What an outcome keeps of its cluster, without what nodes are told. */
export function untoldCommit(before: ClusterRecord, outcome: Outcome<unknown>, at: Instant): Commit {
  const { spec = before.spec, progress = before.progress, by = '', events = [], also = [] } = outcome;
  const record = { ...before, spec, progress, progressVersion: before.progressVersion + 1 };
  return { at, before, record, by, events, also, publications: [], unrendered: null, failpoint: 'publish' };
}
