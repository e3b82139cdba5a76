import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DiagnosisView } from '@picket/shared/protocol/diagnosis.ts';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Machine } from '../support/fleet.ts';
import { cluster, fleetOf, healthy, joinAll } from '../support/fleet-of-test.ts';
import { until } from '../support/until.ts';

const { etcd } = await ensureEtcd();

t.test('an etcd that runs on the data of another cluster: the coordinator names the cause by its log', async (t) => {
  const fleet = await fleetOf(t);
  await joinAll(fleet);
  await healthy(fleet);
  const ill = fleet.machine('x-k3s-m-3');
  const service = async () =>
    (await fleet.status(cluster)).members.find(({ name }) => name === ill.name)?.status?.service;
  const diagnosis = async () =>
    JSON.parse((await fleet.picket('diagnose', cluster, '--output', 'json')).stdout) as DiagnosisView;
  t.equal((await service())?.logFacts, undefined, 'an etcd that serves has none');

  await powerOff(ill);
  const [incarnation = ''] = await readdir(join(ill.stateDir, 'etcd'));
  const data = join(ill.stateDir, 'etcd', incarnation, 'member');
  const own = join(fleet.folder, 'own');
  await rename(data, own);
  await foundAgain(t, ill, data);
  ill.startAgent();
  let seen: DiagnosisView | null = null;
  const finding = await until(
    'the diagnosis names the cause',
    async () => {
      seen = await diagnosis();
      return seen.findings.find(({ cause }) => cause.code === 'cause_other_cluster');
    },
    { within: 120_000, every: 1000, lastSeen: () => JSON.stringify(seen) },
  );
  t.match(finding, {
    members: [ill.name],
    proof: [{ code: 'etcd_saw_other_cluster', from: 'etcd-log', about: ill.name, at: String }],
    effects: [{ code: 'cause_voter_down' }],
  });
  // What an etcd that has not ended says was not known before.
  t.match(await service(), {
    ...{ state: 'running', restarts: 0, lastLog: [] },
    logFacts: [{ reason: { code: 'etcd_saw_other_cluster', facts: { own: String, other: String } } }],
  });

  await powerOff(ill);
  await rm(data, { recursive: true });
  await rename(own, data);
  ill.startAgent();
  await healthy(fleet);
  t.equal((await service())?.logFacts, undefined, 'it serves again');
  t.strictSame((await diagnosis()).findings, []);
});

/** As if the machine had lost its power: of the etcd that ran before the boot nothing is known afterwards. */
async function powerOff(machine: Machine): Promise<void> {
  await machine.stopAgent('SIGKILL');
  for (const pid of await etcdPids(machine)) process.kill(pid, 'SIGKILL');
  await until('its etcd has ended', async () => (await etcdPids(machine)).length === 0, { within: 10_000 });
  await rm(join(machine.stateDir, 'run/etcd.process.json'));
}

/** As somebody does who founds it once more by hand: the data of a member that waits for the others in another cluster. */
async function foundAgain(t: Test, { etcDir }: Machine, to: string): Promise<void> {
  const folder = t.testdir();
  const log = join(folder, 'etcd.log');
  const changed = {
    'data-dir': join(folder, 'data'),
    'initial-cluster-token': 'other',
    'initial-cluster-state': 'new',
    'log-outputs': [log],
  };
  const conf = parse(await readFile(join(etcDir, 'conf.yml'), 'utf8')) as object;
  // JSON is YAML too.
  await writeFile(join(folder, 'conf.yml'), JSON.stringify({ ...conf, ...changed }));
  const other = spawn(etcd, ['--config-file', join(folder, 'conf.yml')], { stdio: 'ignore' });
  t.teardown(() => other.kill('SIGKILL'));
  const said = () => readFile(log, 'utf8').catch(() => '');
  await until('it waits for the others', async () => (await said()).includes('starting a new election'), {
    within: 60_000,
  });
  other.kill('SIGKILL');
  await once(other, 'exit');
  await cp(join(folder, 'data/member'), to, { recursive: true });
}
