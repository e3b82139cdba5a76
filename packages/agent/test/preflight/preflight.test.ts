import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { defaultConfig } from '../../src/config/config.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import type { InitSystem, ServiceState } from '../../src/host/host.ts';
import { inspection } from '../../src/host/inspection.ts';
import { hostNetwork } from '../../src/host/network.ts';
import { checkDisk } from '../../src/preflight/disk.ts';
import { etcdInstalled, installCommand } from '../../src/preflight/etcd-installed.ts';
import { checkEtcdVersion } from '../../src/preflight/etcd-version.ts';
import { checkMemberPorts, checkPorts } from '../../src/preflight/member-ports.ts';
import { type PreflightDeps, preflight, preflightChecks } from '../../src/preflight/preflight.ts';
import { checkWritable } from '../../src/preflight/writable.ts';
import { leavesAsClient } from '../leaving/former-client.ts';
import { refusal, temporaryFolder } from '../support.ts';

const { etcd, version } = await ensureEtcd();
const files = hostFiles();
const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root can run a program as another user' };
const nowhere = inspection('/nowhere');

function program(t: Test, script: string): string {
  const path = join(temporaryFolder(t), 'etcd');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function osRelease(t: Test, text: string): Promise<string> {
  const path = join(temporaryFolder(t), 'os-release');
  writeFileSync(path, text);
  return installCommand(files, path);
}

/** A suitable machine with folders of the test, unless a change is given. */
function machine(t: Test, change: Partial<PreflightDeps> = {}, config: Partial<PreflightDeps['config']> = {}) {
  const folder = temporaryFolder(t);
  const own = {
    ...defaultConfig,
    stateDir: join(folder, 'state'),
    etcDir: join(folder, 'etc'),
    logFile: join(folder, 'log/etcd.log'),
    ...config,
  };
  const now = Date.parse('2026-11-24T12:00:00Z');
  const path = [dirname(etcd), '/usr/bin'].join(delimiter);
  const deps: PreflightDeps = {
    inspection: inspection(path),
    files,
    config: own,
    uid: 1000,
    architecture: 'arm64',
    clock: async () => ({ now, monotonic: 0, buildTime: 0, floor: 0, coordinator: null }),
    measureFsync: async () => [1, 2, 3],
    ...change,
  };
  return deps;
}

t.test('R13: a machine that was a client is checked for the etcd of others that came later', async (t) => {
  const deps = machine(t);
  const { stateDir, etcDir } = deps.config;
  await leavesAsClient({ stateDir, etcDir });
  await t.resolves(preflight(deps));
  writeFileSync(join(etcDir, 'server.pem'), 'theirs');
  writeFileSync(join(etcDir, 'client.pem'), 'theirs');
  const { message } = await refusal(preflight(deps));
  t.match(message, `the file ${join(etcDir, 'server.pem')}`);
  t.match(message, `the file ${join(etcDir, 'client.pem')}`);
  t.notMatch(message, 'ca.pem');
});

t.test('a suitable machine shows its etcd and the checks', async (t) => {
  const deps = machine(t);
  const { stateDir, etcDir, logFile } = deps.config;
  const { etcdVersion, checks } = await preflight(deps);
  t.equal(etcdVersion, version);
  t.match(checks, [
    { name: 'architecture', result: 'ok', text: 'aarch64' },
    { name: 'other etcd', result: 'ok', text: 'none found' },
    { name: 'etcd', result: 'ok', text: `${version}, ${etcd}` },
    { name: 'folders', result: 'ok', text: `${stateDir}, ${etcDir} and ${dirname(logFile)} can be written` },
    { name: 'memory', text: /^\d+ MiB, \d+ MiB available$/ },
    { name: 'clock', result: 'ok', text: '2026-11-24T12:00Z' },
    { name: 'file system', text: new RegExp(stateDir) },
    { name: 'disk', result: 'ok', text: /^fsync p99 3\.0 ms, [\d.]+ GB free$/ },
  ]);
});

t.test('R13: the disk is measured last, and only if nothing stands in the way', async (t) => {
  let measured = 0;
  const measureFsync = async () => {
    measured += 1;
    return [1];
  };
  const unfit = machine(t, { measureFsync, architecture: 'arm' }, { etcdBinary: '/missing/etcd' });
  t.equal((await refusal(preflight(unfit))).code, 'architecture_unsupported', 'join reports the first one');
  const refused = (await preflightChecks(unfit)).filter(({ result }) => result === 'refused');
  t.strictSame(
    refused.map(({ name, text }) => [name, text.slice(0, 60)]),
    [
      ['architecture', 'This system is for 32-bit Arm, and Picket runs members only '],
      ['etcd', 'etcd is not installed on this machine: /missing/etcd, which '],
    ],
    'preflight reports all of them',
  );
  t.equal(measured, 0);
  await preflight(machine(t, { measureFsync }));
  t.equal(measured, 1);
});

t.test('R4: the user for etcd must exist: user_unknown', async (t) => {
  const deps = machine(t, { uid: 0 }, { etcdUser: 'no-such-user' });
  const { code, message } = await refusal(preflight(deps));
  t.strictSame(
    [code, message],
    ['user_unknown', 'The user no-such-user does not exist on this machine, so etcd cannot run as that user.'],
  );
});

t.test('an etcd that its user cannot run is refused before anything is sent', asRoot, async (t) => {
  const path = program(t, 'echo "etcd Version: 3.5.30"');
  chmodSync(dirname(path), 0o700);
  const deps = machine(t, { uid: 0 }, { etcdUser: 'nobody', etcdBinary: path });
  const { code, message } = await refusal(preflight(deps));
  t.equal(code, 'etcd_unusable');
  t.match(message, `the user nobody cannot pass through the folder ${dirname(path)}`);
});

t.test('etcd that is not on PATH: etcd_not_installed', async (t) => {
  const { code, message } = await refusal(etcdInstalled(nowhere, files, null));
  t.equal(code, 'etcd_not_installed');
  t.equal(message, 'etcd is not installed on this machine: there is no etcd on PATH.');
});

t.test('a missing configured binary is named', async (t) => {
  const { message } = await refusal(etcdInstalled(nowhere, files, '/missing/etcd'));
  t.match(message, '/missing/etcd, which agent.yml names, does not exist or may not be run');
});

t.test('the command that installs etcd is that of the system, or of the one that it is like', async (t) => {
  t.match(await osRelease(t, 'NAME="Alpine Linux"\nID=alpine\n'), /^apk add etcd/);
  t.match(await osRelease(t, 'ID=debian\n'), /etcd-server etcd-client/);
  t.match(await osRelease(t, 'ID=pop\nID_LIKE="ubuntu debian"\n'), /etcd-server etcd-client/);
  t.match(await osRelease(t, 'ID=plan9\n'), /github\.com\/etcd-io\/etcd/);
});

t.test('an etcd that cannot be run, or is no etcd: etcd_unusable', async (t) => {
  const dead = program(t, 'exit 3');
  t.strictSame(await refusal(nowhere.etcdVersion(dead, null)).then(({ code, message }) => [code, message]), [
    'etcd_unusable',
    `The etcd at ${dead} cannot be used: --version failed.`,
  ]);
  t.match(
    (await refusal(nowhere.etcdVersion(program(t, 'echo hello'), null))).message,
    /--version does not print an etcd version/,
  );
  t.match((await refusal(nowhere.etcdVersion('/missing/etcd', null))).message, /the file does not exist/);
});

t.test('an etcd of an unsuitable version is refused', async (t) => {
  const check = (text: string) => checkEtcdVersion(text, '/usr/bin/etcd', 'apk add etcd');
  t.throws(() => check('3.4.30'), {
    code: 'etcd_too_old',
    message: 'The etcd at /usr/bin/etcd is version 3.4.30; Picket needs at least 3.5.0.',
  });
  t.throws(() => check('3.7.0'), {
    code: 'etcd_too_new',
    message: 'The etcd at /usr/bin/etcd is version 3.7.0; Picket supports only versions before 3.7.0.',
  });
  t.throws(() => check('4.0.0'), { code: 'etcd_too_new' });
  for (const fine of ['3.5.0', '3.5.16', '3.5.30', '3.6.11', '3.6.0-rc.1']) t.doesNotThrow(() => check(fine));
});

t.test('a path with a file in the way: path_not_writable', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, 'file/state');
  const { code, message } = await refusal(checkWritable(nowhere, [folder, path]));
  t.equal(code, 'path_not_writable');
  t.equal(message, `${path} cannot be written: ${folder}/file: there is a file where a folder belongs.`);
});

t.test('a missing folder counts as writable if its parent is', async (t) => {
  await t.resolves(checkWritable(nowhere, [join(temporaryFolder(t), 'a/b/c')]));
});

const isRoot = process.getuid?.() === 0;
t.test(
  'a folder that belongs to another user: path_not_writable',
  { skip: isRoot && spawnSync('setpriv', ['--version']).status !== 0 && 'there is no setpriv here' },
  async (t) => {
    const folder = temporaryFolder(t);
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'locked'), { mode: 0o555 });
    const module = new URL('../../src/', import.meta.url).href;
    const script = `
    const { inspection } = await import(${JSON.stringify(`${module}host/inspection.ts`)});
    const { checkWritable } = await import(${JSON.stringify(`${module}preflight/writable.ts`)});
    const path = ${JSON.stringify(join(folder, 'locked/state'))};
    await checkWritable(inspection(''), [path]).catch((error) => console.log(error.message));`;
    // Root may write anywhere, so this test uses another user.
    const stepDown = isRoot ? ['--inh-caps=-all', '--bounding-set=-all', '--'] : [];
    const args = [...stepDown, process.execPath, '--input-type=module', '-e', script];
    const { stdout } = spawnSync(isRoot ? 'setpriv' : 'env', args, { encoding: 'utf8' });
    t.equal(stdout.trim(), `${folder}/locked/state cannot be written: ${folder}/locked: permission denied.`);
  },
);

t.test('less than 64 MiB free: disk_full, and nothing is written to it', async (t) => {
  const unwritten = () => Promise.reject(new Error('it was measured'));
  const { code, message } = await refusal(
    checkDisk({ freeBytes: async () => 63.9 * 1024 * 1024 }, '/var/lib/picket', unwritten),
  );
  t.equal(code, 'disk_full');
  t.equal(
    message,
    'The disk has no room to write /var/lib/picket: its file system has 63 MiB free, and 64 MiB are needed.',
  );
});

t.test('the free space is that of the file system a path will be on', async (t) => {
  const folder = temporaryFolder(t);
  t.ok((await nowhere.freeBytes(join(folder, 'not/yet'))) > 0);
});

t.test('the client port is needed on the loopback address too', async (t) => {
  const asked: string[] = [];
  const network = {
    ...hostNetwork(),
    portFree: async (address: string, port: number) => {
      asked.push(`${address}:${port}`);
      return address === '127.0.0.1' && port === 2379
        ? ({ free: false, by: 'k3s (pid 7) uses it' } as const)
        : ({ free: true } as const);
    },
  };
  const member = { name: 'a', address: '192.168.7.11', ports: { client: 2379, peer: 2380, metrics: 2381 } };
  t.strictSame(await refusal(checkMemberPorts(network, member)), {
    code: 'port_taken',
    message: 'etcd cannot use the client port 2379 on 127.0.0.1: k3s (pid 7) uses it.',
    hint: 'Stop the program that uses the port, then run join again or start `picket-agent run`. The node has joined, and it keeps its identity.',
  });
  t.strictSame(asked, ['192.168.7.11:2380', '192.168.7.11:2379', '127.0.0.1:2379']);
});

t.test('R19: the ports of a member are its own while its etcd runs, also if that has just begun', async (t) => {
  const member = { name: 'a', address: '192.168.7.11', ports: { client: 2379, peer: 2380, metrics: 2381 } };
  const taken = async () => ({ free: false, by: 'etcd (pid 7) uses it' }) as const;
  const network = { ...hostNetwork(), portFree: taken };
  const states = (...kinds: readonly ('running' | 'stopped')[]) => {
    const left = [...kinds];
    const state = async () => ({ kind: left.shift() ?? 'stopped' }) as ServiceState;
    return { init: { state } as InitSystem, network };
  };
  const own = { name: 'ports', result: 'ok', text: /^2379, 2380 and 2381 are of the etcd of this member, which runs$/ };
  t.match(await checkPorts(states('running'), member), own);
  t.match(await checkPorts(states('stopped', 'running'), member), own, 'an agent has started it meanwhile');
  t.match(await refusal(checkPorts(states('stopped', 'stopped'), member)), { code: 'port_taken' });
});

t.test('a taken port of a member is named with its process: port_taken', async (t) => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const member = (peer: number, address = '127.0.0.1') => ({
    name: 'a',
    address,
    ports: { client: 25_001, peer, metrics: 25_003 },
  });
  const { code, message } = await refusal(checkMemberPorts(hostNetwork(), member(port)));
  t.equal(code, 'port_taken');
  t.match(
    message,
    new RegExp(`^etcd cannot use the peer port ${port} on 127\\.0\\.0\\.1: \\S+ \\(pid ${process.pid}\\) uses it\\.$`),
  );
  await t.resolves(checkMemberPorts(hostNetwork(), member(port, '127.0.0.8')));
});
