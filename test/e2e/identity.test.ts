import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentFailpoint } from '@picket/agent/program/failpoints.ts';
import type { CoordinatorFailpoint } from '@picket/coordinator/model/failpoints.ts';
import { failure } from '@picket/shared/errors.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import type { NodeView } from '@picket/shared/protocol/nodes.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import t, { type Test } from 'tap';
import { runToEnd } from '../support/children.ts';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, eventsOf, fleetOf, healthy } from '../support/fleet-of-test.ts';
import { programs } from '../support/programs.ts';
import { isReason } from '../support/told.ts';
import { until } from '../support/until.ts';

t.test('the identity of a node, from its join to its copy', async (t) => {
  const coordinatorDays = { ahead: -45 };
  const fleet = await fleetOf(t, { members: 1, coordinatorDays });
  const [machine] = fleet.machines as [Machine];
  const joined = await machine.join(await fleet.joinString(cluster));
  t.equal(joined.code, 0, joined.stderr);
  const copy = await copyOf(fleet, machine);
  const first = await certificateOf(machine);
  await fleet.stopCoordinator();

  await t.test(
    'R15: off past its end, and killed whenever it recovers, a node comes back without a command',
    async (t) => {
      coordinatorDays.ahead = -25;
      await fleet.startCoordinator();
      await killAgentAt(t, machine, ['recover.after-answer', 'recover.after-write']);
      const { spkiHash, notAfter } = await certificateOf(machine);
      t.equal(spkiHash, first.spkiHash, 'the same key');
      t.ok(notAfter.getTime() > Date.now());
      await fleet.stopCoordinator();
    },
  );

  await t.test('R9, R12, R15: it renews while it runs, whenever it or its coordinator is killed', async (t) => {
    coordinatorDays.ahead = 0;
    await fleet.startCoordinator();
    await killAgentAt(t, machine, ['renew.after-key', 'renew.after-answer', 'renew.after-write']);
    t.not((await certificateOf(machine)).spkiHash, first.spkiHash, 'another key');
    await fleet.stopCoordinator();
    machine.startAgent();
    await killCoordinatorAt(t, fleet, ['in-force.before-commit', 'in-force.after-commit']);
    await healthy(fleet);
    t.same(await eventsOf(fleet, { kinds: ['identity-frozen'] }), []);
    t.equal((await eventsOf(fleet, { kinds: ['identity-renewed'] })).length, 1, 'once, for all that');
  });

  await t.test('R15: a copy of it is found out, and its etcd goes on', async (t) => {
    const before = await etcdPids(machine);
    const asked = await runToEnd(process.execPath, copy);
    const { id } = await nodeOf(fleet);
    const superseded = failure('identity_superseded', { generation: 1, nodeId: id });
    t.equal(asked.code, 1);
    t.match(asked.stderr.toLowerCase(), superseded.message.toLowerCase().replace(/\.$/, ''), 'the copy is named');
    const { state, notices } = await fleet.status(cluster);
    t.ok(notices.some(isReason('identity_is_frozen', { name: 'x-k3s-m-1', nodeId: id })));
    t.equal(state, 'healthy');
    t.same(await etcdPids(machine), before);
    t.equal((await fleet.etcdctl(machine, 'put', 'written', 'while frozen')).code, 0);

    const { stdout: said, code } = await fleet.picket('node', 'unfreeze', id);
    t.match({ code, said }, { code: 0, said: /gets certificates again/ });
    t.match(await nodeOf(fleet), { identityFrozen: null });
  });
});

/** The state of this machine, copied to another one; the arguments that start the agent there once. */
async function copyOf(fleet: Fleet, machine: Machine): Promise<readonly string[]> {
  const home = join(fleet.folder, 'copy');
  const stateDir = join(home, 'picket');
  await mkdir(home);
  await cp(machine.stateDir, stateDir, { recursive: true });
  const configFile = join(home, 'agent.yml');
  const original = await readFile(machine.configFile, 'utf8');
  await writeFile(
    configFile,
    original
      .replace(machine.stateDir, stateDir)
      .replace(machine.etcDir, join(home, 'etcd'))
      .replace(/^logFile: .*$/m, `logFile: ${join(home, 'etcd.log')}`),
  );
  return [programs.agent, 'once', '--config', configFile];
}

async function certificateOf(machine: Machine) {
  return readCredential(await readFile(join(machine.stateDir, 'identity.pem'), 'utf8')).certificate;
}

async function nodeOf(fleet: Fleet): Promise<NodeView> {
  const { stdout } = await fleet.picket('node', 'list', '--output', 'json');
  const [node] = (JSON.parse(stdout) as Page<NodeView>).items;
  if (node === undefined) throw new Error('no node has joined');
  return node;
}

async function killAgentAt(t: Test, machine: Machine, failpoints: readonly AgentFailpoint[]): Promise<void> {
  for (const failpoint of failpoints) {
    machine.startAgent(failpoint);
    const agent = machine.agent();
    await until(`the agent dies at ${failpoint}`, () => agent?.running === false, {
      within: 60_000,
      lastSeen: () => agent?.log().slice(-1500) ?? '',
    });
    t.equal(await agent?.ended, 'SIGKILL', `the agent was killed at ${failpoint}`);
  }
}

async function killCoordinatorAt(t: Test, fleet: Fleet, failpoints: readonly CoordinatorFailpoint[]): Promise<void> {
  for (const failpoint of failpoints) {
    // It may be asked at once, and die before it answers anybody else.
    await fleet.startCoordinator(failpoint).catch(() => undefined);
    const coordinator = fleet.coordinator();
    await until(`the coordinator dies at ${failpoint}`, () => coordinator?.running === false, { within: 60_000 });
    t.equal(await coordinator?.ended, 'SIGKILL', `the coordinator was killed at ${failpoint}`);
  }
  await fleet.startCoordinator();
}
