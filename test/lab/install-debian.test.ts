import { rm, writeFile } from 'node:fs/promises';
import { failure } from '@picket/shared/errors.ts';
import t from 'tap';
import { until } from '../support/until.ts';
import { coordinatorFor, member } from './debian-coordinator.ts';
import { shellOn } from './debian-shell.ts';
import { archives, ensureDebianSystem } from './debian-system.ts';
import { bareLine, lineOf } from './installing.ts';
import { cluster } from './names.ts';
import { startSystemdMachine, systemdNeeded } from './systemd-machine.ts';

const kept = '/var/lib/picket/installer/install.sh';

const whatItDoes = `
  for p in /proc/[0-9]*; do echo "$p $(cat $p/wchan 2>/dev/null) $(tr '\\0' ' ' <$p/cmdline)"; done | grep -v ' $'
  cat /proc/locks; tail -n 20 /tmp/picket-install.*/packages.log`;

const holdsLock = `
  open my $lock, ">", "/var/lib/dpkg/lock-frontend" or die;
  my $whole = pack "s s x![q] q q l x![q]", F_WRLCK, 0, 0, 0, 0;
  fcntl $lock, F_SETLK, $whole or die;
  select undef, undef, undef, 0.05 until -e "/run/release"`;

t.test('the line on a Debian with systemd', systemdNeeded, async (t) => {
  const machine = await startSystemdMachine({ system: await ensureDebianSystem() });
  t.teardown(() => machine.end());
  const { run, must, state, etcdPid } = shellOn(machine);
  t.teardown(async () => {
    if (!t.passing()) t.comment((await run(whatItDoes)).stdout);
  });
  const sources = machine.seen('/etc/apt/sources.list');
  const coordinator = await coordinatorFor(t, machine);
  const line = await lineOf(coordinator, '--uses', '3');

  await t.test('with a Node.js that is too old it refuses and leaves the machine as it was', async (t) => {
    await writeFile(sources, archives.debian);
    const before = await state();
    const { code, stdout, stderr } = await run(line);
    t.equal(code, 1, stdout);
    t.match(stderr, /^error: Debian offers Node\.js 20\.19\.2\+dfsg-1 here, and the agent needs 22\.19 or later$/m);
    t.match(
      stderr,
      /^hint: .* let the coordinator hand one out .*, or install Node\.js 22\.19 or later .* Then paste the install command again\.$/m,
    );
    t.strictSame(await state(), before);
    const dry = await run(line.replace('sh "$f"', 'sh "$f" --dry-run'));
    t.equal(dry.code, 1, 'nor does a dry run promise it');
    t.match(dry.stderr, /^error: Debian offers Node\.js 20\.19/m);
  });

  await writeFile(sources, archives.debian + archives.newerNode);
  const before = await state();

  await t.test('a join that fails takes everything back, with the packages and what they needed', async (t) => {
    // As a fresh system updates its packages automatically, just when somebody wants to install one.
    const other = run(`perl -MFcntl -e '${holdsLock}'`);
    const installing = run(line.replace('sh "$f"', 'sh "$f" --name stranger'));
    const waits = () => must('grep -h lock-frontend /tmp/picket-install.*/packages.log');
    await until('apt waits for the other', waits, { within: 60_000 });
    await must('touch /run/release');
    t.equal((await other).code, 0);
    const { code, stdout, stderr } = await installing;
    t.equal(code, 1, stdout);
    t.match(stdout, /^✓ installed nodejs etcd-server etcd-client systemd-timesyncd$/m);
    t.match(stderr, failure('member_not_declared', { cluster, member: 'stranger', declared: member }).message);
    t.match(stderr, /^This machine is as it was\.$/m);
    t.strictSame(await state(), before);
  });

  await t.test('power that fails amid the packages starts no etcd, and needs the line once more', async (t) => {
    // When dpkg has just done its work, and nothing after that.
    const hook = machine.seen('/etc/apt/apt.conf.d/held');
    await writeFile(hook, 'DPkg::Post-Invoke {"touch /run/held; sleep infinity";};\n');
    const cut = run(line);
    await until('the packages are installed', () => must('ls /run/held'), { within: 60_000 });
    await rm(hook);
    await machine.powerCycle();
    await coordinator.stop();
    t.not((await cut).code, 0);
    t.match(await must('dpkg --status etcd-server'), /^Status: install ok installed$/m);
    t.equal((await run('pidof etcd')).code, 1);
    await coordinator.start();
    const purge = await run(await bareLine(coordinator, '--purge', '--dry-run'));
    t.match(purge.stdout, /^would remove \/etc\/systemd\/system\/etcd\.service$/m, 'a purge leaves no mask either');
    t.match(purge.stdout, /^would remove the package etcd-server$/m);
  });

  await t.test('the line makes it a member that serves', async (t) => {
    const { code, stdout, stderr } = await run(line);
    t.equal(code, 0, stdout + stderr);
    t.match(stdout, new RegExp(`^✓ ${member} is a voter and serves$`, 'm'));
    const healthy = async () => (await coordinator.picket('status', cluster)).stdout.includes(`${cluster}: healthy`);
    await until('the cluster is healthy', healthy, { within: 60_000, every: 500 });
    for (const unit of ['picket-agent', 'etcd'])
      t.same((await must(`systemctl is-enabled ${unit}; systemctl is-active ${unit}`)).split('\n'), [
        'enabled',
        'active',
      ]);
    t.equal((await run('ls /var/lib/picket/replaced')).code, 2, 'nothing was there that it had to replace');
    t.equal(await must('ls -A /var/lib/etcd'), '', 'the etcd of the package never ran');
  });

  await t.test('R2: the scripts of its package do not restart it', async (t) => {
    const policy = '/usr/sbin/policy-rc.d';
    const pid = await etcdPid();
    await must('dpkg-reconfigure --frontend noninteractive etcd-server');
    t.equal(await etcdPid(), pid);
    t.equal((await run(`${policy} etcd stop`)).code, 101);
    t.equal((await run(`${policy} systemd-timesyncd.service restart`)).code, 0, 'other services are not concerned');
    await must(`mv ${policy} /root/ && echo '#!/bin/sh' >${policy}`);
    const { code, stdout, stderr } = await run(line.replace('sh "$f"', 'sh "$f" --dry-run'));
    t.equal(code, 0, stderr);
    t.match(stderr, `! ${policy} is not Picket's: `, 'that of somebody else stays');
    t.notMatch(stdout, policy);
    await must(`mv /root/policy-rc.d ${policy}`);
  });

  await t.test('run twice, it changes nothing', async (t) => {
    const [files, pid] = [await state(), await etcdPid()];
    const { code, stdout, stderr } = await run(line);
    t.equal(code, 0, stderr);
    t.match(stdout, /^Everything was installed already; nothing was changed\.$/m);
    t.strictSame(await state(), files);
    t.equal(await etcdPid(), pid);
  });

  await t.test('after --uninstall etcd goes on', async (t) => {
    const pid = await etcdPid();
    const { code, stdout, stderr } = await run(await bareLine(coordinator, '--uninstall'));
    t.equal(code, 0, stderr);
    t.match(stdout, /^ *SERVER CERT +until 20\d\d-/m);
    t.ok(pid > 0);
    t.equal(await etcdPid(), pid);
    const access = '--endpoints=https://127.0.0.1:2379 --cacert=/etc/etcd/ca.pem --cert=/etc/etcd/client.pem';
    t.match(await must(`etcdctl ${access} --key=/etc/etcd/client-key.pem endpoint health 2>&1`), 'is healthy');
    t.equal((await run('systemctl is-enabled etcd')).stdout.trim(), 'enabled');
    t.match(await must('systemctl list-units --all --plain "picket*"'), '0 loaded units');
  });

  await t.test('after --purge nothing of it is left, nor a package that it has added', async (t) => {
    const { code, stdout, stderr } = await run(`sh ${kept} --purge --yes`);
    t.equal(code, 0, stderr);
    t.equal(stderr, '');
    t.match(stdout, /^✓ nothing of Picket is left on this machine\./m);
    t.strictSame(await state(), before);
    t.equal((await run('pidof etcd node')).code, 1);
  });
});
