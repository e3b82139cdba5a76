import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { type ReasonCode, reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { etcdPid } from '../lab/installing.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { joinAll, labOf } from '../lab/lab-of-test.ts';
import { cluster, hosts } from '../lab/names.ts';
import { patchIsMinor } from '../lab/seam.ts';
import { ensureEtcd, ensureLaterEtcd } from '../support/etcd-binaries.ts';
import { type Coded, tellsOf } from '../support/told.ts';
import { until } from '../support/until.ts';

const [etcd, later] = [await ensureEtcd(), await ensureLaterEtcd()];
const binary = '/usr/bin/etcd';
/** What Alpine's next release brings; it tells its version, and notes that it was started. */
const stub = `#!/bin/sh
[ "$1" = --version ] && echo 'etcd Version: 3.6.11' && exit
touch /var/log/etcd/stub-started
`;

const storeOf = (version: string) => `/opt/etcd-${version}`;
const patience = { within: 120_000, every: 500 };

/** A cluster of this version, on hosts that have the other one and the stub at hand. */
async function clusterOf(t: Test, own: string): Promise<Lab> {
  const lab = await labOf(t, { seam: patchIsMinor });
  const layer = (path: string) => join(lab.folder, 'layer', path);
  await mkdir(layer('opt'), { recursive: true });
  await mkdir(layer(dirname(binary)), { recursive: true });
  for (const one of [etcd, later]) {
    if (one === undefined) continue;
    await copyFile(one.etcd, layer(storeOf(one.version)));
    if (one.version === own) await copyFile(one.etcd, layer(binary));
  }
  await writeFile(layer(storeOf('stub')), stub);
  await chmod(layer(storeOf('stub')), 0o755);
  await lab.createCluster();
  await joinAll(lab);
  await lab.healthy();
  return lab;
}

/** As a package manager does: by another file of the same name. */
async function install(host: LabHost, version: string): Promise<void> {
  await host.must(`cp ${storeOf(version)} ${binary}.new && mv ${binary}.new ${binary}`);
}

function reports(lab: Lab, host: LabHost, what: string, holds: (status: MemberStatus) => boolean) {
  let last = '';
  const look = async () => {
    const status = (await lab.status()).members.find(({ name }) => name === host.name)?.status;
    last = JSON.stringify({ service: status?.service, waits: status?.agent.waits });
    return status != null && holds(status);
  };
  return until(`${host.name} ${what}`, look, { ...patience, lastSeen: () => last });
}

type MemberStatus = NonNullable<Awaited<ReturnType<Lab['status']>>['members'][number]['status']>;

const heldBack = (lab: Lab, host: LabHost) =>
  reports(lab, host, 'is held back', ({ service }) => service.state === 'held-back');
const serves = (lab: Lab, host: LabHost) => reports(lab, host, 'serves', ({ etcd }) => etcd?.healthy === true);

function waitsFor(lab: Lab, code: ReasonCode, facts: object) {
  let last: readonly Coded[] = [];
  const look = async () => {
    last = (await lab.status()).waitsFor;
    return last.some(tellsOf(code, facts));
  };
  return until(`status waits for ${code}`, look, { ...patience, lastSeen: () => JSON.stringify(last) });
}

function guardWaits(host: LabHost) {
  const look = async () => (await host.processes()).some(({ command }) => command.includes('/etcd-guard '));
  return until(`the guard waits on ${host.name}`, look, patience);
}

async function direction(t: Test, own: string, other: string): Promise<void> {
  const lab = await clusterOf(t, own);
  const [first, second, third] = hosts.map(({ name }) => lab.host(name)) as [LabHost, LabHost, LabHost];
  await until('a key is written', async () => (await first.etcdctl('put', 'kept', 'yes')).code === 0, patience);

  await t.test('R17 `cluster set` restarts nothing into another minor version', async (t) => {
    for (const host of lab.hosts) await install(host, other);
    const pids = await Promise.all(lab.hosts.map(etcdPid));
    for (const host of lab.hosts)
      await reports(lab, host, 'has it', ({ service }) => service.etcdVersion === other && service.reason !== null);
    t.equal((await lab.picket('cluster', 'set', cluster, 'heartbeatIntervalMs=150')).code, 0);
    await waitsFor(lab, 'minor_installed_before_revision', { minor: own, revision: 2 });
    t.strictSame(await Promise.all(lab.hosts.map(etcdPid)), pids);
    const told = await first.must('picket-agent status');
    t.match(told, inWords(reason('minor_would_change', { minor: own, installed: other, remedy: null })));
  });

  await t.test('R17 nor does the supervisor that brings back an etcd which was killed', async (t) => {
    await second.must('kill -9 $(pidof etcd)');
    await heldBack(lab, second);
    t.equal(await etcdPid(second), undefined);
    const told = (await lab.picket('status', cluster)).stdout;
    t.match(told, `${second.name}: etcd is held back`);
    const wait = reason('minor_to_install', { minor: own, installed: other, remedy: null, begins: false });
    t.match(await second.must('picket-agent status'), inWords(wait));
    await install(second, own);
    await serves(lab, second);
  });

  await t.test('R17 nor does a boot, and without the agent the right one is started once it is back', async (t) => {
    await third.must('rc-update del picket-agent default && sync -f /');
    await third.powerOff();
    await third.boot();
    await guardWaits(third);
    t.equal(await etcdPid(third), undefined);
    await install(third, own);
    await until('it serves', async () => (await third.etcdctl('endpoint', 'health')).code === 0, patience);
    await third.startAgent();
    await serves(lab, third);
  });

  await t.test('R17 nor does a new incarnation begin with it', async (t) => {
    await install(third, other);
    await reports(lab, third, 'has it', ({ service }) => service.etcdVersion === other);
    t.equal((await lab.picket('member', 'replace', cluster, third.name, '--yes')).code, 0);
    const why = { code: 'other_minor_installed', facts: { minor: own, installed: other } };
    await waitsFor(lab, 'of_member', { member: third.name, why });
    await until('its former etcd has ended', async () => (await etcdPid(third)) === undefined, patience);
    await install(third, own);
    await serves(lab, third);
  });

  await t.test('R17 nor is an etcd 3.6 started, at a boot or by a restart of the service', async (t) => {
    await install(first, 'stub');
    await first.powerOff();
    await first.boot();
    await heldBack(lab, first);
    await first.must('rc-service etcd restart');
    await guardWaits(first);
    t.equal(await etcdPid(first), undefined);
    t.not((await first.run('test -e /var/log/etcd/stub-started')).code, 0);
    await install(first, own);
    await serves(lab, first);
  });

  await t.test('with the right one back all goes on, and nothing was lost', async (t) => {
    await until(
      'all have the new settings',
      async () =>
        (
          await Promise.all(lab.hosts.map((host) => host.run('grep -q "heartbeat-interval: 150" /etc/etcd/conf.yml')))
        ).every(({ code }) => code === 0),
      { ...patience, within: 240_000 },
    );
    await lab.healthy();
    t.match((await first.etcdctl('get', 'kept')).stdout, 'yes');
    for (const host of lab.hosts) {
      const log = await host.must('cat /var/log/etcd/etcd.log');
      t.match(log, `"etcd-version":"${own}"`);
      t.notMatch(log, `"etcd-version":"${other}"`, `${host.name} has never started ${other}`);
    }
  });
}

t.test('etcd is never started in another minor version', { ...labNeeded, timeout: 1_200_000 }, async (t) => {
  if (later === undefined || later.version === etcd.version) {
    t.comment(`there is no etcd beside ${etcd.version}`);
    return;
  }
  const { version } = later;
  await t.test(`${version} in the place of ${etcd.version}`, (t) => direction(t, etcd.version, version));
  await t.test(`${etcd.version} in the place of ${version}`, (t) => direction(t, version, etcd.version));
});
