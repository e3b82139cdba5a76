import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { setInterval } from 'node:timers/promises';
import { startInBackground } from '../test/support/children.ts';
import { until } from '../test/support/until.ts';
import type { Bench } from './bench.ts';
import type { Target } from './load/connection.ts';
import { answersPerSecond } from './load/load.ts';
import { pollOf } from './load/poll-request.ts';
import type { ServeOrder } from './simulated/serve.ts';

const agents = 1000;
const load = { connections: 16, warmUpSeconds: 2, seconds: 20, expect: 304 } as const;
const scrapeMs = 5000;

/** Whether Prometheus is in the way of the agents. */
export const pollScraped: Bench = {
  name: 'poll-scraped',
  unit: '/s',
  better: 'higher',
  ours: `polls answered with 304 by a coordinator with ${agents} members while its metrics are fetched every ${scrapeMs / 1000} s`,
  peer: 'the same coordinator, with the same polls, whose metrics nobody fetches',
  leavesOut: [
    'The members are simulated, each a cluster of its own, and send no reports meanwhile. The clock of the coordinator stands still.',
    'All connections show the certificate of one node.',
  ],
  reach: 0.9,
  goal: 0.95,
  runs: 3,
  async prepare(surroundings) {
    const { folder, signal } = surroundings;
    const file = join(folder, 'serve.json');
    await writeFile(file, JSON.stringify({ folder, agents } satisfies ServeOrder));
    const program = join(import.meta.dirname, 'simulated/serve.ts');
    const serving = startInBackground(process.execPath, [program, file], join(folder, 'serve.log'));
    const target = await until('the members have joined', () => JSON.parse(serving.log()) as Target, {
      within: 600_000,
      every: 1000,
      signal,
      lastSeen: serving.log,
    });
    const { requests } = await pollOf(target);
    const polls = (name: string) => answersPerSecond(surroundings, name, { ...load, target, requests });
    return {
      async ours() {
        const ended = new AbortController();
        const scraping = scrapeUntil(target, AbortSignal.any([ended.signal, signal]));
        try {
          return await polls('scraped');
        } finally {
          ended.abort();
          await scraping;
        }
      },
      peer: () => polls('left-alone'),
      close: () => serving.stop('SIGKILL'),
    };
  },
};

/** Throws if it was never answered, or with something else than metrics. */
async function scrapeUntil(target: Target, signal: AbortSignal): Promise<void> {
  let lines = 0;
  try {
    for await (const _ of setInterval(scrapeMs, undefined, { signal })) lines = await linesOfMetrics(target);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (lines < agents) throw new Error(`${lines} lines of metrics came, fewer than one for each of ${agents} members`);
}

/** As Prometheus on the coordinator's machine asks: without a client certificate. */
function linesOfMetrics({ host, port, ca }: Target): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, ca, path: '/metrics' }, (response) => {
      let lines = 0;
      response.setEncoding('utf8').on('data', (text: string) => {
        lines += text.split('\n').length - 1;
      });
      response.on('end', () => resolve(lines)).on('error', reject);
    });
    asked.on('error', reject).end();
  });
}
