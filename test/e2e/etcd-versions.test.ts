import { existsSync } from 'node:fs';
import { chmod, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { minorOf } from '@picket/shared/etcd-version.ts';
import t from 'tap';
import { type EtcdBinaries, ensureEtcd, ensureLaterEtcd } from '../support/etcd-binaries.ts';
import { differencesOf } from '../support/etcd-differences.ts';
import { etcdPids } from '../support/etcd-processes.ts';
import type { Fleet, Machine } from '../support/fleet.ts';
import { cluster, fleetOf } from '../support/fleet-of-test.ts';
import { printedError } from '../support/printed-error.ts';
import { isReason } from '../support/told.ts';
import { until } from '../support/until.ts';

t.test('versions of etcd', async (t) => {
  const [etcd, later] = [await ensureEtcd(), await ensureLaterEtcd()];
  const otherMinor = minorOf(etcd.version) === '3.6' ? '3.5.30' : '3.6.4';
  const fleet = await fleetOf(t, { members: 2 });
  const [first, second] = fleet.machines as [Machine, Machine];
  const installed = join(fleet.folder, 'etcd');
  await install(etcd, installed);
  await useBinary(first, installed);
  const token = await fleet.joinString(cluster, '--uses', '2');
  t.equal((await first.join(token)).code, 0);
  first.startAgent();
  await until('it serves alone', async () => (await statusOf(fleet, first))?.etcd?.healthy === true, {
    within: 60_000,
    every: 1000,
  });

  await t.test(
    'the status shows the format of its data, and that it compares its data, if its version says so',
    async (t) => {
      const { saysStorage, saysHashCheck } = differencesOf(etcd.version);
      const wanted = {
        storageVersion: saysStorage ? `${minorOf(etcd.version)}.0` : undefined,
        hashCheck: saysHashCheck === 'in-metrics' ? true : undefined,
      };
      const shown = async () => {
        const status = await statusOf(fleet, first);
        return { storageVersion: status?.etcd?.storageVersion, hashCheck: status?.machine.hashCheck };
      };
      await until('it is shown', async () => isDeepStrictEqual(await shown(), wanted), {
        within: 120_000,
        every: 1000,
      });
      t.strictSame(await shown(), wanted);
    },
  );

  await t.test('a machine with another minor version cannot join, and nothing is left of the attempt', async (t) => {
    const other = join(fleet.folder, 'etcd-of-another-minor');
    await writeFile(other, `#!/bin/sh\necho "etcd Version: ${otherMinor}"\n`);
    await chmod(other, 0o755);
    await useBinary(second, other);
    const refused = await second.join(token);
    t.equal(refused.code, 1);
    const minor = minorOf(etcd.version);
    const facts = { version: otherMinor, cluster, runs: minor, minor };
    t.same(printedError(refused.stderr), { code: 'etcd_minor_differs', facts });
    t.match(refused.stderr, `put an etcd ${minor} where etcdBinary`, 'what helps on this machine');
    t.notOk(existsSync(second.stateDir));
    await useBinary(second, etcd.etcd);
    t.equal((await second.join(token)).code, 0, 'the token was not spent');
  });

  if (later === undefined || later.version === etcd.version || minorOf(later.version) !== minorOf(etcd.version)) {
    t.comment(`there is no later etcd of ${minorOf(etcd.version)} to upgrade to`);
    return;
  }

  await t.test('R2: an upgrade under a running etcd is shown, and restarts it by permit alone', async (t) => {
    const pids = await etcdPids(first);
    await install(later, installed);
    const notice = { member: first.name, installed: later.version, runs: etcd.version };
    const isShown = async () => {
      const { notices, waitsFor } = await fleet.status(cluster);
      return (
        notices.some(isReason('restart_brings_version', notice)) && waitsFor.some(isReason('restart_needs_downtime'))
      );
    };
    await until('status tells it, and the wait for leave', isShown, { within: 60_000, every: 1000 });
    t.same(await etcdPids(first), pids, 'a cluster of one is not restarted unasked');
    t.equal((await fleet.picket('cluster', 'set', cluster, 'allowDowntime=true')).code, 0);
    const isRestarted = async () => {
      const status = await statusOf(fleet, first);
      return status?.etcd?.version === later.version && !status.service.restartPending;
    };
    await until('it runs the later one, and no restart is pending', isRestarted, { within: 120_000, every: 1000 });
    t.notSame(await etcdPids(first), pids);
  });
});

/** Puts a version in place, as a package manager does: under a running etcd, by another file of the same name. */
async function install({ etcd }: EtcdBinaries, at: string): Promise<void> {
  await symlink(etcd, `${at}.new`);
  await rename(`${at}.new`, at);
}

async function useBinary({ configFile }: Machine, binary: string): Promise<void> {
  const config = await readFile(configFile, 'utf8');
  await writeFile(configFile, config.replace(/^etcdBinary: .*$/m, `etcdBinary: ${binary}`));
}

async function statusOf(fleet: Fleet, { name }: Machine) {
  return (await fleet.status(cluster)).members.find((member) => member.name === name)?.status;
}
