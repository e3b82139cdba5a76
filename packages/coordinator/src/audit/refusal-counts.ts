import { happening } from '@picket/shared/events/event.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { auditEntry } from './entries.ts';

/** A request that was refused because of who sent it, or because it was one too many. */
export interface Refusal {
  /** Whose certificate it was, such as `operator ada`; null if it showed none of this coordinator's. */
  readonly by: string | null;
  /** The address, or the network that counts as one. */
  readonly from: string;
  /** Method and route. */
  readonly action: string;
  /** The code of the error, and the code of its reason if it has one. */
  readonly outcome: string;
  readonly why: string | null;
}

interface RefusalDeps {
  readonly inventory: Pick<Inventory, 'transaction'>;
  readonly now: () => Instant;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
}

interface Group extends Refusal {
  /** `several` if they came from different ones since the last entry. */
  from: string;
  count: number;
  since: Instant;
  /** When an entry was last written for it, by the monotonic clock; null: not yet. */
  writtenAt: number | null;
}

const everyMs = 3_600_000;
/** From this number on, refusals are an event too: a node or a program has asked in vain again and again. */
const bulk = 20;
/** Strangers have fewer groups of their own, so that they cannot displace a refused operator or node (R18). */
const mostGroups = { known: 32, strangers: 8 } as const;
/** Of one known caller: no node can displace a refused operator. */
const mostOfOne = 8;

export type RefusalCounts = ReturnType<typeof refusalCounts>;

/**
 * Counts refusals for the audit log, and many of one kind for the events. Each group gets an entry at once and then one an
 * hour, with the number since the last one. So strangers and nodes cause at most 42 entries an hour, whatever they send (R18). What was counted since the
 * last entry is lost if the coordinator is killed.
 */
export function refusalCounts({ inventory, now, monotonic }: RefusalDeps) {
  const groups = new Map<string, Group>();

  function groupOf(refusal: Refusal): Group {
    const pool = refusal.by === null ? 'strangers' : 'known';
    const key = JSON.stringify([pool, refusal.by ?? refusal.from, refusal.action, refusal.outcome, refusal.why]);
    const found = groups.get(key);
    if (found !== undefined) return found;
    const size = [...groups.keys()].filter((one) => one.startsWith(`["${pool}"`)).length;
    const own = [...groups.values()].filter(({ by }) => by !== null && by === refusal.by).length;
    if (size < mostGroups[pool] && own < mostOfOne) return added(key, refusal);
    const others = JSON.stringify([`others of ${pool}`]);
    const by = refusal.by === null ? null : 'others';
    return groups.get(others) ?? added(others, { by, from: 'others', action: 'others', outcome: 'others', why: null });
  }

  function added(key: string, refusal: Refusal): Group {
    const group = { ...refusal, count: 0, since: now(), writtenAt: null };
    groups.set(key, group);
    return group;
  }

  function entryOf({ by, from, action, outcome, why, count, since }: Group) {
    const asked = { since: isoTime(since), ...(why === null ? {} : { why }) };
    return auditEntry({ at: now(), kind: 'refusals', by: by ?? 'a stranger', from, action, outcome, count, asked });
  }

  function inBulk({ by, from, action, outcome, why, count, since }: Group) {
    return happening('requests-refused', { by, from, action, outcome, why, count, since: isoTime(since) });
  }

  return {
    count(refusal: Refusal): void {
      const group = groupOf(refusal);
      if (group.count === 0) group.since = now();
      if (group.from !== 'others')
        group.from = group.count === 0 || group.from === refusal.from ? refusal.from : 'several';
      group.count += 1;
    },

    /** Writes an entry for each group that is due, or for all that have counted something. */
    async write(all: 'due' | 'all'): Promise<void> {
      const due = [...groups.values()].filter(
        ({ count, writtenAt }) =>
          count > 0 && (all === 'all' || writtenAt === null || monotonic() - writtenAt >= everyMs),
      );
      const written = due.map((group) => ({ group, count: group.count, entry: entryOf(group) }));
      if (written.length > 0)
        await inventory.transaction(async ({ audit, events }) => {
          for (const { entry } of written) await audit.append(entry);
          for (const { group } of written.filter(({ count }) => count >= bulk))
            await events.append({ at: now(), cluster: null, ...inBulk(group) });
        });
      for (const { group, count } of written) {
        // More may have come meanwhile.
        group.count -= count;
        group.since = now();
        group.writtenAt = monotonic();
      }
      for (const [key, { count, writtenAt }] of groups)
        if (count === 0 && writtenAt !== null && monotonic() - writtenAt >= everyMs) groups.delete(key);
    },
  };
}
