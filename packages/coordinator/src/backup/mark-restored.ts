import { happening } from '@picket/shared/events/event.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { commandEntry } from '../audit/entries.ts';
import { commitWithoutStates } from '../executor/commit.ts';
import { keepCommit } from '../executor/keep-commit.ts';
import type { Inventory, Restoration } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { restingProgress } from '../operations/mark-restored.ts';
import type { ReadManifest } from './manifest.ts';

/** More than a coordinator stores between a backup and its loss. */
const eventsLost = 1_000_000;

export interface RestoreMoment {
  readonly restoredAt: Instant;
  readonly backupAt: Instant;
  /** The coordinator that made the backup; null if nothing says so. */
  readonly madeBy: ReadManifest['madeBy'];
  /** A value of the protocol's `Identifier` that no other restore has. */
  readonly name: string;
}

/**
 * Marks a store as restored from a backup (R5): it gets a new epoch, everything that admits a machine becomes void, and
 * every node needs re-adoption. Every cluster waits until then, even one of which the backup knows no node.
 */
export async function markRestored(inventory: Inventory, moment: RestoreMoment): Promise<Restoration> {
  const { restoredAt, backupAt, madeBy, name } = moment;
  return inventory.transaction(async (store) => {
    const { restorations, clusters, nodes, events, audit, channels } = store;
    const before = await restorations.find();
    // From the clock, so that of two restores of one backup the later has the higher number; never lower than before.
    const number = Math.max((before?.epoch.number ?? 0) + 1, Math.floor(restoredAt / 1000));
    // A deleted cluster has nothing to take over: nobody founds it again.
    const all = (await clusters.all()).filter(({ progress }) => progress.deletion?.freed !== true);
    const restoration: Restoration = {
      epoch: { number, name },
      restoredAt,
      backupAt,
      awaited: (await nodes.all()).flatMap(({ id, evictedAt }) => (evictedAt === null ? [id] : [])),
      frozen: all.map(({ spec }) => spec.name),
    };
    await restorations.voidTheOld();
    await channels.forgetWaiting();
    await restorations.keep(restoration);
    const of = isoTime(backupAt);
    for (const record of all) {
      const progress = restingProgress(record.progress, of);
      await keepCommit(store, commitWithoutStates(record, { progress }, restoredAt));
    }
    // Whoever has seen an event of the lost store learns that events are missing, instead of taking another for it.
    await events.skipIds(eventsLost);
    await events.append({ at: restoredAt, cluster: null, ...happening('restored', { of, number, name }) });
    const after = { epoch: restoration.epoch, backupOf: of, madeBy, authentic: madeBy !== null };
    const change = { before: { epoch: before?.epoch ?? null }, after };
    await audit.append(commandEntry(restoredAt, 'restore', { object: 'the coordinator', ...change }));
    return restoration;
  });
}
