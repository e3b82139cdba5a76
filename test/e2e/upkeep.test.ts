import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatewayConnection } from '@picket/agent/etcd/gateway-call.ts';
import t, { type Test } from 'tap';
import { EtcdWatch } from '../support/etcd-processes.ts';
import type { Fleet } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startTraffic } from '../support/fleet-traffic.ts';
import { until } from '../support/until.ts';

const quota = 16 * 1024 * 1024;

t.test('R2: a database that is full is recovered in etcd’s order, and takes writes again by itself', async (t) => {
  const fleet = await fleetOf(t, { network: 109, electionMs: 3000 });
  const set = await fleet.picket('cluster', 'set', cluster, `quotaBackendBytes=${quota}`);
  t.equal(set.code, 0, set.stderr);
  await joinAll(fleet);
  await healthy(fleet);
  const leader = await leaderOf(fleet);
  const watch = new EtcdWatch();
  await watch.look(fleet.machines);
  const traffic = startTraffic(t, fleet);
  const client = clientOf(t, fleet);
  await client.put('kept', 'acknowledged before');
  const history = await client.fill('history');

  const told: string[] = [];
  const filled = traffic.acknowledged();
  await until(
    'etcd takes writes again',
    async () => {
      told.push((await fleet.picket('status', cluster)).stdout);
      const { stdout } = await fleet.picket('events', cluster, '--limit', '1', '--output', 'json');
      return stdout.includes('"record-space"');
    },
    { within: 120_000, every: 300, lastSeen: () => told.at(-1) ?? '' },
  );
  const all = told.join('\n');
  t.match(all, new RegExp(`Cluster ${cluster}: degraded`));
  t.match(all, /The database of x-k3s-m-\d(, x-k3s-m-\d)* is full \(NOSPACE\): etcd takes no writes but deletions\./);
  for (const { name } of fleet.machines)
    t.match(all, `- ${name} to defragment its database, and then to serve for 10 s`, `${name} is told`);

  await until('the traffic goes on', () => traffic.acknowledged() > filled + 20, { within: 30_000, every: 100 });
  const members = await until(
    'no member has an alarm any more',
    async () => {
      const { members, state } = await fleet.status(cluster);
      const alarms = members.flatMap(({ status }) => status?.etcd?.alarms ?? ['unknown']);
      return state === 'healthy' && alarms.length === 0 && members;
    },
    { within: 30_000, every: 300 },
  );
  t.ok(
    members.every(({ status }) => (status?.etcd?.dbSizeBytes ?? quota) < quota / 2),
    'there is room on each',
  );
  t.same(await stepsOf(fleet), [
    'record-no-space',
    'assign-upkeep',
    'record-compaction',
    ...['grant-defragmentation', 'record-defragmentation', 'grant-defragmentation', 'record-defragmentation'],
    `grant-defragmentation ${leader}`,
    `record-defragmentation ${leader}`,
    'assign-upkeep',
    'record-space',
  ]);
  await watch.look(fleet.machines);
  t.same(watch.replaced, [], 'no etcd was restarted');
  t.equal(await client.get('kept'), 'acknowledged before');
  t.ok(history.includes(await client.get('history')), 'what was put last is there');
  await traffic.check(t);
});

/** The steps of upkeep as the event log has them, the oldest first; the leader's defragmentation is named. */
async function stepsOf(fleet: Fleet): Promise<string[]> {
  const leader = (await defragmented(fleet)).at(-1) ?? '';
  const events = await eventsOf(fleet);
  return events.flatMap(({ kind, message }) => {
    if (!/space|upkeep|compaction|defragmentation/.test(kind)) return [];
    return [message.startsWith(leader) && kind.endsWith('defragmentation') ? `${kind} ${leader}` : kind];
  });
}

async function defragmented(fleet: Fleet): Promise<string[]> {
  const events = await eventsOf(fleet);
  return events
    .filter(({ kind }) => kind === 'record-defragmentation')
    .map(({ message }) => message.split(' ')[0] ?? '');
}

async function eventsOf(fleet: Fleet): Promise<{ kind: string; message: string }[]> {
  const { stdout } = await fleet.picket('events', cluster, '--limit', '60', '--output', 'json');
  return (JSON.parse(stdout) as { items: { kind: string; message: string }[] }).items.reverse();
}

function clientOf(t: Test, { machines }: Fleet) {
  const connections = machines.map(({ etcDir, clientUrl }) => {
    const read = (name: string) => readFileSync(join(etcDir, name), 'utf8');
    const connection = gatewayConnection(clientUrl, read('ca.pem'), read('client.pem'));
    t.teardown(() => connection.close());
    return connection;
  });
  const [connection] = connections;
  if (connection === undefined) throw new Error('a fleet of no machines');
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const put = (key: string, value: string) =>
    connection.call('kv/put', { key: base64(key), value: base64(value) }, 5000);
  const smallest = async () => {
    const sizes = connections.map(async (each) => Number((await each.call('maintenance/status', {}, 5000)).dbSize));
    return Math.min(...(await Promise.all(sizes)));
  };
  return {
    put,
    /**
     * Puts this key until etcd is out of space; resolves to all that it can be from then on. Each is on all disks before the
     * next: a member that lags drops what it has not written yet, stays small by that, and needs no defragmentation.
     */
    async fill(key: string): Promise<string[]> {
      let [last, bytes] = ['', 0];
      for (;;) {
        const value = randomBytes(192 * 1024).toString('hex');
        try {
          await put(key, value);
          last = value;
          bytes += value.length;
          await until('all have written it', async () => (await smallest()) >= bytes, { within: 10_000, every: 20 });
        } catch (error) {
          if (!String(error).includes('database space exceeded')) throw error;
          // The one that was refused for the first time may have been put.
          return [last, value];
        }
      }
    },
    async get(key: string): Promise<string> {
      const { kvs } = (await connection.call('kv/range', { key: base64(key) }, 5000)) as { kvs?: { value: string }[] };
      return Buffer.from(kvs?.[0]?.value ?? '', 'base64').toString();
    },
  };
}

async function leaderOf(fleet: Fleet): Promise<string> {
  const { members } = await fleet.status(cluster);
  const leader = members.find(({ status, memberId }) => status?.etcd?.leader === memberId && memberId !== null);
  if (leader === undefined) throw new Error('no leader is reported');
  return leader.name;
}
