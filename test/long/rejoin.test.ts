import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentFailpoint, agentFailpoints } from '@picket/agent/program/failpoints.ts';
import t, { type Test } from 'tap';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, domain, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { startTraffic } from '../support/fleet-traffic.ts';
import { printedError } from '../support/printed-error.ts';
import { until } from '../support/until.ts';

const within = 120_000;

t.test('R3, R4: a removed leader is free, and joins another cluster, and then its own again', async (t) => {
  const fleet = await fleetOf(t);
  await joinAll(fleet);
  await healthy(fleet);
  const traffic = startTraffic(t, fleet);
  const [, leader, follower] = fleet.machines as [Machine, Machine, Machine];
  await leads(fleet, leader);
  const removed = await fleet.picket('member', 'remove', cluster, leader.name, '--allow-even', '--yes');
  t.match([removed.code, removed.stdout], [0, /certificates/], removed.stderr);
  const early = await leader.join(await fleet.joinString(cluster));
  t.match(early, { code: 1, stdout: '' });
  const why = printedError(early.stderr)?.code ?? '';
  t.ok(['member_leaving', 'node_evicted', 'member_not_declared'].includes(why), early.stderr);
  await isFree(t, fleet, leader, { cluster, data: 1 });

  const hosts = join(fleet.folder, 'other-hosts.csv');
  await writeFile(hosts, `主机IP,主机名\n${leader.address},other-1\n`);
  const { client, peer, metrics } = fleet.ports;
  const settings = [
    '--allow-loopback',
    '--ports',
    [client, peer, metrics].join(),
    '--heartbeat-ms',
    '100',
    '--election-ms',
    '1000',
  ];
  const made = await fleet.picket('cluster', 'create', 'other', '--hosts', hosts, '--domain', domain, ...settings);
  t.equal(made.code, 0, made.stderr);
  await joinsAs(t, fleet, leader, 'other', 'other-1');
  const serves = async () => (await fleet.etcdctl(leader, 'put', 'in', 'other')).code === 0;
  await until('the other cluster serves', serves, { within, every: 500 });
  t.equal((await fleet.etcdctl(leader, 'get', 'canary')).stdout, '', 'it began empty');

  const deleted = await fleet.picket('cluster', 'delete', 'other', '--confirm', 'other');
  t.equal(deleted.code, 0, deleted.stderr);
  await isFree(t, fleet, leader, { cluster: 'other', data: 2 });

  const added = await fleet.picket('member', 'add', cluster, 'x-k3s-back', '--address', leader.address, '--yes');
  t.equal(added.code, 0, added.stderr);
  await joinsAs(t, fleet, leader, cluster, 'x-k3s-back');
  await healthy(fleet, within);
  t.equal((await fleet.status(cluster)).members.filter(({ phase }) => phase === 'voter').length, 3);
  t.match((await leader.run('status')).stdout, new RegExp(`FORMER DATA +of ${leader.name} in ${cluster}`));

  // One that is off while it is removed hears of it when it is back.
  await off(follower);
  const silent = async () => (await fleet.status(cluster)).state === 'at-risk';
  await until('it counts as silent', silent, { within, every: 1000 });
  const gone = await fleet.picket('member', 'remove', cluster, follower.name, '--allow-even', '--yes');
  t.equal(gone.code, 0, gone.stderr);
  const left = async () => (await fleet.etcdctl(leader, 'member', 'list')).stdout.trim().split('\n').length === 2;
  await until('etcd has two members', left, { within, every: 500 });
  follower.startAgent();
  await isFree(t, fleet, follower, { cluster, data: 1 });
  await traffic.check(t);
});

t.test('R4, R9: the agent of a deleted cluster is killed at each step of its departure', async (t) => {
  const fleet = await fleetOf(t, { members: 1 });
  await joinAll(fleet);
  await healthy(fleet);
  const [only] = fleet.machines as [Machine];
  await only.stopAgent();
  const order = ['cluster', 'delete', cluster, '--without-snapshot', '--confirm', cluster];
  t.equal((await fleet.picket(...order)).code, 0);
  for (const failpoint of agentFailpoints.filter((name) => name.startsWith('leave.'))) await dies(t, only, failpoint);
  only.startAgent();
  await isFree(t, fleet, only, { cluster, data: 1 });
});

async function dies(t: Test, machine: Machine, failpoint: AgentFailpoint): Promise<void> {
  machine.startAgent(failpoint);
  const agent = machine.agent();
  const lastSeen = () => agent?.log().slice(-1500) ?? '';
  await until(`it dies at ${failpoint}`, () => agent?.running === false, { within, lastSeen });
  t.equal(await agent?.ended, 'SIGKILL', failpoint);
}

/** It is no node any more, says so, and nothing of its etcd is left but the data that is kept. */
async function isFree(
  t: Test,
  fleet: Fleet,
  machine: Machine,
  { cluster: of, data }: { readonly cluster: string; readonly data: number },
): Promise<void> {
  let said = '';
  const free = async () => {
    const { stdout, stderr } = await machine.run('status');
    said = `${stdout}${stderr}`;
    return stdout.startsWith('FREE');
  };
  await until(`${machine.name} is free`, free, { within, every: 500, lastSeen: () => said });
  t.match(said, new RegExp(`WAS +the member \\S+ of ${of}, node`));
  t.equal(said.match(/^FORMER DATA/gm)?.length, data);
  t.same(await etcdPids(machine), [], 'it runs no etcd');
  t.same(await readdir(machine.etcDir), [], 'no file of etcd is left');
  t.same(await readdir(join(machine.stateDir, 'etcd')), [], 'no data is left in the data root');
  const { items } = await fleet.ask((api) => api.list('nodes', {}));
  const nodes = items.filter(
    ({ evictedAt, member, cluster: name }) => evictedAt === null && member === machine.name && name === of,
  );
  t.same(nodes, [], 'the coordinator has let it go');
}

async function joinsAs(t: Test, fleet: Fleet, machine: Machine, to: string, name: string): Promise<void> {
  const joined = await machine.join(await fleet.joinString(to), { args: ['--name', name] });
  t.equal(joined.code, 0, joined.stderr);
}

/** The traffic keeps the first machine's certificate, so another one leads and leaves. */
async function leads(fleet: Fleet, machine: Machine): Promise<void> {
  const isLeader = async () => {
    const { status } = (await fleet.status(cluster)).members.find(({ name }) => name === machine.name) ?? {};
    return status?.etcd !== null && status?.etcd?.leader === status?.etcd?.memberId;
  };
  if (await isLeader()) return;
  const moved = await fleet.picket('member', 'move-leader', cluster, machine.name);
  if (moved.code !== 0) throw new Error(moved.stderr);
  await until(`${machine.name} leads`, isLeader, { within: 30_000, every: 500 });
}

/** The power is cut. */
async function off(machine: Machine): Promise<void> {
  await machine.stopAgent('SIGKILL');
  for (const pid of await etcdPids(machine)) process.kill(pid, 'SIGKILL');
}
