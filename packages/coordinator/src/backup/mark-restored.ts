import { happening } from '@picket/shared/events/event.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { thawed } from '../controller/safety/thawed.ts';
import type { Inventory, Restoration } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';

export interface RestoreMoment {
  readonly restoredAt: Instant;
  readonly backupAt: Instant;
  /** A value of the protocol's `Identifier` that no other restore has. */
  readonly name: string;
}

/**
 * Makes a store that comes from a backup one that knows it (R5): it has a new epoch, all that admits a machine is void,
 * every node is to be taken up again, and every cluster rests until then, also one of which the backup knows no node.
 */
export async function markRestored(inventory: Inventory, moment: RestoreMoment): Promise<Restoration> {
  const { restoredAt, backupAt, name } = moment;
  return inventory.transaction(async ({ restorations, clusters, nodes, events }) => {
    const before = await restorations.find();
    // By the clock, so that of two restores of one backup the later has the higher number; and never a lower one.
    const number = Math.max((before?.epoch.number ?? 0) + 1, Math.floor(restoredAt / 1000));
    const all = await clusters.all();
    const restoration: Restoration = {
      epoch: { number, name },
      restoredAt,
      backupAt,
      awaited: (await nodes.all()).flatMap(({ id, evictedAt }) => (evictedAt === null ? [id] : [])),
      frozen: all.map(({ spec }) => spec.name),
    };
    await restorations.voidTheOld();
    await restorations.keep(restoration);
    const of = new Date(backupAt).toISOString();
    const frozen = reason('restored_from_backup', { of });
    for (const { spec, progress } of all) {
      await clusters.keepProgress(spec.name, { ...thawed(progress), frozen, assignment: null, permit: null });
    }
    await events.append({ at: restoredAt, cluster: null, ...happening('restored', { of, number, name }) });
    return restoration;
  });
}
