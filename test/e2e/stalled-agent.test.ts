import { readFile, writeFile } from 'node:fs/promises';
import t from 'tap';
import { impatientCoordinator } from '../support/changed-coordinator.ts';
import { EtcdWatch } from '../support/etcd-processes.ts';
import type { Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { programs } from '../support/programs.ts';
import { startRelay } from '../support/relay.ts';
import type { Coded } from '../support/told.ts';
import { until } from '../support/until.ts';

t.test('R2: an agent that stalls with a permit in its socket does nothing with it when it wakes', async (t) => {
  // What counts is that the lease is over when the agent wakes, and not how long it was.
  const coordinator = await impatientCoordinator(t.testdir(), { leaseSeconds: 15, withdrawPermitAfter: 20_000 });
  const fleet = await fleetOf(t, { members: 1, programs: { ...programs, coordinator } });
  const [machine] = fleet.machines as [Machine];
  const relay = await startRelay(t, Number(new URL(fleet.url).port));
  const config = await readFile(machine.configFile, 'utf8');
  await writeFile(machine.configFile, config.replace(fleet.url, `https://127.0.0.1:${relay.port}`));
  await joinAll(fleet);
  await healthy(fleet);
  const watch = new EtcdWatch();
  await watch.look(fleet.machines);
  relay.hold();
  await fleet.picket('cluster', 'set', cluster, 'allowDowntime=true', 'heartbeatIntervalMs=120');
  await happened('release-configuration');
  // It gets what it must restart for, and no permit for that until the answers that may hold one stay here.
  await fleet.picket('cluster', 'set', cluster, 'allowDowntime=false');
  relay.release();
  await until('it waits for a permit', waitsForPermit, { within: 60_000, every: 300 });
  relay.hold();
  await fleet.picket('cluster', 'set', cluster, 'allowDowntime=true');
  await happened('grant-permit');
  // Answers to reports are far smaller.
  await until('its permit is on the way', () => relay.held() > 2500, { within: 10_000, every: 20 });
  process.kill(machine.agent()?.pid ?? 0, 'SIGSTOP');
  relay.release();
  await happened('withdraw-permit');
  const accepted = () =>
    machine
      .agent()
      ?.log()
      .match(/a desired state was accepted/g)?.length ?? 0;
  const before = accepted();
  // Else it may hear of the withdrawal before it comes to act, and only the lease is to keep it from that.
  await fleet.stopCoordinator('SIGKILL');
  process.kill(machine.agent()?.pid ?? 0, 'SIGCONT');
  await until('it has the permit', () => accepted() > before, { within: 60_000 });
  const woken = Date.now();
  await fleet.startCoordinator();

  await until('it says again what it waits for', () => waitsForPermit(woken), { within: 60_000, every: 300 });
  await watch.look(fleet.machines);
  t.same(watch.replaced, [], 'its etcd was not restarted');

  async function waitsForPermit(since = 0): Promise<boolean> {
    const [member] = (await fleet.status(cluster)).members;
    const waits = member?.status?.agent.waits ?? [];
    const isPermit = (wait: Coded) => ['restart_permit', 'another_restart_permit'].includes(wait.code);
    return Date.parse(member?.reportedAt ?? '') > since && waits.some(isPermit);
  }

  async function happened(kind: string, within = 30_000): Promise<void> {
    const seen = async () => {
      const { items } = await fleet.ask((api) => api.list('events', { cluster }));
      return items.some((event) => event.kind === kind);
    };
    await until(kind, seen, { within, every: 500 });
  }
});
