import type { Inventory } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { auditEntry } from './entries.ts';

/** Removed at once, so that few entries record removals, and no statement takes long. */
const block = 1000;

/**
 * Removes the oldest entries, a block at a time: what is beyond `most` entries, and blocks that are older than `before`
 * throughout; null: none by age. Each removal is an entry itself, in the same transaction, with the hash of the last
 * entry that it removed: the log then begins after it (R18). If entries were missing among them, it says how many.
 */
export async function removeOldEntries(
  inventory: Pick<Inventory, 'transaction'>,
  { most, before, now }: { readonly most: number; readonly before: Instant | null; readonly now: Instant },
): Promise<void> {
  let removed = true;
  while (removed)
    removed = await inventory.transaction(async ({ audit }) => {
      const [head, first] = [await audit.head(), await audit.oldestAfter(0)];
      if (head === null || first === null || first + block - 1 > head.number) return false;
      const last = await audit.lastUpTo(first + block - 1);
      if (last === null) return false;
      const isTooMany = head.number - first + 1 > most;
      if (!isTooMany && (before === null || last.at >= before)) return false;
      const { number, hash, count } = last;
      const next = (await audit.oldestAfter(number)) ?? number + 1;
      // Whoever can write the store can make gaps. They stop no removal, and it tells of them.
      const missing = next - first - count;
      await audit.append(
        auditEntry({
          at: now,
          kind: 'removal',
          by: 'this coordinator',
          action: 'retention',
          object: `entries up to ${number}`,
          outcome: 'done',
          after: { number, hash, ...(missing > 0 ? { missing } : {}) },
        }),
      );
      await audit.removeTo(number);
      return true;
    });
}
