import { join } from 'node:path';
import { runToEnd } from '../test/support/children.ts';
import type { Bench } from './bench.ts';
import { buildAgent } from './etcd/blank-nodes.ts';
import { secondsOf } from './etcd/seconds.ts';
import { launcherOptions } from './launcher.ts';

/** Of one figure: a single start takes a fiftieth of a second, of which the noise is a good part. */
const startsOfRun = 10;
const peer = 'the same of `node -e 0`';

/** What a command costs before it does anything, when the agent has been started before. */
export const start: Bench = {
  name: 'start',
  unit: 's',
  better: 'lower',
  ours: `${startsOfRun} × \`picket-agent --version\` as the launcher starts it, with a warm compile cache`,
  peer,
  leavesOut: ['The cache is there from the second start after an installation or an update on.'],
  reach: 1.6,
  goal: 1.2,
  runs: 7,
  prepare: ({ folder }) => starts(['--version'], join(folder, 'compiled')),
};

/** The same without the cache. */
export const startCold: Bench = {
  ...start,
  name: 'start-cold',
  ours: `${startsOfRun} × \`picket-agent --version\` as the launcher starts it, without a compile cache`,
  leavesOut: ['A user who may not write in /var/cache has each start like this one.'],
  reach: 2.6,
  goal: 1.6,
  prepare: () => starts(['--version'], null),
};

/** What each start of the service costs before it does anything. */
export const startService: Bench = {
  ...start,
  name: 'start-service',
  ours: `${startsOfRun} × \`picket-agent run\` until it has read that its configuration is missing, as the launcher starts it, with a warm compile cache`,
  leavesOut: ['What the service does next, which is not loading but work, is in `formation` and `restart`.'],
  reach: 4,
  goal: 1.6,
  prepare: ({ folder }) => starts(['run', '--config', join(folder, 'missing.yml')], join(folder, 'compiled')),
};

async function starts(args: readonly string[], cache: string | null): ReturnType<Bench['prepare']> {
  const agentFile = await buildAgent();
  const options = await launcherOptions();
  const env = cache === null ? { NODE_DISABLE_COMPILE_CACHE: '1' } : { NODE_COMPILE_CACHE: cache };
  const tenTimes = (command: readonly string[]): Promise<number> =>
    secondsOf(async () => {
      for (let count = 0; count < startsOfRun; count += 1) await runToEnd(process.execPath, command, { env });
    });
  const ours = [...options, agentFile, ...args];
  // Into the cache, if there is one.
  await runToEnd(process.execPath, ours, { env });
  return { ours: () => tenTimes(ours), peer: () => tenTimes(['-e', '0']), close: () => Promise.resolve() };
}
