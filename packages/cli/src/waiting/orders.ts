import { plain } from '@picket/shared/plain.ts';
import type { ClusterSpec, MemberView } from '@picket/shared/protocol/clusters.ts';
import type { Api } from '../api.ts';
import { Refusal } from '../refusal.ts';
import type { Shell } from '../shell.ts';
import { afterOrder } from './after-order.ts';
import { changeLook, deletedLook, endedLook, releasedLook, removedLook, replacedLook, restoredLook } from './looks.ts';

/** Waits for the orders of an operator. `timeout` is null if the command does not wait. */
export interface Waiting {
  readonly shell: Shell;
  readonly api: Api;
  readonly cluster: string;
  readonly timeout: number | null;
}

/** Until all members have the settings of this revision and, if it changes members, these are voters or have left. */
export function afterChange({ shell, api, cluster, timeout }: Waiting, before: ClusterSpec | null, after: ClusterSpec) {
  const names = ({ members }: ClusterSpec) => members.map(({ name, address }) => `${name} ${address}`).join();
  const change = { revision: after.revision, members: before === null || names(before) !== names(after) };
  const goal = `revision ${after.revision} of ${plain(cluster)}`;
  return afterOrder(shell, api, {
    cluster,
    goal,
    timeout,
    look: async () => changeLook(await api.status({ name: cluster }), change, goal),
  });
}

/**
 * Until the member is a voter with new data, or an operator keeps it.
 * @param before what it was before the order; undefined: nothing is known of it
 * @param newest the ID of the last event before the order
 */
export function afterReplacement(
  { shell, api, cluster, timeout }: Waiting,
  before: MemberView | undefined,
  newest: number,
) {
  if (before === undefined) return Promise.resolve();
  const goal = `the replacement of ${plain(before.name)}`;
  return afterOrder(shell, api, {
    cluster,
    goal,
    timeout,
    look: async () => {
      const { items } = await api.list('events', { cluster, kind: 'keep', newer: String(newest) });
      return replacedLook(await api.status({ name: cluster }), items, { before, goal });
    },
  });
}

/** Until etcd has removed the member that it was. */
export function afterEviction({ shell, api, cluster, timeout }: Waiting, before: MemberView | undefined) {
  if (before === undefined) return Promise.resolve();
  const goal = `the removal of ${plain(before.name)} from etcd`;
  return afterOrder(shell, api, {
    cluster,
    goal,
    timeout,
    look: async () => removedLook(await api.status({ name: cluster }), before, goal),
  });
}

/** Until the cluster is healthy under another cluster ID. */
export function afterRestore({ shell, api, cluster, timeout }: Waiting, clusterId: string | null) {
  const goal = `the restore of ${plain(cluster)}`;
  return afterOrder(shell, api, {
    cluster,
    goal,
    timeout,
    look: async () => restoredLook(await api.status({ name: cluster }), clusterId, goal),
  });
}

/** Until the name of the cluster is free. */
export function afterDeletion({ shell, api, cluster, timeout }: Waiting) {
  const goal = `the deletion of ${plain(cluster)}`;
  return afterOrder(shell, api, {
    ...{ cluster, goal, timeout },
    look: async () => {
      const view = await api.status({ name: cluster }).catch((error: unknown) => {
        if (error instanceof Refusal && error.wire.code === 'not_found') return null;
        throw error;
      });
      return deletedLook(view);
    },
  });
}

/** Until the hold of the member is over. */
export function afterRelease({ shell, api, cluster, timeout }: Waiting, member: string) {
  const goal = `the end of the hold of ${plain(member)}`;
  return afterOrder(shell, api, {
    cluster,
    goal,
    timeout,
    look: async () => releasedLook(await api.status({ name: cluster }), member, goal),
  });
}

/** The kinds of event that end an order, the outcome of success, and what the order is called. */
export interface Ends {
  readonly kinds: readonly string[];
  readonly good: string;
  readonly called: string;
}

/** Until an event says how the order ended. @param newest the ID of the last event before the order */
export function afterMemberOrder(
  { shell, api, cluster, timeout }: Waiting,
  { kinds, good, called }: Ends,
  member: string,
  newest: number,
) {
  const goal = `${called} ${plain(member)}`;
  return afterOrder(shell, api, {
    ...{ cluster, goal, timeout },
    look: async () => {
      const { items } = await api.list('events', { cluster, kind: kinds.join(','), newer: String(newest) });
      return endedLook(items.toReversed(), await api.status({ name: cluster }), { member, good, goal });
    },
  });
}

/** The ID of the last event of a cluster; 0: it has none. */
export async function newestEvent(api: Api, cluster: string): Promise<number> {
  const { items } = await api.list('events', { cluster, limit: 1 });
  return items[0]?.id ?? 0;
}
