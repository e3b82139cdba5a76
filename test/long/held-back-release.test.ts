import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { etcdPid } from '../lab/installing.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabHost } from '../lab/lab-host.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { joinAll, labOf } from '../lab/lab-of-test.ts';
import { added, binaryOf, patienceMs } from '../lab/moving.ts';
import { cluster } from '../lab/names.ts';
import { type Alteration, alteredRelease, nextOf } from '../support/altered-release.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { tellsOf } from '../support/told.ts';
import { until } from '../support/until.ts';

const etcd = await ensureEtcd();
const binary = '/usr/bin/etcd';
const later = '3.9.1';
/** What an upgrade of the system brings; it tells its version, and notes that it was started. */
const stub = `#!/bin/sh
[ "$1" = --version ] && echo 'etcd Version: ${later}' && exit
touch /var/log/etcd/stub-started
`;
const patience = { within: patienceMs, every: 500 };

/** A cluster with a key in it, whose boards were upgraded and then lost their power: none of these etcds may start. */
async function heldBack(t: Test, upgraded: readonly number[]): Promise<Lab> {
  const lab = await labOf(t);
  const layer = (path: string) => join(lab.folder, 'layer', path);
  for (const path of ['opt', dirname(binary)]) await mkdir(layer(path), { recursive: true });
  await copyFile(etcd.etcd, layer(binary));
  await writeFile(layer('/opt/stub'), stub);
  await chmod(layer('/opt/stub'), 0o755);
  await lab.createCluster();
  await joinAll(lab);
  await lab.healthy(patienceMs);
  const [first] = lab.hosts as [LabHost];
  await until('a key is written', async () => (await first.etcdctl('put', 'kept', 'yes')).code === 0, patience);
  const hosts = upgraded.map((index) => lab.hosts[index] as LabHost);
  for (const host of hosts) await host.must(`cp /opt/stub ${binary}.new && mv ${binary}.new ${binary} && sync -f /`);
  await Promise.all(
    hosts.map(async (host) => {
      await host.powerOff();
      await host.boot();
    }),
  );
  for (const host of hosts)
    await until(
      `${host.name} is held back`,
      async () => (await serviceOf(lab, host))?.state === 'held-back' && (await etcdPid(host)) === undefined,
      patience,
    );
  return lab;
}

async function serviceOf(lab: Lab, host: LabHost) {
  return (await lab.status()).members.find(({ name }) => name === host.name)?.status?.service;
}

/** The store has it, and it is wanted. */
async function wanted(t: Test, lab: Lab, version: string, how: Alteration): Promise<void> {
  await added(t, lab, await alteredRelease(lab.folder, etcd, version, how));
  const set = await lab.picket('cluster', 'set', cluster, `etcd=release:${version}`);
  t.equal(set.code, 0, set.stderr);
}

/** All serve with this version, as one after another was given it, and nothing was lost. */
async function revived(t: Test, lab: Lab, version: string): Promise<void> {
  let seen = '';
  const all = async () => {
    const { members, state } = await lab.status();
    seen = JSON.stringify({ state, services: members.map(({ status }) => status?.service) });
    return state === 'healthy' && members.every(({ status }) => status?.etcd?.version === version);
  };
  await until(`all members run etcd ${version}`, all, { ...patience, lastSeen: () => seen });
  const [first] = lab.hosts as [LabHost];
  t.match((await first.etcdctl('get', 'kept')).stdout, 'yes');
  for (const host of lab.hosts) {
    t.match(await binaryOf(host), `/var/lib/picket/releases/${version}-`);
    t.not((await host.run('test -e /var/log/etcd/stub-started')).code, 0, `${host.name} has never started ${later}`);
  }
}

/** What members were given and have shown, in its order. */
async function steps(lab: Lab): Promise<readonly string[]> {
  const { stdout } = await lab.picket('events', cluster, '--limit', '200', '--output', 'json');
  const { items } = JSON.parse(stdout) as { readonly items: readonly Step[] };
  return items
    .filter(({ kind }) => kind === 'release-configuration' || kind === 'confirm-configuration')
    .toSorted((one, other) => one.id - other.id)
    .map(({ kind }) => kind);
}

interface Step {
  readonly id: number;
  readonly kind: string;
}

t.test(
  'R6, R17 a release revives a cluster whose packages all moved to another minor version',
  labNeeded,
  async (t) => {
    const lab = await heldBack(t, [0, 1, 2]);
    const version = nextOf(etcd.version);
    t.match((await lab.picket('status', cluster)).stdout, `picket cluster set ${cluster} etcd=release:`);

    const broken = nextOf(version);
    await wanted(t, lab, broken, 'exits at once');
    await until('the rollout has stopped', async () => tellsOf('rollout_stopped')(await lab.status()), patience);
    const services = await Promise.all(lab.hosts.map((host) => serviceOf(lab, host)));
    t.equal(services.filter((service) => service?.release === broken).length, 1, 'one member was touched');

    await wanted(t, lab, version, 'serves');
    await revived(t, lab, version);
    const each = ['release-configuration', 'confirm-configuration'];
    await until('the last one has shown it', async () => (await steps(lab)).length >= 7, patience);
    t.strictSame(await steps(lab), ['release-configuration', ...each, ...each, ...each]);

    const [first] = lab.hosts as [LabHost];
    await first.must('kill -9 $(pidof etcd)');
    await until('it runs again', async () => (await etcdPid(first)) !== undefined, patience);
    await Promise.all(
      lab.hosts.map(async (host) => {
        await host.powerOff();
        await host.boot();
      }),
    );
    await revived(t, lab, version);
  },
);

t.test('R17 a release starts a member again whose package moved, beside two that serve', labNeeded, async (t) => {
  const lab = await heldBack(t, [2]);
  const version = nextOf(etcd.version);
  await wanted(t, lab, version, 'serves');
  await revived(t, lab, version);
});
