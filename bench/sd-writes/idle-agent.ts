import { execFileSync } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureEtcd } from '../../test/support/etcd-binaries.ts';
import { fakeClock } from '../../test/support/faketime.ts';
import { makeFleet } from '../../test/support/fleet.ts';
import { until } from '../../test/support/until.ts';
import { insertCard } from './card.ts';
import type { Outcome } from './outcome.ts';

/** The order that the bench gives to this program, in a file. */
interface AgentOrder {
  /** An empty folder of its own. */
  readonly folder: string;
  readonly network: number;
  readonly hours: number;
}

const cluster = 'x-k3s';
const settleSeconds = 20;

/**
 * An idle agent whose state is on a card of its own, and the data of its etcd elsewhere. An hour passes at once: the clocks
 * of agent and coordinator are set ahead together. A minute in which nothing is set comes first.
 */
async function watch({ folder, network, hours }: AgentOrder): Promise<Outcome> {
  const host = { name: `${cluster}-m-1`, address: `127.0.${network}.11` };
  const state = join(folder, host.name, 'var/lib/picket');
  await mkdir(state, { recursive: true });
  const card = insertCard(join(folder, 'card.img'), state);
  await mkdir(join(folder, 'etcd-data'));
  await mkdir(join(state, 'etcd'));
  execFileSync('mount', ['--bind', join(folder, 'etcd-data'), join(state, 'etcd')]);

  const clock = await fakeClock(folder);
  if (clock === undefined) throw new Error('it needs libfaketime, which it unpacks on Debian and its relatives only');
  const etcd = await ensureEtcd({ env: process.env, say: console.error });
  // All programs of the fleet inherit it.
  Object.assign(process.env, clock.env);
  const fleet = await makeFleet({ folder, etcd, hosts: [host] });
  await fleet.startCoordinator();
  await fleet.createCluster(cluster, 'edge.huatai.me', 'etcd.edge.huatai.me');
  const off = await fleet.picket('cluster', 'set', cluster, 'snapshotEveryMinutes=0');
  if (off.code !== 0) throw new Error(off.stderr);
  const machine = fleet.machine(host.name);
  const joined = await machine.join(await fleet.joinString(cluster));
  if (joined.code !== 0) throw new Error(joined.stderr);
  machine.startAgent();
  await until('the member serves', async () => (await fleet.status(cluster)).state === 'healthy', { within: 60_000 });
  await sleep(settleSeconds * 1000);

  const journal = () => readFile(join(state, 'journal.json'), 'utf8');
  const before = card.writtenBytes();
  await sleep(60_000);
  const start = Date.now();
  for (let hour = 1; hour <= hours; hour += 1) {
    const earlier = await journal();
    await clock.set(new Date(start + hour * 3_660_000));
    await until('the agent has recorded the time', async () => (await journal()) !== earlier, { within: 60_000 });
  }
  const bytes = card.writtenBytes() - before;
  await fleet.stop();
  return { bytes, hours };
}

const [file = ''] = process.argv.slice(2);
try {
  console.log(JSON.stringify(await watch(JSON.parse(await readFile(file, 'utf8')) as AgentOrder)));
  process.exit(0);
} catch (error) {
  console.error((error as Error).stack);
  process.exit(1);
}
