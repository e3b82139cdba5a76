import { happening } from '@picket/shared/events/event.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { version } from '../model/own-version.ts';

interface RunDeps {
  readonly inventory: Inventory;
  readonly now: () => Instant;
}

/** How the coordinator ended before: since when it was away, and whether it said so. */
export interface Absence {
  readonly since: Instant;
  /** Else it was killed, or its machine lost its power. */
  readonly wasStopped: boolean;
}

/**
 * Since when no coordinator has run on this store, at the earliest; null if none has yet. One that was killed had stored a
 * report at least once in `keptEvery` if a node reported: its end is taken for the last of them.
 */
export async function lastAbsence({ inventory }: Pick<RunDeps, 'inventory'>): Promise<Absence | null> {
  const newest = async (kinds?: readonly string[]) =>
    (await inventory.events.list({ limit: 1, after: null }, null, { kinds })).items[0];
  const run = await newest(['coordinator-started', 'coordinator-stopped']);
  if (run === undefined) return null;
  if (run.kind === 'coordinator-stopped') return { since: run.at, wasStopped: true };
  const [report, event] = [await inventory.reports.newestAt(), await newest()];
  return { since: Math.max(report ?? 0, event?.at ?? 0), wasStopped: false };
}

/** Records that this coordinator serves. @param absence from before anything else was stored */
export async function recordStart({ inventory, now }: RunDeps, absence: Absence | null): Promise<void> {
  const at = now();
  // A clock that was set back meanwhile does not tell for how long.
  const awayMs = absence === null || absence.since > at ? null : at - absence.since;
  const started = happening('coordinator-started', { version, awayMs, wasStopped: absence?.wasStopped ?? null });
  await inventory.events.append({ at, cluster: null, ...started });
}

/** Records that this coordinator is about to end, as it was asked to. */
export async function recordStop({ inventory, now }: RunDeps): Promise<void> {
  await inventory.events.append({ at: now(), cluster: null, ...happening('coordinator-stopped', { version }) });
}
