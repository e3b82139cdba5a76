import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { startInBackground } from '../support/children.ts';
import { ensureEtcd, givenEtcd } from '../support/etcd-binaries.ts';
import { until } from '../support/until.ts';
import { openLab } from './lab.ts';
import type { LabHost } from './lab-host.ts';
import { labNeeded } from './lab-needed.ts';
import { labOf } from './lab-of-test.ts';
import { leftoversOf } from './leftovers.ts';
import { hosts, serviceName } from './names.ts';

const nothing = { processes: [], loopDevices: [] };

interface Packet {
  readonly from: LabHost;
  readonly to: LabHost;
}

function packetsHeard(host: LabHost): Promise<string> {
  return host.must("awk '/^Icmp: [0-9]/ { print $10 }' /proc/net/snmp");
}

/** Waits until a packet has come, whatever becomes of the answer. The kernel may take a second to notice that a link is back. */
async function arrives(packet: Packet): Promise<void> {
  await until('a packet that arrives', async () => !(await isStopped(packet)), { within: 60_000 });
}

async function isStopped({ from, to }: Packet): Promise<boolean> {
  const before = await packetsHeard(to);
  await from.run(['ping', '-c', '1', '-W', '1', to.address]);
  return (await packetsHeard(to)) === before;
}

t.test('the lab', labNeeded, async (t) => {
  const lab = await labOf(t);
  const [first, second, third] = lab.hosts as [LabHost, LabHost, LabHost];
  await Promise.all(lab.hosts.map((host) => host.boot()));

  await t.test('hosts boot to OpenRC’s default runlevel', async (t) => {
    t.match(await first.must('rc-status --runlevel'), /^default$/);
    t.match(await first.must('rc-status boot'), /networking +\[ +started/);
    t.equal(await first.must('hostname'), 'x-k3s-m-1');
    t.ok((await first.processes()).some(({ user, command }) => user === 'root' && command.includes('syslogd')));
  });

  await t.test('hosts have one version of etcd’s programs, the given one if there is one', async (t) => {
    const given = (await givenEtcd(process.env)) === null ? null : (await ensureEtcd()).version;
    const versionOf = async (command: string) => /\d+\.\d+\.\d+/.exec(await first.must(command))?.[0];
    const etcd = await versionOf('etcd --version');
    t.equal(etcd, given ?? etcd);
    t.strictSame([await versionOf('etcdctl version'), await versionOf('etcdutl version')], [etcd, etcd]);
  });

  await t.test('hosts see each other by the seed’s names, and nobody else', async (t) => {
    await first.must('ping -c 1 -W 5 x-k3s-m-2.edge.huatai.me');
    await first.must('ping -c 1 -W 5 picket.edge.huatai.me');
    const lookup = `dns.promises.lookup('${serviceName}', { all: true, family: 4 }).then(console.log)`;
    const found = await first.must(['node', '-e', lookup]);
    for (const { address } of hosts) t.match(found, address);
    t.match((await first.run('ping -c 1 -W 1 192.0.2.1')).stderr, /unreachable/);
  });

  await t.test('a power cut takes what was not synced, and only that', async (t) => {
    await first.must('echo kept > /root/synced && sync -f / && echo lost > /root/unsynced');
    await first.powerCut();
    t.equal(first.init, null);
    await first.boot();
    t.equal(await first.must('cat /root/synced'), 'kept');
    t.not((await first.run('cat /root/unsynced')).stdout, 'lost\n');
  });

  await t.test('a host that is only switched off keeps all, and with a new disk has nothing', async (t) => {
    await first.must('echo kept > /root/unsynced');
    await first.powerOff();
    await first.boot();
    t.equal(await first.must('cat /root/unsynced'), 'kept');
    await first.newDisk();
    await first.boot();
    t.equal(await first.must('ls /root'), '');
  });

  await t.test('a network is cut in one direction or both, until it is healed', async (t) => {
    const there = { from: first, to: second };
    const back = { from: second, to: first };
    await arrives(there);
    await arrives(back);
    await first.cutNetwork('inbound');
    await arrives(there);
    t.ok(await isStopped(back));
    await first.healNetwork();
    await first.cutNetwork('outbound');
    t.ok(await isStopped(there));
    await arrives(back);
    await first.healNetwork();
    await first.cutNetwork({ towards: second.address });
    t.ok(await isStopped(there));
    await arrives(back);
    await arrives({ from: first, to: third });
    await first.healNetwork();
    await first.cutNetwork();
    t.ok(await isStopped(there));
    t.ok(await isStopped(back));
    await arrives({ from: second, to: third });
    await first.powerOff();
    await first.boot();
    t.ok(await isStopped(there), 'after a boot it is still cut');
    t.ok(await isStopped(back));
    await first.healNetwork();
    await arrives(there);
    await arrives(back);
  });

  await t.test('the coordinator’s network is cut while it runs on', async (t) => {
    const asks = () => first.run('curl -s -k -m 2 -o /dev/null https://picket.edge.huatai.me:7443/v1/trust-bundle');
    t.equal((await asks()).code, 0);
    await lab.coordinator.cutNetwork();
    t.not((await asks()).code, 0);
    t.equal((await lab.picket('cluster', 'list')).code, 0);
    await lab.coordinator.healNetwork();
    await until('it answers', async () => (await asks()).code === 0, { within: 20_000 });
  });

  await t.test('a full disk takes nothing until it is freed', async (t) => {
    await second.fillDisk();
    const write = () => second.run('echo more > /root/more');
    t.match((await write()).stderr, /No space left/);
    await second.powerCut();
    await second.boot();
    t.match((await write()).stderr, /No space left/);
    await second.freeDisk();
    await second.must('echo more > /root/more');
  });

  await t.test('a disk that fails turns read-only until the next power cut', async (t) => {
    await second.disk.failReadOnly();
    t.match((await second.run('echo more > /root/again')).stderr, /Read-only/);
    await second.powerCut();
    await second.boot();
    await second.must('echo more > /root/again');
  });
});

t.test('nothing is left of a lab that was closed', labNeeded, async (t) => {
  const folder = t.testdir({});
  const lab = await openLab({ folder });
  await Promise.all(lab.hosts.map((host) => host.boot()));
  const before = await leftoversOf(folder);
  t.ok(before.processes.length > 0);
  t.equal(before.loopDevices.length, 3);
  await lab.close();
  t.same(await leftoversOf(folder), nothing);
});

t.test('nothing is left of a lab whose process was killed', labNeeded, async (t) => {
  const folder = join(t.testdir({}), 'lab');
  await mkdir(folder);
  const program = `
    const { openLab } = await import(${JSON.stringify(join(import.meta.dirname, 'lab.ts'))});
    const lab = await openLab({ folder: ${JSON.stringify(folder)} });
    await lab.host('x-k3s-m-1').boot();
    console.log('ready');
    setInterval(() => {}, 1000);`;
  const log = join(folder, '../program.log');
  const running = startInBackground(process.execPath, ['--input-type=module', '-e', program], log);
  t.teardown(() => running.stop('SIGKILL'));
  await until('the lab is open', () => running.log().includes('ready'), { within: 60_000, lastSeen: running.log });
  t.ok((await leftoversOf(folder)).processes.length > 0);
  await running.stop('SIGKILL');
  const gone = async () => (await leftoversOf(folder)).processes.length === 0;
  await until('its processes are gone', gone, { within: 10_000 });
  await until('its disks are gone', async () => (await leftoversOf(folder)).loopDevices.length === 0, {
    within: 10_000,
  });
});
