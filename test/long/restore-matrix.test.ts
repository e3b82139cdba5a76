import { spawn } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import t, { type Test } from 'tap';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { etcdPids } from '../support/etcd-processes.ts';
import { type Fleet, killAllBelow, type Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { type PrintedError, printedError } from '../support/printed-error.ts';
import { until } from '../support/until.ts';

/**
 * {authentication off, on} × {agents up, two dead, all dead} × {etcd serving, one lost, two lost, all lost}: an attempt
 * that is refused leaves the fleet as it was, so one fleet serves all of them.
 */
t.jobs = 2;
for (const authentication of [false, true]) {
  t.test(
    `R16: without force no write is lost that a majority has, authentication ${authentication ? 'on' : 'off'}`,
    { buffered: true },
    (t) => matrix(t, authentication),
  );
}
type Refusal = Pick<PrintedError, 'code'> & Partial<PrintedError>;
type Cell = readonly [lost: readonly number[], refusal: Refusal];

const serves: Refusal = { code: 'restore_needs_name' };
const unproven = (lost: number): Refusal => ({ code: 'restore_unproven', facts: { lost: `${lost} of its 3` } });

async function matrix(t: Test, authentication: boolean): Promise<void> {
  const fleet = await fleetOf(t);
  await joinAll(fleet);
  await healthy(fleet);
  const writer = await startWriter(t, fleet);
  let snapshot = await takeSnapshot(fleet);
  if (authentication) await enableAuthentication(fleet);
  const world = { fleet, writer, authentication };

  await t.test('agents up', async (t) => {
    await refused(t, world, snapshot, [
      [[], serves],
      [[3], serves],
    ]);
  });

  await t.test('two agents dead', async (t) => {
    await Promise.all([2, 3].map((number) => machine(fleet, number).stopAgent('SIGKILL')));
    await unheard(fleet, [2, 3]);
    await refused(t, world, snapshot, [
      [[], serves],
      [[3], serves],
      [[1], unproven(1)],
      [[1, 3], unproven(1)],
      [[1, 2, 3], unproven(1)],
    ]);
  });

  await t.test('all agents dead', async (t) => {
    await machine(fleet, 1).stopAgent('SIGKILL');
    await unheard(fleet, [1, 2, 3]);
    await refused(t, world, snapshot, [
      [[], unproven(0)],
      [[3], unproven(0)],
      [[2, 3], unproven(0)],
      [[1, 2, 3], unproven(0)],
    ]);
  });

  await t.test('all agents dead, and their nodes called lost by mistake', async (t) => {
    await calledLost(t, world, snapshot);
  });

  for (const lost of [
    [2, 3],
    [1, 2, 3],
  ]) {
    await t.test(`agents up, ${lost.length} lost: no force is needed`, async (t) => {
      await writer.rests();
      snapshot = await takeSnapshot(fleet);
      const kept = writer.acknowledged().length;
      if (authentication) await enableAuthentication(fleet);
      for (const number of lost) await lose(world, number);
      const attempt = () => restore(fleet, snapshot);
      const last = await until(
        'their agents say so',
        async () => {
          const { code, stderr } = await attempt();
          const isEarly = ['restore_unproven', 'restore_needs_name'].includes(printedError(stderr)?.code ?? '');
          return code === 0 || !isEarly ? { code, stderr } : null;
        },
        { within: 90_000, every: 1000 },
      );
      t.equal(last.code, 0, last.stderr);
      await healthy(fleet, 180_000);
      t.strictSame(await missing(fleet, writer.acknowledged().slice(0, kept)), []);
      writer.goesOn();
    });
  }
}

interface World {
  readonly fleet: Fleet;
  readonly writer: Writer;
  readonly authentication: boolean;
}

/** In each of these cells a restore without force is refused, stops no etcd, publishes nothing, and loses no write. */
async function refused(t: Test, world: World, snapshot: string, cells: readonly Cell[]): Promise<void> {
  const { fleet, writer } = world;
  for (const [lost, refusal] of cells) {
    const what = lost.length === 0 ? 'etcd serves' : `the data of ${lost.join(', ')} is lost`;
    await t.test(what, async (t) => {
      for (const number of lost) await lose(world, number);
      const quorum = lost.length < 2;
      if (quorum) await writer.writes();
      if (lost.includes(1) && machine(fleet, 1).agent()?.running === true) await reportsLoss(fleet, 1);
      const before = { pids: await pids(fleet), generations: await generations(fleet) };
      const { code, stderr } = await restore(fleet, snapshot);
      t.equal(code, 1);
      t.match(printedError(stderr), refusal, stderr);
      if (refusal === serves) {
        const forced = await restore(fleet, snapshot, '--force');
        t.equal(forced.code, 1);
        t.match(printedError(forced.stderr), serves, 'nor by force alone');
      }
      if (quorum) await writer.writes();
      t.strictSame({ pids: await pids(fleet), generations: await generations(fleet) }, before);
      for (const number of lost) await regain(world, number);
      await writer.writes();
      t.strictSame(await missing(fleet, writer.acknowledged()), []);
    });
  }
}

/**
 * An operator calls nodes lost whose etcd serves, and restores. The founder finds them, and nothing is founded until they
 * are stopped.
 */
async function calledLost(t: Test, world: World, snapshot: string): Promise<void> {
  const { fleet, writer } = world;
  const { items } = await fleet.ask((api) => api.list('nodes', { cluster }));
  const ids = new Map(items.map(({ id, member }) => [member, id]));
  await stopEtcd(fleet, 1);
  for (const name of ['x-k3s-m-1', 'x-k3s-m-2', 'x-k3s-m-3']) {
    const { code, stderr } = await fleet.picket('node', 'evict', ids.get(name) ?? '', '--lost', '--yes');
    t.equal(code, 0, stderr);
  }
  await writer.writes();
  const { code, stderr } = await restore(fleet, snapshot);
  t.equal(code, 0, stderr);
  await wipe(fleet, 1);
  await joinAll(fleet, ['x-k3s-m-1']);
  await until(
    'the founder has found them',
    async () => {
      const { waitsFor } = await fleet.status(cluster);
      return waitsFor.some(({ message }) =>
        /former cluster still answers reads at x-k3s-m-2 .*x-k3s-m-3.* Then stop/.test(message),
      );
    },
    { within: 60_000, every: 500 },
  );
  await writer.writes();
  t.strictSame(await missing(fleet, writer.acknowledged(), 2), []);
  t.equal((await fleet.status(cluster)).clusterId, null);
  // What was written to them since goes with them: the operator stops them all the same.
  await writer.rests();
  for (const number of [2, 3]) {
    await stopEtcd(fleet, number);
    await wipe(fleet, number);
  }
  await until('it founds', async () => (await fleet.status(cluster)).clusterId !== null, {
    within: 60_000,
    every: 500,
  });
  await joinAll(fleet, ['x-k3s-m-2', 'x-k3s-m-3']);
  await healthy(fleet, 180_000);
  writer.beginsAnew();
}

interface Writer {
  /** Resolves once two more writes, begun after this was called, were acknowledged. */
  writes(): Promise<void>;
  rests(): Promise<void>;
  goesOn(): void;
  /** In another cluster, which knows nothing of what was acknowledged before. */
  beginsAnew(): void;
  acknowledged(): readonly string[];
}

/** Puts one key after the other, through whichever member answers, with the certificate of the first that has one. */
async function startWriter(t: Test, fleet: Fleet): Promise<Writer> {
  const endpoints = fleet.machines.map(({ clientUrl }) => clientUrl).join();
  let acknowledged: string[] = [];
  let next = 0;
  let wanted = true;
  let ended = false;
  let idle = false;
  const running = (async () => {
    while (!ended) {
      idle = !wanted;
      if (!idle) {
        const key = `write/${String(next).padStart(6, '0')}`;
        next += 1;
        for (const number of [3, 2, 1]) {
          const put = ['--endpoints', endpoints, '--command-timeout=3s', 'put', key, 'x'];
          const { code } = await etcdctl(fleet, number, ...put);
          if (code !== 0) continue;
          acknowledged.push(key);
          break;
        }
      }
      await sleep(200);
    }
  })();
  t.teardown(async () => {
    ended = true;
    await running;
  });
  const writer: Writer = {
    async writes() {
      // One may have been under way.
      const first = next + 3;
      await until('the writer writes', () => acknowledged.some((key) => Number(key.slice(6)) >= first), {
        within: 60_000,
        every: 100,
      });
    },
    async rests() {
      wanted = false;
      await until('the writer rests', () => idle, { within: 20_000, every: 50 });
    },
    goesOn() {
      wanted = true;
    },
    beginsAnew() {
      acknowledged = [];
      wanted = true;
    },
    acknowledged: () => [...acknowledged],
  };
  await writer.writes();
  return writer;
}

/** Acknowledged keys that a linearizable read does not find. */
async function missing(fleet: Fleet, keys: readonly string[], through = 1): Promise<readonly string[]> {
  const found = await until(
    'a linearizable read',
    async () => {
      const get = ['--command-timeout=5s', 'get', 'write/', '--prefix', '--keys-only'];
      const { code, stdout } = await etcdctl(fleet, through, ...get);
      return code === 0 && new Set(stdout.split('\n'));
    },
    { within: 60_000, every: 500 },
  );
  return keys.filter((key) => !found.has(key));
}

/** The client certificate of any machine will do, since a lost one has none. */
function etcdctl(fleet: Fleet, number: number, ...args: string[]) {
  return fleet.etcdctl(machine(fleet, number), ...args);
}

function machine(fleet: Fleet, number: number): Machine {
  return fleet.machine(`x-k3s-m-${number}`);
}

function restore(fleet: Fleet, snapshot: string, ...word: string[]) {
  return fleet.picket('cluster', 'restore', cluster, '--snapshot', snapshot, '--yes', ...word);
}

async function takeSnapshot(fleet: Fleet): Promise<string> {
  const taken = await until(
    'a snapshot',
    async () => {
      const { code, stdout } = await fleet.picket('snapshot', 'take', cluster, '--output', 'json');
      return code === 0 && (JSON.parse(stdout) as SnapshotView);
    },
    { within: 60_000, every: 1000 },
  );
  return taken.id;
}

/** From here on etcd serves nobody whose certificate names none of its users. */
async function enableAuthentication(fleet: Fleet): Promise<void> {
  const run = async (...args: string[]) => {
    const { code, stderr } = await etcdctl(fleet, 1, ...args);
    if (code !== 0 && !stderr.includes('already exists')) throw new Error(`etcdctl ${args.join(' ')}: ${stderr}`);
  };
  for (const user of ['root', ...fleet.machines.map(({ name }) => `client:${name}`)]) {
    await run('user', 'add', user, '--no-password');
    await run('user', 'grant-role', user, 'root');
  }
  await run('auth', 'enable');
}

async function unheard(fleet: Fleet, numbers: readonly number[]): Promise<void> {
  const names = numbers.map((number) => `x-k3s-m-${number}`);
  await until(
    'they are not heard any more',
    async () => {
      const { members, now } = await fleet.status(cluster);
      return members
        .filter(({ name }) => names.includes(name))
        .every(({ reportedAt }) => Date.parse(now) - Date.parse(reportedAt ?? '') > 36_000);
    },
    { within: 60_000, every: 1000 },
  );
}

async function reportsLoss(fleet: Fleet, number: number): Promise<void> {
  await until(
    'its agent says so',
    async () => {
      const { members } = await fleet.status(cluster);
      return members.find(({ name }) => name === `x-k3s-m-${number}`)?.status?.service.state === 'lost-data';
    },
    { within: 60_000, every: 300 },
  );
}

async function generations(fleet: Fleet) {
  const { members, clusterId } = await fleet.status(cluster);
  return { clusterId, members: members.map(({ name, generation, incarnation }) => [name, generation, incarnation]) };
}

async function pids(fleet: Fleet) {
  return Promise.all(fleet.machines.map(async (one) => [one.name, ...(await etcdPids(one))]));
}

/** Its data is out of its etcd's reach, and etcd is killed. */
async function lose({ fleet }: World, number: number): Promise<void> {
  const one = machine(fleet, number);
  await rm(`${dataRoot(one)}.away`, { recursive: true, force: true });
  await rename(dataRoot(one), `${dataRoot(one)}.away`);
  await stopEtcd(fleet, number);
}

/** The disk is back; where no agent is, somebody starts etcd. */
async function regain({ fleet }: World, number: number): Promise<void> {
  const one = machine(fleet, number);
  await rm(dataRoot(one), { recursive: true, force: true });
  await rename(`${dataRoot(one)}.away`, dataRoot(one));
  if (one.agent()?.running !== true) {
    const { etcd } = await ensureEtcd();
    spawn(etcd, [`--config-file=${join(one.etcDir, 'conf.yml')}`], { stdio: 'ignore', detached: true }).unref();
  }
  await until('its etcd runs', async () => (await etcdPids(one)).length === 1, { within: 90_000, every: 100 });
}

function dataRoot({ stateDir }: Machine): string {
  return join(stateDir, 'etcd');
}

async function stopEtcd(fleet: Fleet, number: number): Promise<void> {
  for (const pid of await etcdPids(machine(fleet, number))) process.kill(pid, 'SIGKILL');
  await until('it has ended', async () => (await etcdPids(machine(fleet, number))).length === 0, { within: 10_000 });
}

/** The machine goes for a blank one. */
async function wipe(fleet: Fleet, number: number): Promise<void> {
  const one = machine(fleet, number);
  await one.stopAgent('SIGKILL');
  await killAllBelow(join(fleet.folder, one.name));
  for (const folder of [one.stateDir, one.etcDir]) await rm(folder, { recursive: true, force: true });
  await mkdir(one.etcDir);
}
