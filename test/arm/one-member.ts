import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { runToEnd } from '../support/children.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { type Machine, makeFleet } from '../support/fleet.ts';
import { until } from '../support/until.ts';
import { ensureAarch64 } from './aarch64.ts';

// `npm run test:arm`: the built agent, Node.js and etcd of aarch64 on an emulated processor; the coordinator is this
// machine's. Slow, and so no part of `npm test`.

const project = join(import.meta.dirname, '../..');
const cluster = 'arm';

t.setTimeout(600_000);

t.test('the built agent and etcd of aarch64 join and form a cluster of one', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'picket-arm-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const aarch64 = await ensureAarch64(folder);
  const built = join(folder, 'picket-agent.cjs');
  const build = await runToEnd(process.execPath, [join(project, 'scripts/build.ts'), built]);
  t.equal(build.code, 0, build.stderr);
  const agentFile = join(folder, 'agent.mjs');
  const launcher = await readFile(aarch64.node, 'utf8');
  await writeFile(agentFile, launcher.replace('...process.argv', `${JSON.stringify(built)}, ...process.argv`));

  const { etcdctl } = await ensureEtcd();
  const fleet = await makeFleet({
    folder,
    etcd: { ...(await ensureEtcd()), etcd: aarch64.etcd, etcdctl },
    hosts: [{ name: 'pi', address: '127.0.96.11' }],
    // Emulated, everything takes its time.
    electionMs: 5000,
    agentFile,
  });
  t.teardown(() => fleet.stop());
  await fleet.startCoordinator();
  await fleet.createCluster(cluster, 'edge.huatai.me', 'etcd.edge.huatai.me');
  const [machine] = fleet.machines as [Machine];

  const joined = await machine.join(await fleet.joinString(cluster));
  if (joined.code !== 0) throw new Error(`it could not join:\n${joined.stdout}${joined.stderr}`);
  t.match(joined.stdout, /^✓ architecture: aarch64$/m);
  machine.startAgent();
  const healthy = async () => (await fleet.status(cluster)).state === 'healthy';
  await until('the cluster is healthy', healthy, {
    within: 300_000,
    every: 1000,
    lastSeen: () => machine.agent()?.log().slice(-2000) ?? '',
  });
  const { stdout } = await fleet.etcdctl(machine, 'put', 'from', 'aarch64');
  t.equal(stdout.trim(), 'OK');
  t.match((await fleet.picket('status', cluster)).stdout, /^pi /m);
});
