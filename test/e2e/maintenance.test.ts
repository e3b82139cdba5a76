import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatewayConnection } from '@picket/agent/etcd/gateway-call.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import t, { type Test } from 'tap';
import { EtcdWatch } from '../support/etcd-processes.ts';
import type { Fleet } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startTraffic } from '../support/fleet-traffic.ts';
import { isReason } from '../support/told.ts';
import { until } from '../support/until.ts';

const quota = 16 * 1024 * 1024;

t.test('R2: a database that is full is recovered in etcd’s order, and then takes writes again', async (t) => {
  const fleet = await fleetOf(t, { electionMs: 3000 });
  const set = await fleet.picket('cluster', 'set', cluster, `quotaBackendBytes=${quota}`);
  t.equal(set.code, 0, set.stderr);
  await joinAll(fleet);
  await healthy(fleet);
  const watch = new EtcdWatch();
  await watch.look(fleet.machines);
  const traffic = startTraffic(t, fleet);
  const client = clientOf(t, fleet);
  await client.put('kept', 'acknowledged before');
  const history = await client.fill('history');
  // So many large writes can cost a leader its office on a slow disk.
  const leader = await client.leader();

  const told: ClusterStatusView[] = [];
  const filled = traffic.acknowledged();
  await until(
    'etcd takes writes again',
    async () => {
      told.push(await fleet.status(cluster));
      const kinds = ['record-no-space', 'record-space'];
      const { items } = await fleet.ask((api) => api.list('events', { cluster, kind: kinds.join(','), limit: 1 }));
      return items[0]?.kind === 'record-space';
    },
    { within: 120_000, every: 300, lastSeen: () => JSON.stringify(told.at(-1)) },
  );
  t.ok(told.some(({ state }) => state === 'read-only'));
  const full = told.flatMap(({ notices }) => notices.filter(isReason('database_full')));
  const raised = [...new Set(full.flatMap(({ facts }) => (facts as { readonly members: readonly string[] }).members))];
  t.not(raised.length, 0, 'it is shown whose');
  const waits = told.flatMap(({ waitsFor }) => waitsFor);

  await until('the traffic goes on', () => traffic.acknowledged() > filled + 20, { within: 30_000, every: 100 });
  await until(
    'no member has an alarm any more, and there is room on each',
    async () => {
      const { members, state } = await fleet.status(cluster);
      const well = members.every(
        ({ status }) => status?.etcd?.alarms.length === 0 && status.etcd.dbSizeBytes < quota / 2,
      );
      return state === 'healthy' && well;
    },
    // One that came to no more than nine tenths of the quota is relieved after the alarm, with its own ten seconds.
    { within: 60_000, every: 300 },
  );
  const steps = await stepsOf(fleet);
  const recovery = steps.slice(0, steps.findIndex(({ kind }) => kind === 'record-space') + 1);
  const relieved = recovery.filter(({ kind }) => kind === 'record-defragmentation').map(({ member }) => member);
  t.same(
    recovery.map(({ kind }) => kind),
    [
      ...['record-no-space', 'assign-maintenance', 'record-compaction'],
      // One at a time.
      ...relieved.flatMap(() => ['grant-defragmentation', 'record-defragmentation']),
      ...['assign-maintenance', 'record-space'],
    ],
  );
  t.same(
    raised.filter((name) => !relieved.includes(name)),
    [],
    'the member that raised it has room before it is disarmed',
  );
  t.notOk(relieved.slice(0, -1).includes(leader), 'the leader is the last');
  // If another voter ails for a moment, the coordinator withdraws a permit that the agent may already use (R2): it then waits until
  // nothing can begin any more, and still records the defragmentation. A unit test of `withdrawUnused` has that sequence.
  const isAwaited = (member: string) =>
    waits.some(isReason('defragments_and_serves', { member, seconds: 10 })) ||
    waits.some(isReason('defragmentation_lapses', { member }));
  for (const member of relieved) t.ok(isAwaited(member), member);
  await watch.look(fleet.machines);
  t.same(watch.replaced, [], 'no etcd was restarted');
  t.equal(await client.get('kept'), 'acknowledged before');
  t.ok(history.includes(await client.get('history')), 'what was put last is there');
  await traffic.check(t);
});

/** The steps of maintenance as the event log has them, the oldest first, with the member that each is of. */
async function stepsOf(fleet: Fleet): Promise<{ readonly kind: string; readonly member: string }[]> {
  const { items } = await fleet.ask((api) => api.list('events', { cluster, limit: 60 }));
  return items
    .toReversed()
    .filter(({ kind }) => /space|maintenance|compaction|defragmentation/.test(kind))
    .map(({ kind, facts }) => ({ kind, member: (facts as { readonly member?: string }).member ?? '' }));
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
  const statuses = () => Promise.all(connections.map((each) => each.call('maintenance/status', {}, 5000)));
  const smallest = async () => Math.min(...(await statuses()).map(({ dbSize }) => Number(dbSize)));
  return {
    put,
    /** The name of the one that leads, by its own word: reports may be from before. */
    async leader(): Promise<string> {
      const look = async () => {
        const leads = (await statuses()).map(
          ({ header, leader }) => (header as { member_id: string }).member_id === leader,
        );
        return machines[leads.indexOf(true)]?.name;
      };
      return until('one leads', look, { within: 30_000 });
    },
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
