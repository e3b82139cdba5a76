import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { insertCard } from '../sd-writes/card.ts';
import type { Outcome } from '../sd-writes/outcome.ts';

/** The order that the bench gives to this program, in a file. */
interface ReplaceOrder {
  /** An empty folder of its own. */
  readonly folder: string;
  /** How often it replaces the file: once for each hour. */
  readonly hours: number;
  /** The size of the file. */
  readonly bytes: number;
}

const betweenMs = 2_000;

/** Replaces a file so that a power cut leaves the former one or the new one: written beside it, synced, renamed, synced. */
async function replace(folder: string, content: Buffer): Promise<void> {
  const path = join(folder, 'file');
  const file = await open(`${path}.new`, 'w', 0o600);
  await file.writeFile(content);
  await file.sync();
  await file.close();
  await rename(`${path}.new`, path);
  const directory = await open(folder);
  await directory.sync();
  await directory.close();
}

async function work({ folder, hours, bytes }: ReplaceOrder): Promise<Outcome> {
  const at = join(folder, 'card');
  await mkdir(at);
  const card = insertCard(join(folder, 'card.img'), at);
  await replace(at, Buffer.alloc(bytes, 'a'));
  const before = card.writtenBytes();
  for (let hour = 0; hour < hours; hour += 1) {
    await sleep(betweenMs);
    await replace(at, Buffer.alloc(bytes, String(hour % 10)));
  }
  return { bytes: card.writtenBytes() - before, hours };
}

const [file = ''] = process.argv.slice(2);
console.log(JSON.stringify(await work(JSON.parse(await readFile(file, 'utf8')) as ReplaceOrder)));
