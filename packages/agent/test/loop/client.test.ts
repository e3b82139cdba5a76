import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCredential } from '@picket/shared/pki/credential.ts';
import type { ClientState } from '@picket/shared/protocol/desired-state.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { noInit } from '../../src/host/no-init.ts';
import { openAgent } from '../../src/loop/agent.ts';
import { reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { sendReport } from '../../src/loop/report-loop.ts';
import { type TestMachine, testMachine } from '../machine.ts';

const day = 86_400_000;

/** A client node on a machine with an etcd and files that Picket did not write. */
async function clientNode(t: Test) {
  const machine = await testMachine(t);
  const { paths, coordinator } = machine;
  mkdirSync(paths.etcDir);
  for (const name of ['conf.yml', 'server.pem', 'peer.pem', 'peer-ca.pem']) {
    writeFileSync(join(paths.etcDir, name), `theirs: ${name}`);
  }
  const deps = {
    ...machine.deps,
    host: { ...machine.deps.host, init: noInit },
    purposes: ['client' as const],
    installedEtcd: async () => null,
  };
  const offer = (change: Partial<ClientState> = {}) => coordinator.offer(wanted(machine, change));
  offer();
  const agent = await openAgent(deps);
  await fetchDesiredState(agent, 0);
  return { machine, agent, deps, offer };
}

function wanted(machine: TestMachine, change: Partial<ClientState> = {}): ClientState {
  const { inventory, generation, seal, priorSeals, nodeId, cluster, trust, certificates } = machine.desired();
  return {
    inventory,
    generation,
    seal,
    priorSeals,
    nodeId,
    cluster,
    client: { name: 'k3s-1' },
    trust: { control: trust.control, client: trust.client },
    certificates: certificates.filter(({ purpose }) => purpose === 'client'),
    endpoints: ['https://192.168.7.11:2379'],
    ...change,
  };
}

const textOf = ({ paths }: TestMachine, name: string) => readFileSync(join(paths.etcDir, name), 'utf8');
const serialOf = (machine: TestMachine) => readCredential(textOf(machine, 'client.pem')).certificate.serial;

t.test('a client has its files, reports only its certificate, and is settled', async (t) => {
  const { machine, agent } = await clientNode(t);
  const { complete, settled, status } = await reconcileOnce(agent);
  t.strictSame([complete, settled], [true, true], JSON.stringify(status.agent.waits));
  t.strictSame(readdirSync(machine.paths.etcDir).sort(), [
    'ca.pem',
    'client-key.pem',
    'client.pem',
    'conf.yml',
    'peer-ca.pem',
    'peer.pem',
    'server.pem',
  ]);
  t.match(readFileSync(machine.paths.profile, 'utf8'), "export ETCDCTL_ENDPOINTS='https://192.168.7.11:2379'");
  t.strictSame(
    status.certificates.map(({ purpose }) => purpose),
    ['client'],
  );
  t.match(status, { etcd: null, service: { state: 'absent', etcdVersion: null, restartPending: false } });
  t.strictSame((await reconcileOnce(agent)).applied.done, [], 'and is left alone from then on');
});

t.test('R13: the etcd that existed, its files and its service, are untouched', async (t) => {
  const { machine, agent } = await clientNode(t);
  await reconcileOnce(agent);
  for (const name of ['conf.yml', 'server.pem', 'peer.pem', 'peer-ca.pem'])
    t.equal(textOf(machine, name), `theirs: ${name}`);
  t.strictSame([machine.init.acts, machine.etcd.calls], [[], []]);
  t.notOk(existsSync(machine.paths.dataRoot), 'no data dir is made');
});

t.test('the certificate is renewed in time, with its own key', async (t) => {
  const { machine, agent } = await clientNode(t);
  await sendReport(agent, (await reconcileOnce(agent)).status);
  const [before, file] = [serialOf(machine), textOf(machine, 'client.pem')];
  machine.clock.advance(53 * day);
  await reconcileOnce(agent);
  t.equal(serialOf(machine), before);
  machine.clock.advance(8 * day);
  const { complete } = await reconcileOnce(agent);
  t.ok(complete);
  t.not(serialOf(machine), before);
  const keyOf = (text: string) => /-----BEGIN PRIVATE KEY-----[^-]+/.exec(text)?.[0];
  t.not(keyOf(textOf(machine, 'client.pem')), keyOf(file));
});

t.test('another bundle is on the disk with the next desired state', async (t) => {
  const { machine, agent, offer } = await clientNode(t);
  await reconcileOnce(agent);
  const { client, peer } = machine.desired().trust;
  const both = `${client}${peer}`;
  offer({ generation: 8, trust: { control: 'the control bundle', client: both } });
  await fetchDesiredState(agent, 0);
  t.ok((await reconcileOnce(agent)).complete);
  t.equal(textOf(machine, 'ca.pem'), both);
  t.equal(machine.coordinator.certificates, 1, 'a certificate that is valid with it is kept');
});

t.test('R10: without a coordinator, the next agent goes on with the last desired state', async (t) => {
  const { machine, agent, deps } = await clientNode(t);
  await reconcileOnce(agent);
  machine.coordinator.away = true;
  writeFileSync(join(machine.paths.etcDir, 'ca.pem'), 'damaged');
  const { complete } = await reconcileOnce(await openAgent(deps));
  t.ok(complete);
  t.equal(textOf(machine, 'ca.pem'), machine.desired().trust.client);
});

t.test('a client stays one: the desired state of a member is refused, and that is reported', async (t) => {
  const { machine, agent } = await clientNode(t);
  await reconcileOnce(agent);
  machine.coordinator.offer(machine.desired({ generation: 8 }));
  await fetchDesiredState(agent, 0);
  const { applied, status } = await reconcileOnce(agent);
  t.strictSame(applied.done, []);
  t.strictSame(status.agent.waits, [reason('other_kind_offered', { offered: 'member', own: 'client' })]);
});

t.test('no service of this machine can be started or stopped for a client', async (t) => {
  await t.rejects(noInit.start(), { code: 'init_system_unsupported' });
  await t.rejects(noInit.stop(1), { code: 'init_system_unsupported' });
  t.strictSame(await noInit.state(), { kind: 'absent' });
});
