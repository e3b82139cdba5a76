import type { Inventory } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { auditEntry } from './entries.ts';

/** Removed at once, so that few entries record removals, and no statement takes long. */
const block = 1000;

/**
 * Removes the oldest entries, a block at a time: what is beyond `most` entries, and blocks that are older than `before`
 * throughout; null: none by age. Each removal is an entry itself, in the same transaction, with the hash of the last
 * entry that it removed: the log then begins after it (R18).
 */
export async function removeOldEntries(
  inventory: Pick<Inventory, 'transaction'>,
  { most, before, now }: { readonly most: number; readonly before: Instant | null; readonly now: Instant },
): Promise<void> {
  let removed = true;
  while (removed)
    removed = await inventory.transaction(async ({ audit }) => {
      const [head, first] = [await audit.head(), await audit.oldest()];
      if (head === null || first === null) return false;
      const number = first + block - 1;
      const last = await audit.find(number);
      if (last === null) return false;
      const isTooMany = head.number - first + 1 > most;
      if (!isTooMany && (before === null || last.at >= before)) return false;
      await audit.append(
        auditEntry({
          at: now,
          kind: 'removal',
          by: 'this coordinator',
          action: 'retention',
          object: `entries up to ${number}`,
          outcome: 'done',
          after: { number, hash: last.hash },
        }),
      );
      await audit.removeTo(number);
      return true;
    });
}
