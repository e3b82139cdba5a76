import { copyFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import t, { type Test } from 'tap';
import { ensureDebian12 } from '../lab/debian-12.ts';
import { type Shell, shellOn } from '../lab/debian-shell.ts';
import { lineOf } from '../lab/installing.ts';
import type { Lab } from '../lab/lab.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { labOf } from '../lab/lab-of-test.ts';
import { binaryOf, patienceMs } from '../lab/moving.ts';
import { cluster, hosts } from '../lab/names.ts';
import { cable, giveAddress } from '../lab/network.ts';
import { type SystemdMachine, startSystemdMachine, systemdNeeded } from '../lab/systemd-machine.ts';
import { alteredRelease } from '../support/altered-release.ts';
import { ensureEtcd } from '../support/etcd-binaries.ts';
import { printedError } from '../support/printed-error.ts';
import { until } from '../support/until.ts';

const [, , { name: member, address }] = hosts;

/** A Debian 12 in the place of the lab's third board, with a Node.js that the agent runs with: its own is too old. */
async function debian12In(t: Test, lab: Lab): Promise<SystemdMachine> {
  const { outside, coordinator } = lab;
  await cable(outside, member).plugIn();
  await giveAddress(outside, member, address);
  const network = outside.seen(join('/run/netns', member));
  const machine = await startSystemdMachine({ system: await ensureDebian12(), network });
  t.teardown(() => machine.end());
  await copyFile(process.execPath, machine.seen('/usr/local/bin/node'));
  await copyFile(join(lab.folder, 'install/picket-agent.cjs'), join(machine.folder, 'picket-agent.cjs'));
  t.teardown(async () => {
    if (t.passing()) return;
    t.comment((await machine.run('/usr/bin/journalctl', '--lines=80', '--no-pager')).stdout);
    t.comment((await coordinator.picket('status', cluster)).stdout);
  });
  return machine;
}

/** What systemd runs as `etcd`, and every etcd that runs beside it. */
async function etcdOn({ must }: Shell) {
  const pids = (await must('pidof etcd || true')).split(' ').filter((pid) => pid !== '');
  const binaries = await Promise.all(pids.map((pid) => must(`readlink /proc/${pid}/exe`)));
  const unit = await must('systemctl show etcd --property=FragmentPath,ActiveState,UnitFileState');
  return { binaries, unit: unit.split('\n').sort() };
}

t.test('a Debian 12 whose package has etcd 3.4', { ...labNeeded, ...systemdNeeded }, async (t) => {
  const lab = await labOf(t, { blank: true });
  const release = await alteredRelease(lab.folder, await ensureEtcd());
  await lab.createCluster({ advertise: 'ip' });
  const machine = await debian12In(t, lab);
  const shell = shellOn(machine);
  const { run, must } = shell;
  const agent = `node ${machine.folder}/picket-agent.cjs`;
  const line = (await lineOf(lab, '--uses', '1')).replace('sh "$f"', `sh "$f" --name ${member}`);

  await t.test('R13: the etcd that the package has started is named, and goes on', async (t) => {
    await until('the etcd of the package runs', () => must('etcdctl endpoint health'));
    const before = await etcdOn(shell);
    t.strictSame(before.binaries, ['/usr/bin/etcd']);
    const { code, stderr } = await run(line);
    t.equal(code, 1);
    t.match(stderr, /^error: this machine has an etcd already:$/m);
    t.strictSame(await etcdOn(shell), before);
    // As docs/how-to/install-a-node.md says.
    await must('systemctl disable --now etcd && mv /var/lib/etcd/default /root/former-etcd');
  });

  await t.test('its preflight names the etcd, and refuses nothing', async (t) => {
    const { code, stdout, stderr } = await run(`${agent} preflight`);
    t.equal(code, 0, stderr);
    t.match(
      stdout,
      /^! etcd: Picket needs etcd 3\.5\.0 or later, and the etcd at \/usr\/bin\/etcd is version 3\.4\.\d+\.$/m,
    );
    t.match(stdout, /^This machine can join as /m);
  });

  await t.test('a cluster that takes the package refuses it, and names a way that works here', async (t) => {
    const before = await shell.state();
    const { code, stderr } = await run(line);
    t.equal(code, 1);
    t.match(printedError(stderr), { code: 'etcd_too_old' });
    t.match(stderr, 'the join token was not used');
    t.strictSame(await shell.state(), before);
    t.notMatch(stderr, 'apt-get', 'Debian 12 has no later etcd');
    const sums = join(dirname(release.file), 'SHA256SUMS');
    await writeFile(sums, `${release.sha256}  ${basename(release.file)}\n`);
    const values = { FILE: release.file, SHA256SUMS: sums, CLUSTER: cluster, VERSION: release.version };
    const commands = [...stderr.matchAll(/`picket ([^`]+)`/g)].map(([, words = '']) => words);
    t.equal(commands.length, 2);
    for (const command of commands) {
      const words = command.replaceAll(/[A-Z0-9]{4,}/g, (name) => values[name as keyof typeof values] ?? name);
      const done = await lab.picket(...words.split(' '));
      t.equal(done.code, 0, done.stderr);
    }
  });

  const boards = lab.hosts.filter(({ name }) => name !== member);
  await t.test('two boards with the package run the release', async (t) => {
    const two = await lineOf(lab, '--uses', '2');
    t.match(two, / sh "\$f" --release;/, 'it would install no package');
    await Promise.all(
      boards.map(async (host) => {
        await host.boot();
        const { code, stdout, stderr } = await host.run(two.replace(' --release', ''));
        t.equal(code, 0, stdout + stderr);
        t.match(await binaryOf(host), `/releases/${release.version}-`);
      }),
    );
  });

  const runsRelease = async (t: Test) => {
    await lab.healthy(patienceMs);
    const { members } = await lab.status();
    for (const { name, status } of members) t.equal(status?.etcd?.version, release.version, name);
    const expected = ['ActiveState=active', 'FragmentPath=/etc/systemd/system/etcd.service', 'UnitFileState=enabled'];
    // dpkg disables a service whose package goes, and the agent enables it when it looks next.
    const found = await until('the service is as the agent has made it', async () => {
      const { binaries, unit } = await etcdOn(shell);
      return isDeepStrictEqual(unit, expected) && binaries;
    });
    t.match(found, [new RegExp(`^/var/lib/picket/releases/${release.version}-\\w+/etcd$`)], 'and no etcd beside it');
    t.equal(await must('ls -A /var/lib/etcd 2>/dev/null || true'), '', 'the etcd of the package has not run');
    const said = await must("sh -lc 'etcdctl version; etcdutl version; etcdctl endpoint health' 2>&1");
    t.match(said, `etcdctl version: ${release.version}`, 'root’s shell');
    t.match(said, `etcdutl version: ${release.version}`);
    t.match(said, 'is healthy');
  };

  await t.test('the line that was refused makes it a voter that serves with the release', async (t) => {
    const { code, stdout, stderr } = await run(line);
    t.equal(code, 0, stdout + stderr);
    t.match(stdout, `✓ etcd: ${release.version}, a release that the agent fetches from the coordinator`);
    t.match(stdout, `✓ ${member} is a voter and serves`);
    await runsRelease(t);
    const again = await must('picket-agent preflight');
    t.match(again, `✓ etcd: ${release.version}, a release that the coordinator hands out`);
  });

  await t.test('after a boot it serves with the release again', async (t) => {
    await machine.powerCycle();
    await runsRelease(t);
  });
  await t.test('R2: dpkg restarts no etcd when it configures the package again', async (t) => {
    const before = await shell.etcdPid();
    await must('dpkg-reconfigure --frontend noninteractive etcd-server');
    t.equal(await shell.etcdPid(), before);
  });

  await t.test('R10: without its package, which it does not need, it goes on, and comes back at a boot', async (t) => {
    const before = await shell.etcdPid();
    await must('dpkg --purge etcd-server etcd-client');
    t.equal(await shell.etcdPid(), before);
    await runsRelease(t);
    await machine.powerCycle();
    await runsRelease(t);
  });
});
