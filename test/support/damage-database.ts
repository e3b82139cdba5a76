import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { etcdPids } from './etcd-processes.ts';
import type { Machine } from './fleet.ts';
import { until } from './until.ts';

/**
 * Flips one bit of this value in the database of the machine's member, as a bad SD card does, and starts its agent again.
 * Its etcd and its agent are stopped meanwhile. The database must have the value already. Returns in how many places it
 * had it.
 */
export async function damageDatabase(machine: Machine, value: string, byte: number): Promise<number> {
  // The agent would start etcd again, so it stops first.
  await machine.stopAgent();
  for (const pid of await etcdPids(machine)) process.kill(pid);
  await until('its etcd has ended', async () => (await etcdPids(machine)).length === 0, { within: 60_000 });
  const conf = await readFile(join(machine.etcDir, 'conf.yml'), 'utf8');
  const dataDir = /^data-dir: "(.+)"$/m.exec(conf)?.[1] ?? '';
  const file = join(dataDir, 'member/snap/db');
  const database = await readFile(file);
  let changed = 0;
  for (let at = database.indexOf(value); at >= 0; at = database.indexOf(value, at + 1)) {
    database[at + byte] = (database[at + byte] ?? 0) ^ 1;
    changed += 1;
  }
  await writeFile(file, database);
  machine.startAgent();
  return changed;
}
