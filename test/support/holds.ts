import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fleet, Machine } from './fleet.ts';
import { cluster } from './fleet-of-test.ts';
import { until } from './until.ts';

/** While its agent is stopped: as if the machine had been booted since the hold began. */
export async function boots({ stateDir }: Machine): Promise<void> {
  const path = join(stateDir, 'journal.json');
  const journal = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...journal, held: { ...journal.held, boot: 'the boot before' } }));
}

/** Resolves once there are as many events of this kind. */
export async function happened(fleet: Fleet, kind: string, count = 1): Promise<void> {
  await until(
    `${kind}, ${count} times`,
    async () => {
      const { stdout } = await fleet.picket('events', cluster, '--kind', kind, '--output', 'json');
      return JSON.parse(stdout).items.length >= count;
    },
    // A minute of hold, and the lease after it.
    { within: 300_000, every: 500 },
  );
}
