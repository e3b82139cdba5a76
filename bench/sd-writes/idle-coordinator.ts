import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openWithAgents } from '../simulated/coordinator.ts';
import { insertCard } from './card.ts';
import type { Outcome } from './outcome.ts';

/** The order that the bench gives to this program, in a file. */
interface Order {
  /** An empty folder of its own. */
  readonly folder: string;
  readonly agents: number;
  /** So long the coordinator is watched, by its own clock. */
  readonly hours: number;
}

const tickMs = 2_000;
const reportMs = 10_000;
const settleMs = 120_000;

/**
 * A coordinator with idle members on a card of its own. Its clock goes as fast as the work gets done: each tick and each
 * report comes when the program or an agent would make it, and what the store commits it syncs at once.
 */
async function watch({ folder, agents, hours }: Order): Promise<Outcome> {
  const at = join(folder, 'card');
  await mkdir(at);
  const card = insertCard(join(folder, 'card.img'), at);
  const clock = { now: Date.now() };
  const { coordinator, joined } = await openWithAgents({ folder: at, agents, clock });

  async function pass(ms: number): Promise<void> {
    for (const end = clock.now + ms; clock.now < end; clock.now += tickMs) {
      // As in reality, they report at different moments.
      const turn = (clock.now / tickMs) % (reportMs / tickMs);
      const due = joined.filter((_, number) => number % (reportMs / tickMs) === Math.floor(turn));
      await Promise.all(due.map((agent) => agent.report()));
      await coordinator.tick();
    }
  }
  await pass(settleMs);
  const before = card.writtenBytes();
  await pass(hours * 3_600_000);
  return { bytes: card.writtenBytes() - before, hours };
}

const [file = ''] = process.argv.slice(2);
try {
  console.log(JSON.stringify(await watch(JSON.parse(await readFile(file, 'utf8')) as Order)));
  process.exit(0);
} catch (error) {
  console.error((error as Error).stack);
  process.exit(1);
}
