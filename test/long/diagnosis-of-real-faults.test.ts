import { chmod, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { minorOf } from '@picket/shared/etcd-version.ts';
import t, { type Test } from 'tap';
import { alertsOf } from '../support/alerts.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { etcdPids } from '../support/etcd-processes.ts';
import { fakeClock } from '../support/faketime.ts';
import { type Fault, faultFound, faultOver, type Look } from '../support/fault-found.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, type FleetOfTest, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { scrape } from '../support/scrape.ts';
import { slowDisk } from '../support/slow-disk.ts';
import { until } from '../support/until.ts';

/** Each fault is made on a real cluster. The diagnosis names it, the alerts go off by a real scrape, and after the repair it is over. */
t.jobs = 2;
const within = 180_000;

function lookAt(fleet: Fleet): Look {
  return { diagnosis: () => fleet.ask((api) => api.diagnosis({ name: cluster })), scrape: () => scrape(fleet) };
}

function found(t: Test, fleet: Fleet, before: string, fault: Fault): Promise<void> {
  return faultFound(t, lookAt(fleet), before, fault);
}

async function over(fleet: Fleet, others: readonly string[] = []): Promise<void> {
  await healthy(fleet, within);
  await faultOver(lookAt(fleet), others);
}

async function served(t: Test, options: FleetOfTest = {}, ...settings: readonly string[]) {
  const fleet = await fleetOf(t, options);
  if (settings.length > 0) t.match(await fleet.picket('cluster', 'set', cluster, ...settings), { code: 0 });
  await joinAll(fleet);
  await healthy(fleet);
  // A node may still be about to apply its last desired state.
  const before = await until(
    'no alert goes off',
    async () => {
      const well = await scrape(fleet);
      return (await alertsOf({ before: well, during: well })).length === 0 && well;
    },
    { within, every: 500 },
  );
  return { fleet, before, machines: fleet.machines as [Machine, Machine, Machine] };
}

t.test('a database that is full', async (t) => {
  const { fleet, before, machines } = await served(t, { electionMs: 3000 }, `quotaBackendBytes=${16 * 1024 * 1024}`);
  const [machine] = machines;
  const value = 'x'.repeat(100_000);
  await whileRepeating(
    async () => void (await fleet.etcdctl(machine, 'put', 'key', value)),
    () =>
      found(t, fleet, before, {
        cause: 'cause_database_full',
        members: [],
        alerts: ['PicketEtcdNoSpace'],
      }),
  );
  // Picket makes room without an order.
  await over(fleet);
});

t.test('a member that somebody removes with etcdctl', async (t) => {
  const { fleet, before, machines } = await served(t);
  const [first, , third] = machines;
  const id = (await fleet.status(cluster)).members.find(({ name }) => name === third.name)?.memberId ?? '';
  // etcd refuses it until its voters have been connected for five seconds.
  const isRemoved = async () => (await fleet.etcdctl(first, 'member', 'remove', id)).code === 0;
  await until('it is removed', isRemoved, { within, every: 500 });
  await found(t, fleet, before, {
    cause: 'cause_member_removed',
    members: [third.name],
    alerts: ['PicketClusterFrozen', 'PicketEtcdRestarts'],
  });
  t.match(await fleet.picket('member', 'replace', cluster, third.name, '--yes'), { code: 0 });
  t.match(await fleet.picket('cluster', 'unfreeze', cluster), { code: 0 });
  await over(fleet);
});

t.test('a disk so slow that another member is elected', async (t) => {
  const { fleet, before, machines } = await served(t);
  const slow = await leaderOf(fleet);
  const [other] = machines.filter((one) => one !== slow) as [Machine];
  const [pid = 0] = await etcdPids(slow);
  const disk = await slowDisk(pid, 3000);
  await whileRepeating(
    async () => void (await fleet.etcdctl(other, '--command-timeout=3s', 'put', 'key', 'value')),
    () =>
      found(t, fleet, before, {
        cause: 'cause_slow_disk_elections',
        members: [slow.name],
        alerts: ['PicketDiskSlow'],
        may: ['PicketClusterAtRisk'],
      }),
  );
  await disk.mend();
  await healthy(fleet, within);
});

t.test('etcds that are killed again and again', async (t) => {
  const { fleet, before } = await served(t);
  const kills = new Map<string, number>();
  for (let count = 0; count < 7; count += 1) {
    const leader = await leaderOf(fleet);
    kills.set(leader.name, (kills.get(leader.name) ?? 0) + 1);
    for (const pid of await etcdPids(leader)) process.kill(pid, 'SIGKILL');
    await healthy(fleet, within);
  }
  t.comment(JSON.stringify(Object.fromEntries(kills)));
  await found(t, fleet, before, {
    cause: 'cause_etcd_restarted',
    members: [...kills.keys()].toSorted(),
    alerts: ['PicketEtcdRestarts', 'PicketLeaderElections'],
  });
});

/** Repeats an act until another has ended. */
async function whileRepeating(act: () => Promise<void>, other: () => Promise<void>): Promise<void> {
  let isOver = false;
  const repeating = (async () => {
    while (!isOver) await act();
  })();
  try {
    await other();
  } finally {
    isOver = true;
    await repeating;
  }
}

async function leaderOf(fleet: Fleet): Promise<Machine> {
  const leads = async () => {
    const { members } = await fleet.status(cluster);
    const leader = members.find(({ status }) => status?.etcd != null && status.etcd.leader === status.etcd.memberId);
    return leader && fleet.machine(leader.name);
  };
  return until('one leads', leads, { within });
}

t.test('an etcd of another minor version that is installed, and that nobody starts', async (t) => {
  const { fleet, before, machines } = await served(t);
  const etcd = await ensureEtcd();
  const [, , third] = machines;
  const [own, other] = [join(fleet.folder, 'etcd'), join(fleet.folder, 'etcd-of-another-minor')];
  const version = minorOf(etcd.version) === '3.6' ? '3.5.30' : '3.6.4';
  await writeFile(other, `#!/bin/sh\necho "etcd Version: ${version}"\n`);
  await chmod(other, 0o755);
  const use = async (program: string) => {
    await symlink(program, `${own}.new`);
    await rename(`${own}.new`, own);
  };
  await use(etcd.etcd);
  await third.stopAgent();
  const config = await readFile(third.configFile, 'utf8');
  await writeFile(third.configFile, config.replace(/^etcdBinary: .*$/m, `etcdBinary: ${own}`));
  third.startAgent();
  await healthy(fleet);
  await t.test('while the right one runs', async (t) => {
    await use(other);
    await found(t, fleet, before, {
      cause: 'cause_version_held_back',
      members: [third.name],
      alerts: ['PicketWrongEtcdVersion'],
    });
  });
  await t.test('once the right one has ended', async (t) => {
    for (const pid of await etcdPids(third)) process.kill(pid, 'SIGKILL');
    await until('the voter is missed', async () => (await fleet.status(cluster)).state === 'at-risk', { within });
    await found(t, fleet, before, {
      cause: 'cause_version_held_back',
      members: [third.name],
      alerts: ['PicketClusterAtRisk'],
    });
  });
  await use(etcd.etcd);
  // There is no etcdutl that it trusts beside this etcd.
  await over(fleet, ['cause_snapshots_fail', 'cause_state_not_applied']);
});

t.test('clocks that are wrong', async (t) => {
  const fleet = await fleetOf(t);
  const clock = await fakeClock(fleet.folder);
  if (clock === undefined) {
    t.comment('there is no libfaketime: this machine has no apt');
    return;
  }
  const [first, second, third] = fleet.machines as [Machine, Machine, Machine];
  for (const machine of [second, third]) Object.assign(machine.env, clock.env);
  await joinAll(fleet);
  await healthy(fleet);
  const before = await scrape(fleet);
  const alerts = ['PicketClockOff'];
  const ahead = (seconds: number) => clock.set(new Date(Date.now() + seconds * 1000));

  await t.test('two of three alike: it is the coordinator’s', async (t) => {
    await ahead(300);
    await found(t, fleet, before, { cause: 'cause_coordinator_clock', members: [second.name, third.name], alerts });
    await clock.setRight();
    await over(fleet);
  });
  await second.stopAgent();
  for (const name of Object.keys(clock.env)) delete second.env[name];
  second.startAgent();
  await healthy(fleet);
  await t.test('one, by some seconds', async (t) => {
    await ahead(5);
    await found(t, fleet, before, { cause: 'cause_clock_drift', members: [third.name], alerts });
  });
  await t.test('one, by minutes', async (t) => {
    await ahead(300);
    await found(t, fleet, before, { cause: 'cause_clock', members: [third.name], alerts });
  });
  await clock.setRight();
  await over(fleet);
  t.ok(first.agent()?.running);
});
