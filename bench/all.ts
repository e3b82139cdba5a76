import { agentMemory } from './agent-memory.ts';
import type { Bench } from './bench.ts';
import { formation } from './formation.ts';
import { issuance } from './issuance.ts';
import { poll } from './poll.ts';
import { pollScraped } from './poll-scraped.ts';
import { restart } from './restart.ts';
import { sdWrites3, sdWrites30, sdWrites300, sdWritesAgent } from './sd-writes.ts';
import { siege } from './siege.ts';
import { start, startCold, startService } from './start.ts';
import { voters } from './voters.ts';

/** All benches, in the order of the results in README.md. */
export const benches: readonly Bench[] = [
  agentMemory,
  formation,
  voters,
  issuance,
  poll,
  pollScraped,
  restart,
  sdWrites3,
  sdWrites30,
  sdWrites300,
  sdWritesAgent,
  siege,
  start,
  startCold,
  startService,
];
