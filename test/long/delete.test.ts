import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterView } from '@picket/shared/protocol/clusters.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import t, { type Test } from 'tap';
import { runToEnd } from '../support/children.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, domain, fleetOf, healthy, joinAll, serviceName } from '../support/fleet-of-test.ts';
import { until } from '../support/until.ts';

const within = 120_000;

t.test(
  'R1, R4: a cluster is deleted and declared again while one old member is off, and that does no harm',
  async (t) => {
    const fleet = await fleetOf(t);
    await joinAll(fleet);
    await healthy(fleet);
    const [first, second, stray] = fleet.machines as [Machine, Machine, Machine];
    const old = await fleet.status(cluster);
    t.equal((await fleet.etcdctl(first, 'put', 'kept', 'by the last snapshot')).code, 0);
    await off(stray);

    const oldFiles = join(fleet.folder, 'old');
    await cp(first.etcDir, oldFiles, { recursive: true });
    const ordered = await fleet.picket('cluster', 'delete', cluster, '--confirm', cluster);
    t.equal(ordered.code, 0, ordered.stderr);
    await until('two have stopped', async () => (await unconfirmed(fleet, cluster)) === stray.name, { within });
    for (const machine of [first, second])
      t.same(await etcdPids(machine), [], `the etcd of ${machine.name} is stopped`);
    const silent = async () =>
      (await fleet.status(cluster)).next?.command === `picket cluster delete ${cluster} --force`;
    await until('the third is silent', silent, { within, every: 1000 });
    const forced = await fleet.picket('cluster', 'delete', cluster, '--force', '--confirm', cluster);
    t.match(forced.stdout, `${stray.name} has not confirmed that its etcd is stopped. If it comes back,`);
    const filed = await filedName(fleet);
    const { items } = await fleet.ask((api) => api.list('snapshots', { cluster: filed }));
    t.match(items[0]?.why, { code: 'before', facts: { why: { code: 'cluster_deleted_by' } } });

    await fleet.createCluster(cluster, domain, serviceName);
    const token = await fleet.joinString(cluster, '--uses', '3');
    await rejoins(t, first, token);
    const serves = async () => (await fleet.etcdctl(first, 'put', 'new', 'yes')).code === 0;
    await until('the new cluster serves', serves, { within, every: 500 });
    await rejoins(t, second, token);

    // As after a boot: without the coordinator, the agent of the stray starts its etcd again (R10).
    await fleet.stopCoordinator();
    stray.startAgent();
    await until('the etcd of the stray runs', async () => (await etcdPids(stray)).length > 0, { within });
    const log = () => readFile(join(stray.stateDir, '../../log/etcd.log'), 'utf8').catch(() => '');
    const refused = async () =>
      /certificate signed by unknown authority|bad certificate|unknown certificate/.test(await log());
    await until('the members of the new cluster and the stray refuse each other', refused, { within, every: 500 });
    t.equal(await serves(), true, 'the new cluster goes on');
    const list = (await fleet.etcdctl(first, 'member', 'list')).stdout;
    t.notMatch(list, stray.name, 'the stray is no member of the new cluster');
    const { etcdctl } = await ensureEtcd();
    const byOld = await runToEnd(etcdctl, ['get', 'new', '--command-timeout=3s'], {
      env: {
        ETCDCTL_ENDPOINTS: first.clientUrl,
        ETCDCTL_CACERT: join(first.etcDir, 'ca.pem'),
        ETCDCTL_CERT: join(oldFiles, 'client.pem'),
        ETCDCTL_KEY: join(oldFiles, 'client.pem'),
      },
    });
    t.not(byOld.code, 0, 'a client certificate of the deleted cluster opens nothing');

    await fleet.startCoordinator();
    await until('the stray has confirmed', async () => (await unconfirmed(fleet, filed)) === '', { within });
    await until('its etcd is stopped', async () => (await etcdPids(stray)).length === 0, { within });
    await rejoins(t, stray, token);
    await healthy(fleet, within);
    const now = await fleet.status(cluster);
    t.not(now.clusterId, old.clusterId);
    t.equal((await fleet.etcdctl(first, 'get', 'kept')).stdout, '', 'the new cluster began empty');

    const id = items[0]?.id ?? '';
    const restored = await fleet.picket(
      'cluster',
      'restore',
      cluster,
      '--snapshot',
      id,
      '--force',
      '--confirm',
      cluster,
    );
    t.equal(restored.code, 0, restored.stderr);
    await until(
      'it has another ID',
      async () => {
        const { clusterId } = await fleet.status(cluster);
        return clusterId !== null && clusterId !== now.clusterId;
      },
      { within, every: 500 },
    );
    await healthy(fleet, within);
    t.match((await fleet.etcdctl(first, 'get', 'kept')).stdout, 'by the last snapshot');
  },
);

/** The power is cut. */
async function off(machine: Machine): Promise<void> {
  await machine.stopAgent('SIGKILL');
  for (const pid of await etcdPids(machine)) process.kill(pid, 'SIGKILL');
}

/** Its agent, which goes on, has left the deleted cluster; so the join string of the next one is enough. */
async function rejoins(t: Test, machine: Machine, token: string): Promise<void> {
  const free = async () => (await machine.run('status')).stdout.startsWith('FREE');
  await until(`${machine.name} is free`, free, { within, every: 500 });
  const joined = await machine.join(token);
  t.equal(joined.code, 0, joined.stderr);
}

/** The members whose nodes are not let go. */
async function unconfirmed(fleet: Fleet, name: string): Promise<string> {
  const { members } = await fleet.status(name);
  return members.flatMap((one) => (one.nodeId === null ? [] : [one.name])).join();
}

async function filedName(fleet: Fleet): Promise<string> {
  const { stdout } = await fleet.picket('cluster', 'list', '--deleted', '--output', 'json');
  const [only] = (JSON.parse(stdout) as Page<ClusterView>).items;
  return only?.spec.name ?? '';
}
