import type { NamedNode } from './cluster-status.ts';

/** An operator's order to delete the cluster. */
export interface Deletion {
  readonly by: string;
  /** The name of the cluster when that was ordered. */
  readonly name: string;
  /** The name of its records once that name is free. */
  readonly filedAs: string;
  /** A snapshot is taken before any etcd is stopped. */
  readonly wantsSnapshot: boolean;
  /** The newest snapshot when that was ordered; null if there was none. */
  readonly before: string | null;
  /** The name becomes free although nodes that are not heard have confirmed nothing. */
  readonly force: boolean;
  /** Every incarnation is over, and each agent has the order to stop etcd. Nothing takes that back. null before that. */
  readonly ended: { readonly snapshot: string | null } | null;
  /** Another cluster can have the name. */
  readonly freed: boolean;
}

/** What has become of an operator's order to delete the cluster. */
export interface DeletionProgress {
  readonly deletion: Deletion | null;
}

export const notDeleted: DeletionProgress = { deletion: null };

export type DeletionStep =
  /** Every incarnation of the cluster is over. `snapshot`: the one that was taken for it. */
  | { readonly kind: 'end-cluster'; readonly snapshot: string | null; readonly nodes: readonly NamedNode[] }
  /** A node has confirmed that its etcd is stopped, or never had one: its identity ends. */
  | { readonly kind: 'let-go'; readonly nodeId: string; readonly name: string }
  /** `nodes`: those that have not confirmed that their etcd is stopped. */
  | { readonly kind: 'free-name'; readonly filedAs: string; readonly nodes: readonly NamedNode[] };
