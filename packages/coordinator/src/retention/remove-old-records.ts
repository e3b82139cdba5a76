import { removeOldEntries } from '../audit/remove-old-entries.ts';
import type { Authorities } from '../authority/authorities.ts';
import type { RetentionConfig } from '../config/config.ts';
import type { IdentityDirectory } from '../identity/principals.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { steadyClock } from './steady-clock.ts';

const dayMs = 24 * 3_600_000;
const everyMs = 3_600_000;
/** In one statement: nodes wait for it. */
const atOnce = 1000;

export interface RetentionDeps {
  readonly inventory: Pick<
    Inventory,
    'certificates' | 'identityKeys' | 'events' | 'idempotentRequests' | 'transaction'
  >;
  readonly authorities: Pick<Authorities, 'forgetRevocations'>;
  readonly directory: Pick<IdentityDirectory, 'forgetEnded'>;
  readonly retention: RetentionConfig;
  readonly now: () => Instant;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
}

/**
 * Removes records that grow with time, once an hour (R18): events and entries of the audit log beyond their number at
 * once, old records only once the clock has been steady for a day (R14). The first call is due at once.
 */
export function oldRecords({
  inventory,
  authorities,
  directory,
  retention,
  now,
  monotonic,
}: RetentionDeps): () => Promise<void> {
  const { certificateDays, eventDays, eventsPerCluster, auditDays, auditEntries } = retention;
  const isSteady = steadyClock(now(), monotonic());
  let due = monotonic();
  return async () => {
    const steady = isSteady(now(), monotonic());
    if (monotonic() < due) return;
    due = monotonic() + everyMs;
    await inventory.events.keepNewest(eventsPerCluster);
    const oldest = steady ? now() - auditDays * dayMs : null;
    await removeOldEntries(inventory, { most: auditEntries, before: oldest, now: now() });
    if (!steady) return;
    const { certificates, events, idempotentRequests, identityKeys } = inventory;
    await whileAny(() => events.removeBefore(now() - eventDays * dayMs, atOnce));
    await whileAny(() => certificates.removeEnded(now() - certificateDays * dayMs, atOnce));
    await whileAny(() => authorities.forgetRevocations(now() - certificateDays * dayMs, atOnce));
    await identityKeys.removeForgotten();
    await whileAny(() => idempotentRequests.removeBefore(now() - dayMs, atOnce));
    await directory.forgetEnded(now());
  };
}

async function whileAny(remove: () => Promise<number>): Promise<void> {
  while ((await remove()) >= atOnce);
}
