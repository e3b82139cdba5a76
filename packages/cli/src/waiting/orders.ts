import { failure } from '@picket/shared/errors.ts';
import { plain, plainIn } from '@picket/shared/plain.ts';
import type { ClusterSpec, MemberView } from '@picket/shared/protocol/clusters.ts';
import type { Api } from '../api.ts';
import { unlessRefused } from '../refusal.ts';
import type { Shell } from '../shell.ts';
import * as looks from './looks.ts';
import { untilDone } from './until-done.ts';

/** Waits for the orders of an operator. */
export interface Waiting {
  readonly shell: Shell;
  readonly api: Api;
  readonly cluster: string;
  /** In seconds; null: the command does not wait. */
  readonly timeout: number | null;
}

/** Until all members have the settings of this revision and, if it changes members, these are voters or have left. */
export function afterChange(waiting: Waiting, before: ClusterSpec | null, after: ClusterSpec) {
  const names = ({ members }: ClusterSpec) => members.map(({ name, address }) => `${name} ${address}`).join();
  const change = { revision: after.revision, members: before === null || names(before) !== names(after) };
  return afterOrder(waiting, `revision ${after.revision} of ${waiting.cluster}`, async () =>
    looks.changeLook(await statusIn(waiting), change),
  );
}

/** Until every member runs this version of etcd, or the upgrade waits for an operator. */
export function afterUpgrade(waiting: Waiting, called: string, to: string) {
  return afterOrder(waiting, called, async () => looks.upgradeLook(await statusIn(waiting), to));
}

/**
 * Until the member is a voter with new data, or an operator keeps it.
 * @param before what it was before the order; undefined: nothing is known of it
 * @param newest the ID of the last event before the order
 */
export async function afterReplacement(waiting: Waiting, before: MemberView | undefined, newest: number) {
  if (before === undefined) return;
  await afterOrder(waiting, `the replacement of ${before.name}`, async () => {
    const kept = await eventsSince(waiting, 'keep', newest);
    return looks.replacedLook(await statusIn(waiting), kept, before);
  });
}

/** Until etcd has removed the member that it was. */
export async function afterEviction(waiting: Waiting, before: MemberView | undefined) {
  if (before === undefined) return;
  await afterOrder(waiting, `the removal of ${before.name} from etcd`, async () =>
    looks.removedLook(await statusIn(waiting), before),
  );
}

/** Until the cluster is healthy under another cluster ID. */
export function afterRestore(waiting: Waiting, clusterId: string | null) {
  return afterOrder(waiting, `the restore of ${waiting.cluster}`, async () =>
    looks.restoredLook(await statusIn(waiting), clusterId),
  );
}

/** Until the name of the cluster is free. */
export function afterDeletion(waiting: Waiting) {
  return afterOrder(waiting, `the deletion of ${waiting.cluster}`, async () =>
    looks.deletedLook(await unlessRefused('not_found', statusIn(waiting))),
  );
}

/** Until the hold of the member is over. */
export function afterRelease(waiting: Waiting, member: string) {
  return afterOrder(waiting, `the end of the hold of ${member}`, async () =>
    looks.releasedLook(await statusIn(waiting), member),
  );
}

/** The kinds of event that end an order, the outcome of success, and what the order is called. */
export interface Ends {
  readonly kinds: readonly string[];
  readonly good: string;
  readonly called: string;
}

/** Until an event says how the order ended. @param newest the ID of the last event before the order */
export function afterMemberOrder(waiting: Waiting, { kinds, good, called }: Ends, member: string, newest: number) {
  return afterOrder(waiting, `${called} ${member}`, async () => {
    const ended = await eventsSince(waiting, kinds.join(','), newest);
    return looks.endedLook(ended.toReversed(), await statusIn(waiting), { member, good });
  });
}

/** The ID of the last event of a cluster; 0: it has none. */
export async function newestEvent(api: Api, cluster: string): Promise<number> {
  const { items } = await api.list('events', { cluster, limit: 1 });
  return items[0]?.id ?? 0;
}

/** Waits for what a command has ordered, if the operator asked for that, and says that it is done, or what the operator must do first. */
async function afterOrder({ shell, api, cluster, timeout }: Waiting, what: string, look: () => Promise<looks.Seen>) {
  if (timeout === null) return;
  const goal = plain(what);
  const asks = await untilDone(shell, api, {
    cluster,
    goal,
    timeout,
    async look() {
      const seen = await look();
      if (seen.state !== 'failed') return seen;
      return { state: 'failed', error: failure('wait_failed', { cluster, goal, problem: seen.problem }) };
    },
  });
  if (asks.length === 0) return shell.note(`Done: ${goal}.`);
  const order = `${goal.slice(0, 1).toUpperCase()}${goal.slice(1)}`;
  shell.note([`${order} is not complete. It waits for:`, ...asks.map((one) => `  - ${one}`)].join('\n'));
}

async function statusIn({ api, cluster }: Waiting) {
  return plainIn(await api.status({ name: cluster }));
}

async function eventsSince({ api, cluster }: Waiting, kind: string, newest: number) {
  return plainIn(await api.list('events', { cluster, kind, newer: String(newest) })).items;
}
