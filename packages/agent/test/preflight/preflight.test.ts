import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { ensureEtcd } from '../../../../test/support/etcd-binaries.ts';
import { refusalOf } from '../../../../test/support/refusal.ts';
import { patternOf } from '../../../../test/support/said.ts';
import { defaultConfig } from '../../src/config/config.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import type { InitSystem, ServiceState } from '../../src/host/host.ts';
import { inspection } from '../../src/host/inspection.ts';
import { hostNetwork } from '../../src/host/network.ts';
import { refused } from '../../src/preflight/check.ts';
import { checkDisk } from '../../src/preflight/disk.ts';
import {
  checkEtcdVersion,
  etcdInstalled,
  installCommand,
  judgeEtcdVersion,
} from '../../src/preflight/etcd-installed.ts';
import { checkMemberPorts, checkPorts } from '../../src/preflight/member-ports.ts';
import { type PreflightDeps, preflight } from '../../src/preflight/preflight.ts';
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
  const found = `\n- the file ${join(etcDir, 'server.pem')}\n- the file ${join(etcDir, 'client.pem')}`;
  t.strictSame(await refusal(preflight(deps)), { code: 'foreign_etcd', facts: { found } });
});

t.test('a suitable machine shows its etcd and the checks', async (t) => {
  const deps = machine(t);
  const { stateDir, etcDir, logFile } = deps.config;
  const { etcdVersion, checks } = await preflight(deps);
  t.equal(etcdVersion, version);
  t.match(checks, [
    { name: 'architecture', result: 'ok', text: 'aarch64' },
    { name: 'other etcd', result: 'ok', text: 'none found' },
    { name: 'etcd', text: new RegExp(`^${patternOf(`${version}, ${etcd}`)}`) },
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
  const unfit = machine(t, { measureFsync, architecture: 'arm' }, { etcdUser: 'no-such-user' });
  t.equal((await refusal(preflight(unfit))).code, 'architecture_unsupported', 'join reports the first one');
  const found = (await preflight(unfit, refused)).checks.filter(({ result }) => result === 'refused');
  const unsupported = new PicketError('architecture_unsupported', { architecture: '32-bit Arm' });
  const names = found.map(({ name }) => name);
  t.strictSame(names, ['architecture', 'folders'], 'preflight reports all of them');
  t.match(found[0]?.text, new RegExp(`^${patternOf(unsupported.message)}$`));
  t.equal(found[1]?.text, failure('user_unknown', { user: 'no-such-user' }).message);
  t.equal(measured, 0);
  await preflight(machine(t, { measureFsync }));
  t.equal(measured, 1);
});

t.test('R4: without the right to make a user, the user for etcd must exist: user_unknown', async (t) => {
  const deps = machine(t, {}, { etcdUser: 'no-such-user' });
  t.strictSame(await refusal(preflight(deps)), { code: 'user_unknown', facts: { user: 'no-such-user' } });
});

/** What the checks say of an etcd that no member can run here. */
async function unfitEtcd(deps: PreflightDeps) {
  const { etcdVersion, etcdProblem, checks } = await preflight(deps);
  const result = checks.find(({ name }) => name === 'etcd')?.result;
  return { version: etcdVersion, code: etcdProblem?.code, facts: etcdProblem?.facts, result };
}

t.test('root can make the user for etcd later: an installed etcd counts as none', async (t) => {
  const deps = machine(t, { uid: 0 }, { etcdUser: 'no-such-user' });
  const facts = { user: 'no-such-user' };
  t.strictSame(await unfitEtcd(deps), { version: null, code: 'user_unknown', facts, result: 'warning' });
});

t.test('a machine without an etcd, or with one that is too old, may join a cluster that runs a release', async (t) => {
  const none = await unfitEtcd(machine(t, {}, { etcdBinary: '/missing/etcd' }));
  t.match(none, { version: null, code: 'etcd_not_installed', result: 'warning' });
  const old = program(t, 'echo "etcd Version: 3.4.23"');
  t.match(await unfitEtcd(machine(t, {}, { etcdBinary: old })), {
    version: '3.4.23',
    code: 'etcd_too_old',
    facts: { found: reason('etcd_found', { version: '3.4.23', binary: old }) },
    result: 'warning',
  });
});

t.test('an etcd that its user cannot run counts as none', asRoot, async (t) => {
  const path = program(t, 'echo "etcd Version: 3.5.30"');
  chmodSync(dirname(path), 0o700);
  const deps = machine(t, { uid: 0 }, { etcdUser: 'nobody', etcdBinary: path });
  t.match(await unfitEtcd(deps), {
    version: null,
    code: 'etcd_unusable',
    facts: { problem: `the user nobody cannot pass through the folder ${dirname(path)}` },
    result: 'warning',
  });
});

t.test('etcd that is not on PATH: etcd_not_installed', async (t) => {
  t.strictSame(await refusal(etcdInstalled(nowhere, files, null)), {
    code: 'etcd_not_installed',
    facts: { problem: 'there is no etcd on PATH', command: await installCommand(files) },
  });
});

const notThere = (binary: string) => `${binary}, which agent.yml names, does not exist or may not be run`;

t.test('a missing configured binary is named', async (t) => {
  t.match(await refusal(etcdInstalled(nowhere, files, '/missing/etcd')), {
    code: 'etcd_not_installed',
    facts: { problem: notThere('/missing/etcd') },
  });
});

t.test('the command that installs etcd is that of the system, or of the one that it is like', async (t) => {
  t.match(await osRelease(t, 'NAME="Alpine Linux"\nID=alpine\n'), /^apk add etcd/);
  t.match(await osRelease(t, 'ID=debian\n'), /etcd-server etcd-client/);
  t.match(await osRelease(t, 'ID=pop\nID_LIKE="ubuntu debian"\n'), /etcd-server etcd-client/);
  t.match(await osRelease(t, 'ID=plan9\n'), /github\.com\/etcd-io\/etcd/);
});

t.test('a system whose packages have an etcd that is too old gets no command that would install that', async (t) => {
  for (const [id, version, minor] of [
    ['debian', '12', '3.4'],
    ['raspbian', '12', '3.4'],
    ['debian', '11', '3.3'],
  ]) {
    const way = `a release from https://github.com/etcd-io/etcd, because the packages of this system have etcd ${minor}`;
    t.equal(await osRelease(t, `ID=${id}\nID_LIKE=debian\nVERSION_ID="${version}"\n`), way);
  }
  for (const release of ['ID=debian\nVERSION_ID="13"\n', 'ID=debian\n', 'ID=ubuntu\nVERSION_ID="12"\n'])
    t.match(await osRelease(t, release), /apt-get install etcd-server etcd-client/);
});

t.test('an etcd that cannot be run, or is no etcd: etcd_unusable', async (t) => {
  const dead = program(t, 'exit 3');
  const refused = (binary: string) => refusal(nowhere.etcdVersion(binary, null));
  const unusable = (binary: string, problem: string) => ({
    code: 'etcd_unusable',
    facts: { binary, problem, command: `${binary} --version` },
  });
  t.strictSame(await refused(dead), unusable(dead, '--version failed'));
  const other = program(t, 'echo hello');
  t.strictSame(await refused(other), unusable(other, '--version does not print an etcd version'));
  t.strictSame(
    await refused('/missing/etcd'),
    unusable('/missing/etcd', 'the file does not exist, or a library that it needs is missing'),
  );
});

t.test('an etcd of an unsuitable version is refused', async (t) => {
  const check = (text: string) => checkEtcdVersion(text, '/usr/bin/etcd', 'apk add etcd');
  const found = (version: string) => reason('etcd_found', { version, binary: '/usr/bin/etcd' });
  t.strictSame(
    refusalOf(() => check('3.4.30')),
    { code: 'etcd_too_old', facts: { found: found('3.4.30'), minimum: '3.5.0', command: 'apk add etcd' } },
  );
  t.strictSame(
    refusalOf(() => check('3.8.0')),
    { code: 'etcd_too_new', facts: { found: found('3.8.0'), limit: '3.8.0' } },
  );
  t.throws(() => check('4.0.0'), { code: 'etcd_too_new' });
  for (const fine of ['3.5.0', '3.5.16', '3.5.30', '3.6.11', '3.6.0-rc.1', '3.7.1']) t.doesNotThrow(() => check(fine));
});

t.test('an etcd that can lose data is a warning, with its fault and a version without it', async (t) => {
  const judged = (text: string) => judgeEtcdVersion(text, '/usr/bin/etcd');
  t.match(judged('3.5.2-4'), {
    result: 'warning',
    text: /^3\.5\.2-4, .*etcd-13766/,
    advice: /3\.5\.14 .*explain etcd-13766/,
  });
  t.match(judged('3.6.3'), { result: 'warning', text: /etcd-20340/, advice: /3\.6\.4 / });
  t.match(judged('3.5.16-4'), { result: 'ok', text: /etcd-20271/, advice: null }, 'Picket avoids this fault');
  for (const fine of ['3.5.23', '3.5.30-2', '3.6.11', '3.7.1'])
    t.strictSame(judged(fine), { name: 'etcd', result: 'ok', text: `${fine}, /usr/bin/etcd`, advice: null });
});

t.test('a path with a file in the way: path_not_writable', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, 'file/state');
  t.strictSame(await refusal(checkWritable(nowhere, [folder, path])), {
    code: 'path_not_writable',
    facts: {
      path,
      problem: `${folder}/file: there is a file where a folder belongs`,
      remedy: 'Move the file away, or set another path in agent.yml.',
    },
  });
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
    await checkWritable(inspection(''), [path]).catch((error) => console.log(JSON.stringify([error.code, error.facts])));`;
    // Root may write anywhere, so this test uses another user.
    const stepDown = isRoot ? ['--inh-caps=-all', '--bounding-set=-all', '--'] : [];
    const args = [...stepDown, process.execPath, '--input-type=module', '-e', script];
    const { stdout } = spawnSync(isRoot ? 'setpriv' : 'env', args, { encoding: 'utf8' });
    const remedy = 'Run the agent as root, or give its user permission to write there.';
    const problem = `${folder}/locked: permission denied`;
    t.strictSame(JSON.parse(stdout), ['path_not_writable', { path: `${folder}/locked/state`, problem, remedy }]);
  },
);

t.test('less than 64 MiB free: disk_full, and nothing is written to it', async (t) => {
  const unwritten = () => Promise.reject(new Error('it was measured'));
  t.strictSame(await refusal(checkDisk({ freeBytes: async () => 63.9 * 1024 * 1024 }, '/var/lib/picket', unwritten)), {
    code: 'disk_full',
    facts: { path: '/var/lib/picket', problem: 'its file system has 63 MiB free, and 64 MiB are needed' },
  });
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
    facts: { purpose: 'client', port: 2379, address: '127.0.0.1', holder: 'k3s (pid 7) uses it' },
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
  const holder = new RegExp(`^\\S+ \\(pid ${process.pid}\\) uses it$`);
  t.match(await refusal(checkMemberPorts(hostNetwork(), member(port))), {
    code: 'port_taken',
    facts: { purpose: 'peer', port, address: '127.0.0.1', holder },
  });
  await t.resolves(checkMemberPorts(hostNetwork(), member(port, '127.0.0.8')));
});
