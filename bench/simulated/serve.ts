import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Target } from '../load/connection.ts';
import { openWithAgents } from './coordinator.ts';

/** The order for this program, in a file. */
export interface ServeOrder {
  /** An empty folder of its own. */
  readonly folder: string;
  readonly agents: number;
}

/** Serves with so many members until it is killed. The only line of its output is the coordinator as the first member reaches it. */
async function serve({ folder, agents }: ServeOrder): Promise<void> {
  const at = join(folder, 'coordinator');
  await mkdir(at);
  // A clock that stands still: no member falls silent, and nothing else falls due.
  const { port, ca, joined } = await openWithAgents({ folder: at, agents, clock: { now: Date.now() } });
  const [first] = joined;
  if (first === undefined) throw new Error('no member was asked for');
  const target: Target = { host: '127.0.0.1', port, ca, ...first.credentials };
  console.log(JSON.stringify(target));
}

await serve(JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as ServeOrder);
