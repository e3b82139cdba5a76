import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from '@picket/shared/etcd-config/parse.ts';
import t from 'tap';
import { EtcdWatch, etcdPids } from '../support/etcd-processes.ts';
import type { Fleet } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { until } from '../support/until.ts';

// Both mostly wait.
t.jobs = 2;

t.test('R2: a change that needs restarts restarts one member at a time, the leader last', async (t) => {
  const fleet = await fleetOf(t, { network: 13, electionMs: 3000 });
  await joinAll(fleet);
  await healthy(fleet);
  const leader = await leaderOf(fleet);
  const pids = new Map(await Promise.all(fleet.machines.map(async (one) => [one.name, await etcdPids(one)] as const)));
  const writer = startWriter(fleet);

  const changed = await fleet.picket('cluster', 'set', cluster, 'heartbeatIntervalMs=120');
  t.equal(changed.code, 0, changed.stderr);
  const permits = await until(
    'three permits are confirmed',
    async () => {
      const seen = await permitEvents(fleet);
      return seen.filter(([kind]) => kind === 'close-permit').length === 3 && seen;
    },
    { within: 180_000, every: 1000, lastSeen: () => writer.problems.join('\n') },
  );
  const written = await writer.stop();

  t.same(
    permits.map(([kind]) => kind),
    ['grant-permit', 'close-permit', 'grant-permit', 'close-permit', 'grant-permit', 'close-permit'],
    'the next permit waits for the last to be confirmed',
  );
  const order = permits.filter(([kind]) => kind === 'grant-permit').map(([, name]) => name);
  t.equal(new Set(order).size, 3, 'each has had one');
  t.equal(order.at(-1), leader, 'the leader goes last');
  for (const machine of fleet.machines) {
    t.notSame(await etcdPids(machine), pids.get(machine.name), `${machine.name} runs another etcd`);
    const conf = parse(await readFile(join(machine.etcDir, 'conf.yml'), 'utf8'));
    t.equal(conf.heartbeatIntervalMs, 120, `${machine.name} has the new configuration`);
  }
  t.ok(written.length > 0, 'keys were written all the while');
  const kept = await fleet.etcdctl(fleet.machine(order[0] ?? ''), 'get', 'w/', '--prefix', '--keys-only');
  const keys = new Set(kept.stdout.split('\n'));
  t.same(
    written.filter((key) => !keys.has(key)),
    [],
    'and none that was acknowledged is lost',
  );
});

t.test('R2: a cluster of two restarts nothing until an operator allows downtime', async (t) => {
  const fleet = await fleetOf(t, { network: 16, members: 2 });
  await joinAll(fleet);
  await healthy(fleet);
  const watch = new EtcdWatch();
  await watch.look(fleet.machines);
  await fleet.picket('cluster', 'set', cluster, 'heartbeatIntervalMs=120');
  const waits = await until(
    'status says what it waits for',
    async () => (await fleet.status(cluster)).waitsFor.find((wait) => wait.includes('allowDowntime')),
    { within: 30_000, every: 500 },
  );
  t.match(waits, /^an operator: .* must restart, and a cluster of 2 cannot keep serving meanwhile/);
  await watch.look(fleet.machines);
  t.same(watch.replaced, [], 'no etcd was restarted');

  await fleet.picket('cluster', 'set', cluster, 'allowDowntime=true');
  await until(
    'both have been restarted',
    async () => {
      await watch.look(fleet.machines);
      return watch.replaced.length === 2;
    },
    { within: 90_000, every: 300 },
  );
});

async function leaderOf(fleet: Fleet): Promise<string> {
  const { members } = await fleet.status(cluster);
  const leader = members.find(({ status, memberId }) => status?.etcd?.leader === memberId && memberId !== null);
  if (leader === undefined) throw new Error('no leader is reported');
  return leader.name;
}

async function permitEvents(fleet: Fleet): Promise<readonly (readonly [kind: string, member: string])[]> {
  const { stdout } = await fleet.picket('events', cluster, '--output', 'json');
  const { items } = JSON.parse(stdout) as { items: { kind: string; message: string }[] };
  return items
    .reverse()
    .filter(({ kind }) => kind.endsWith('-permit'))
    .map(({ kind, message }) => [kind, /x-k3s-m-\d/.exec(message)?.[0] ?? ''] as const);
}

/** Puts one key after another through all members and remembers which were acknowledged. */
function startWriter(fleet: Fleet): { readonly problems: string[]; stop(): Promise<readonly string[]> } {
  const acknowledged: string[] = [];
  const problems: string[] = [];
  let going = true;
  const endpoints = fleet.machines.map(({ clientUrl }) => clientUrl).join(',');
  const [machine] = fleet.machines;
  const done = (async () => {
    for (let number = 0; going && machine !== undefined; number += 1) {
      const key = `w/${number}`;
      const put = await fleet.etcdctl(machine, '--endpoints', endpoints, 'put', key, 'x');
      if (put.code === 0) acknowledged.push(key);
      else problems.push(put.stderr);
    }
  })();
  return {
    problems,
    async stop() {
      going = false;
      await done;
      return acknowledged;
    },
  };
}
