import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { parse } from '@picket/shared/etcd-config/parse.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import t from 'tap';
import { EtcdWatch } from '../support/etcd-processes.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startTraffic } from '../support/fleet-traffic.ts';
import { freePorts } from '../support/ports.ts';
import { isReason, tellsOf } from '../support/told.ts';
import { until } from '../support/until.ts';

t.test('R2 R6: a change hurts one member at most, and continues whichever process is killed', async (t) => {
  const fleet = await fleetOf(t, { electionMs: 3000 });
  await joinAll(fleet);
  await healthy(fleet);
  const leader = await leaderOf(fleet);
  const { metrics } = await freePorts(fleet.machines.map(({ address }) => address));
  const takers = await Promise.all(fleet.machines.map(({ address }) => take(address, metrics)));
  t.teardown(() => Promise.all(takers.map(release)));
  const traffic = startTraffic(t, fleet);
  const watch = new EtcdWatch();
  await watch.look(fleet.machines);

  // It validates, and cannot run: on each host something else listens there.
  const changed = await fleet.picket('cluster', 'set', cluster, `metricsPort=${metrics}`);
  t.match(changed, { code: 0, stdout: `ports.metrics  ${fleet.ports.metrics} → ${metrics}` }, changed.stderr);
  const failing = killerOf(fleet);
  const stopped = await until(
    'the rollout stops',
    async () => {
      await failing.strike();
      const { rollout, waitsFor, members } = await fleet.status(cluster);
      failing.log.push(
        JSON.stringify([waitsFor, members.map((m) => [m.generation, m.status?.agent, m.status?.service])]),
      );
      return rollout?.state === 'stopped' && rollout;
    },
    { within: 120_000, every: 300, lastSeen: () => failing.log.join('\n') },
  );
  await healthy(fleet);
  await watch.look(fleet.machines);
  t.equal(watch.replaced.length, 1, `one member was touched, and no other: ${watch.replaced.join()}`);
  const [canary = ''] = watch.replaced;
  t.not(canary, leader, 'it does not lead');
  t.match(stopped.reason, { code: 'of_member', facts: { member: canary } });
  t.ok(tellsOf('conf_crashed')(stopped.reason) || tellsOf('conf_not_started')(stopped.reason));
  t.same(await metricsPorts(fleet), [0, 0, 0].fill(fleet.ports.metrics), 'its last good conf.yml is back');
  const told = await until(
    'status says what an operator can do',
    async () => {
      const { rollout, waitsFor } = await fleet.status(cluster);
      return waitsFor.some(isReason('rollout_stopped', { revision: 2, member: canary })) && rollout?.reason;
    },
    { within: 60_000, every: 1000 },
  );
  t.match((await fleet.picket('status', cluster)).stdout, `Rollout of revision 2 has stopped (${inWords(told)})`);

  await Promise.all(takers.map(release));
  const resumed = await fleet.picket('rollout', 'resume', cluster);
  t.equal(resumed.code, 0, resumed.stderr);
  const going = killerOf(fleet);
  await until(
    'all members have it',
    async () => {
      await going.strike();
      return (await fleet.status(cluster)).rollout === null;
    },
    { within: 240_000, every: 300, lastSeen: () => going.log.join('\n') },
  );
  const order = going.events.filter(([kind]) => kind === 'grant-permit').map(([, member]) => member);
  t.same(new Set(order), new Set(fleet.machines.map(({ name }) => name)), 'each has restarted');
  t.equal(order.at(-1), leader, 'the leader last');
  t.same(await metricsPorts(fleet), [0, 0, 0].fill(metrics));
  await healthy(fleet);
  await traffic.check(t);
});

/** Kills in turn the coordinator and the agent of the member concerned, each time that a stage is reached. */
function killerOf(fleet: Fleet) {
  const stages = [
    'release-configuration',
    'grant-permit',
    'put-back-configuration',
    'close-permit',
    'confirm-configuration',
  ];
  const events: (readonly [kind: string, member: string])[] = [];
  const log: string[] = [];
  let last: number | null = null;
  return {
    events,
    log,
    async strike() {
      const { items } = await fleet.ask((api) => api.list('events', { cluster, limit: 20 }));
      const since = last ?? items.find(({ kind }) => kind === 'rollout' || kind === 'change')?.id ?? 0;
      last = items[0]?.id ?? since;
      const fresh = items.filter(({ id, kind }) => id > since && stages.includes(kind)).reverse();
      for (const { kind, facts } of fresh) {
        const { member } = facts as { readonly member: string };
        events.push([kind, member]);
        log.push(`${kind} ${member}`);
      }
      const newest = events.at(-1);
      if (fresh.length === 0 || newest === undefined) return;
      // With the last member everybody is left alone, so that the end is that of a day like any other.
      if (new Set(events.filter(([kind]) => kind === 'release-configuration').map(([, member]) => member)).size > 2)
        return;
      if (events.length % 2 === 1) {
        await fleet.stopCoordinator('SIGKILL');
        await fleet.startCoordinator();
      } else {
        const machine = fleet.machine(newest[1]);
        await machine.stopAgent('SIGKILL');
        machine.startAgent();
      }
    },
  };
}

async function metricsPorts({ machines }: Fleet): Promise<readonly number[]> {
  return Promise.all(
    machines.map(async ({ etcDir }: Machine) => {
      const [url = ''] = parse(await readFile(join(etcDir, 'conf.yml'), 'utf8')).listenMetricsUrls;
      return Number(new URL(url).port);
    }),
  );
}

async function take(address: string, port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy()).listen(port, address);
  await once(server, 'listening');
  return server;
}

function release(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

async function leaderOf(fleet: Fleet): Promise<string> {
  const { members } = await fleet.status(cluster);
  const leader = members.find(({ status, memberId }) => status?.etcd?.leader === memberId && memberId !== null);
  if (leader === undefined) throw new Error('no leader is reported');
  return leader.name;
}
