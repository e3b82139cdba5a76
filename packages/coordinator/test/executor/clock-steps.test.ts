import { restart } from '@picket/coordinator/operations/restart.ts';
import t, { type Test } from 'tap';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { changeTuning, createCluster, joinNode, nodeWith, servingAlone } from '../support/nodes.ts';

/** A withdrawn permit expires after this, in milliseconds: a lease, and a report on its way. */
const lapse = 126_000;

t.test('R2: a permit does not expire because the coordinator’s clock was set forward', async (t) => {
  const { coordinator } = await withdrawn(t);
  coordinator.setClock(600_000);
  await passes(coordinator, lapse - 10_000);
  t.not(permitOf(coordinator), null);
});

for (const byMs of [600_000, -240_000]) {
  t.test(`a permit expires in its time although the clock was set by ${byMs / 1000} s`, async (t) => {
    const { coordinator } = await withdrawn(t);
    coordinator.setClock(byMs);
    await passes(coordinator, lapse);
    t.equal(permitOf(coordinator), null);
  });
}

t.test('R2: a permit does not expire because the clock was set back when a commit had failed', async (t) => {
  const { coordinator } = await withdrawn(t);
  coordinator.failpoint = (name) => {
    if (name === 'publish.after-commit') throw new Error('the disk is gone');
  };
  await t.rejects(changeTuning(coordinator, 2, { heartbeatIntervalMs: 300 }));
  coordinator.failpoint = () => undefined;
  coordinator.setClock(-240_000);
  await passes(coordinator, lapse - 10_000);
  t.not(permitOf(coordinator), null);
});

t.test(
  'R2: after its start a coordinator counts a permit as in force for its full time, whatever its clock says',
  async (t) => {
    const { coordinator } = await withdrawn(t);
    await coordinator.restart(async () => coordinator.setClock(600_000));
    await passes(coordinator, lapse - 10_000);
    t.not(permitOf(coordinator), null);
    await passes(coordinator, 10_000);
    t.equal(permitOf(coordinator), null);
  },
);

t.test('a member is confirmed in its time although the clock was set back', async (t) => {
  const { coordinator, node, serving } = await withPermit(t);
  await node.report(serving(false));
  coordinator.setClock(-240_000);
  for (const _report of [1, 2, 3]) {
    coordinator.clock.now += 10_000;
    await node.report(serving(false));
  }
  t.equal(permitOf(coordinator), null);
});

t.test('R6: a step of the clock while a member restarts does not count as downtime', async (t) => {
  const { coordinator, node, serving } = await withPermit(t);
  await node.report({ ...serving(false), etcd: null });
  coordinator.setClock(600_000);
  await node.report({ ...serving(false), etcd: null });
  const { configuration } = coordinator.running.executor.situation('x-k3s').record.progress;
  t.equal(configuration.stopped, null);
});

t.test('R2: a report from long ago allows no restart because the clock was set back to its time', async (t) => {
  const { coordinator } = await confirmed(t);
  coordinator.clock.now += 120_000;
  coordinator.setClock(-120_000);
  await t.rejects(orderRestart(coordinator), { code: 'disruption_refused' });
});

t.test('R2: a report from before the coordinator’s machine slept allows no restart', async (t) => {
  const { coordinator } = await confirmed(t);
  // The monotonic clock stands still meanwhile.
  coordinator.setClock(7_200_000);
  await t.rejects(orderRestart(coordinator), { code: 'disruption_refused' });
});

t.test('R2: a report from before its start allows a coordinator no restart, whatever its clock says', async (t) => {
  const { coordinator, node, serving } = await confirmed(t);
  await coordinator.restart(async () => {
    coordinator.clock.now += 120_000;
    coordinator.setClock(-120_000);
  });
  await t.rejects(orderRestart(coordinator), { code: 'disruption_refused' });
  await nodeWith(coordinator, node).report(serving(false));
  await t.resolves(orderRestart(coordinator));
});

t.test('a report that came after the clock was set counts at once', async (t) => {
  const { coordinator, node, serving } = await confirmed(t);
  coordinator.setClock(-240_000);
  await node.report(serving(false));
  await t.resolves(orderRestart(coordinator));
});

/** A cluster of one that has restarted by its permit, and that serves. */
async function confirmed(test: Test) {
  const all = await withPermit(test);
  for (const _report of [1, 2, 3]) {
    all.coordinator.clock.now += 10_000;
    await all.node.report(all.serving(false));
  }
  if (permitOf(all.coordinator) !== null) throw new Error('it still has a permit');
  return all;
}

async function orderRestart({ running }: TestCoordinator): Promise<void> {
  await running.executor.run('x-k3s', restart('x-k3s-m-1', { by: 'an operator' }));
}

/** A cluster of one whose member has a permit to restart with other settings. */
async function withPermit(test: Test) {
  const coordinator = await testCoordinator(test);
  await createCluster(coordinator, {
    members: [{ name: 'x-k3s-m-1', address: '192.168.7.11' }],
    allowDowntime: true,
    snapshots: { everyMinutes: 0 },
  });
  const node = await joinNode(coordinator, 1);
  await node.report();
  const incarnation = (await node.desiredState()).etcd?.incarnation ?? '';
  const { inventory } = await node.desiredState();
  const agent = { version: '0.1.0', startedAt: '2026-01-01T00:00:00Z', inventory, waits: [] };
  const serving = (restartPending: boolean) => {
    const { service, etcd } = servingAlone(incarnation, node.name);
    const generation = coordinator.running.executor.situation('x-k3s').status.nodes[node.name]?.generation ?? 0;
    return {
      agent: { ...agent, generationSeen: generation, generationApplied: generation },
      service: { ...service, restartPending },
      etcd,
    };
  };
  await node.report(serving(false));
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 });
  await node.report(serving(true));
  if (permitOf(coordinator) === null) throw new Error('it has no permit');
  coordinator.clock.now += 1000;
  return { coordinator, node, serving };
}

/** The same, and it was withdrawn unused. */
async function withdrawn(test: Test) {
  const all = await withPermit(test);
  await passes(all.coordinator, 120_000);
  if (permitOf(all.coordinator)?.withdrawnAt == null) throw new Error('its permit was not withdrawn');
  return all;
}

async function passes({ clock, running }: TestCoordinator, ms: number): Promise<void> {
  await running.tick();
  clock.now += ms;
  await running.tick();
}

function permitOf({ running }: TestCoordinator) {
  return running.executor.situation('x-k3s').record.progress.permit;
}
