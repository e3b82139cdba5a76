import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { megabytesPerDay, outcomeOf } from './sd-writes/outcome.ts';

const unit = 'MB a day';
const idleCoordinator = join(import.meta.dirname, 'sd-writes/idle-coordinator.ts');
const idleAgent = join(import.meta.dirname, 'sd-writes/idle-agent.ts');
const replaceFile = join(import.meta.dirname, 'peers/replace-file.ts');
const network = 89;

/** For each agent. */
const budgetBytesPerMinute = 1000;
/** The agent's journal in the first hours of a node. */
const journalBytes = 2_500;

const counted =
  'Counted at the block layer of a loop device with ext4 and its journal. What the card itself rewrites for that is not seen.';

/** What an idle coordinator writes, with agents of which nothing changes but numbers. */
function withAgents(agents: number, hours: number): Bench {
  return {
    name: `sd-writes-${agents}`,
    unit,
    better: 'lower',
    ours: `what a coordinator with ${agents} idle members causes on an SD card, seen for ${hours} h by its own clock`,
    peer: `no program but a budget: ${budgetBytesPerMinute} bytes a minute for each agent`,
    leavesOut: [
      counted,
      'The clock of the coordinator goes as fast as it gets the work done; each tick and each report comes as in reality.',
      'The members are simulated, each a cluster of its own. No snapshot is taken: each adds its size and about 0.3 MB.',
    ],
    reach: 1,
    goal: 0.5,
    runs: 1,
    async prepare({ folder }) {
      let runs = 0;
      return {
        async ours() {
          runs += 1;
          return megabytesPerDay(await outcomeOf(idleCoordinator, join(folder, `ours-${runs}`), { agents, hours }));
        },
        peer: () => Promise.resolve((agents * budgetBytesPerMinute * 1440) / 1e6),
        close: () => Promise.resolve(),
      };
    },
  };
}

export const sdWrites3 = withAgents(3, 6);
export const sdWrites30 = withAgents(30, 3);
export const sdWrites300 = withAgents(300, 2);

/** What an idle agent writes: once an hour it records the time. */
export const sdWritesAgent: Bench = {
  name: 'sd-writes-agent',
  unit,
  better: 'lower',
  ours: 'what an idle agent with a member that serves causes on an SD card in its state directory',
  peer: 'a bare Node.js program that replaces one file of the same size once an hour, synced and renamed',
  leavesOut: [
    counted,
    'Hours pass at once: the clocks of agent and coordinator are set ahead. A minute with every report in it comes first.',
    'etcd’s data is on another disk, and no snapshot is taken.',
  ],
  reach: 1.3,
  goal: 1,
  runs: 1,
  async prepare({ folder }) {
    const hours = 6;
    let runs = 0;
    const place = (side: string) => join(folder, `${side}-${runs}`);
    return {
      async ours() {
        runs += 1;
        return megabytesPerDay(await outcomeOf(idleAgent, place('ours'), { network, hours }));
      },
      async peer() {
        runs += 1;
        return megabytesPerDay(await outcomeOf(replaceFile, place('peer'), { hours, bytes: journalBytes }));
      },
      close: () => Promise.resolve(),
    };
  },
};
