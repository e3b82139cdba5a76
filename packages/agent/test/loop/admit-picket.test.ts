import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCredential } from '@picket/shared/pki/credential.ts';
import t, { type Test } from 'tap';
import { fetchDesiredState } from '../../src/coordinator/poll.ts';
import { openAgent } from '../../src/loop/agent.ts';
import { reconcileOnce } from '../../src/loop/reconcile-once.ts';
import { testMachine } from '../machine.ts';

const order = { id: 'order0000001', kind: 'admit-picket', validForSeconds: 90, deadlineSeconds: 60 } as const;

/** A founder whose etcd keeps its agent out, with the order to make Picket's user. */
async function admitting(t: Test) {
  const machine = await testMachine(t);
  const { deps, coordinator, etcd, desired, paths } = machine;
  const agent = await openAgent(deps);
  coordinator.offer(desired());
  await fetchDesiredState(agent, 0);
  await reconcileOnce(agent);
  Object.assign(etcd, { answer: null, answersReads: true, authenticationOn: true });
  coordinator.offer(desired({ generation: 8, maintenance: order }));
  await fetchDesiredState(agent, 0);
  return { machine, agent, path: join(paths.stateDir, 'etcd-root.pem') };
}

t.test('R11 the key of etcd’s root exists only while Picket’s user is made', async (t) => {
  const { machine, agent, path } = await admitting(t);
  let seen: object = {};
  machine.etcd.onAdmit = async (root) => {
    const { certificate } = readCredential(readFileSync(root, 'utf8'));
    seen = { root, mode: statSync(root).mode & 0o777, commonName: certificate.commonName };
  };
  const { status } = await reconcileOnce(agent);
  t.match(status.lastMaintenance, { outcome: 'done', reason: { code: 'picket_admitted' } });
  t.strictSame(seen, { root: path, mode: 0o600, commonName: 'root' });
  t.notOk(existsSync(path));
});

t.test('R11 it is deleted too if etcd refuses', async (t) => {
  const { machine, agent, path } = await admitting(t);
  machine.etcd.onAdmit = async () => {
    throw new Error('etcd says no');
  };
  t.match((await reconcileOnce(agent)).status.lastMaintenance, { outcome: 'failed' });
  t.notOk(existsSync(path));
});

t.test('R11 the next agent deletes what a killed one left', async (t) => {
  const { machine, path } = await admitting(t);
  writeFileSync(path, 'key');
  await openAgent(machine.deps);
  t.notOk(existsSync(path));
});

t.test('R8 an agent that etcd lets in carries no such order out', async (t) => {
  const { machine, agent } = await admitting(t);
  machine.etcd.authenticationOn = false;
  t.equal((await reconcileOnce(agent)).status.lastMaintenance, undefined);
  t.strictSame(machine.etcd.calls, []);
});
