import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { readCsr } from '@picket/shared/pki/csr.ts';
import type { OwnMember } from '@picket/shared/protocol/clusters.ts';
import type { JoinAnswer, JoinRequest } from '@picket/shared/protocol/join.ts';
import { formatJoinString } from '@picket/shared/protocol/join-string.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { runToEnd } from '../../../../test/support/children.ts';
import { ensureDebianTool } from '../../../../test/support/debian-packages.ts';
import { mountsNeeded, ownMounts } from '../../../../test/support/own-mounts.ts';
import { freePorts } from '../../../../test/support/ports.ts';
import { programs } from '../../../../test/support/programs.ts';
import { patternOf, printed, printedLike } from '../../../../test/support/said.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { writeVersionRecord } from '../../src/host/version-record.ts';
import { openJournal } from '../../src/journal/journal-store.ts';
import type { Check } from '../../src/preflight/check.ts';
import { checkLines, refused, warning } from '../../src/preflight/check.ts';
import { installCommand } from '../../src/preflight/etcd-installed.ts';
import { releaseInstead } from '../../src/preflight/release-instead.ts';
import { httpsServer, sendJson, type TestServer } from '../https-server.ts';
import { authority, credentialPem, leaf, localhost } from '../pki.ts';
import { terminal, treeOf } from '../terminal.ts';

const ca = await authority('control');
const server = await credentialPem(ca, { usage: 'coordinator', sans: localhost });
const secret = 'a-secret-of-at-least-128-bits-x';
const PICKET_JOIN = formatJoinString({ tokenId: 'token0001', secret, pin: ca.certificate.spkiHash });

const stays: OwnMember = { phase: 'voter', healthy: true, rests: null, waitsFor: [] };

/** A coordinator that lets this machine join and returns these names; `date` is its clock in answers to strangers. */
function coordinator(
  t: Test,
  names: JoinAnswer['names'],
  date = new Date(),
  ports = { client: 25_041, peer: 25_042, metrics: 25_043 },
  release?: string,
): Promise<TestServer> {
  return httpsServer(t, {
    credential: server,
    respond(seen, response) {
      response.setHeader('date', date.toUTCString());
      const controlCertificates = ca.certificate.pem;
      if (seen.path === '/v1/trust-bundle') return sendJson(response, 200, { controlCertificates });
      if (seen.path === '/v1/node/member') return sendJson(response, 200, stays);
      const { publicKey } = readCsr((JSON.parse(seen.body) as JoinRequest).csr);
      const uri = { type: 'uri', value: 'urn:picket:node:node0001' } as const;
      const answer: JoinAnswer = {
        nodeId: 'node0001',
        cluster: 'k3s',
        member: { name: 'a', address: '127.0.0.1', ports },
        names,
        certificate: leaf(ca, publicKey, { usage: 'node', sans: [uri] }).pem,
        controlCertificates,
        now: new Date().toISOString(),
        ...(release === undefined ? {} : { release }),
      };
      sendJson(response, 200, answer);
    },
  });
}

const names: JoinAnswer['names'] = [
  { name: 'localhost', addresses: ['127.0.0.1', '::1'], usedBy: 'clients' },
  { name: 'a.picket.invalid', addresses: ['127.0.0.1'], usedBy: 'peers' },
];

t.test('join lists its checks with figures, and continues after a warning', async (t) => {
  const here = terminal(t);
  const { url } = await coordinator(t, names);
  t.equal(await here.run(['join', '--coordinator', url], { env: { PICKET_JOIN } }), 0, here.said.err);
  const lines = here.said.out.split('\n');
  for (const line of [
    /^✓ architecture: x86-64$/,
    /^✓ other etcd: none found$/,
    /^✓ etcd: 3\.5\.16, /,
    /^✓ folders: /,
    /^[✓!] memory: \d+ MiB, \d+ MiB available$/,
    /^[✓!] file system: /,
    /^[✓!] disk: fsync p99 \d+\.\d ms, \d+\.\d GB free$/,
    /^[✓!] clock: \d+\.\d s (ahead of|behind) the coordinator’s$/,
    /^✓ address: 127\.0\.0\.1, a loopback address/,
    /^! names: a\.picket\.invalid: (no such name|DNS gives no answer.*)$/,
    /^ {4}The members of this cluster connect to each other by name/,
    /^✓ ports: 25041, 25042 and 25043 are free$/,
    /^This machine is now the member a \(127\.0\.0\.1\) of k3s, node node0001/,
  ]) {
    t.ok(
      lines.some((said) => line.test(said)),
      String(line),
    );
  }
});

t.test('join as JSON includes the checks, and a second join has none', async (t) => {
  const here = terminal(t);
  const { url } = await coordinator(t, names);
  const run = async () => {
    t.equal(await here.run(['join', '--coordinator', url, '--output', 'json'], { env: { PICKET_JOIN } }), 0);
    return JSON.parse(here.said.out) as { outcome: string; checks: Check[] };
  };
  const { outcome, checks } = await run();
  t.equal(outcome, 'joined');
  t.match(
    checks.find(({ name }) => name === 'names'),
    { result: 'warning', advice: String },
  );
  t.match(
    checks.find(({ name }) => name === 'ports'),
    { result: 'ok', text: '25041, 25042 and 25043 are free', advice: null },
  );
  t.match(await run(), { outcome: 'already', checks: [] });
});

t.test('a machine without an etcd joins a cluster that runs a release, whose version it shows', async (t) => {
  const here = terminal(t);
  here.configure({ etcdBinary: null });
  const env = { PICKET_JOIN, PATH: '/nowhere' };
  t.equal(await here.run(['preflight', '--output', 'json'], { env }), 0);
  const { fit, checks } = JSON.parse(here.said.out) as { fit: boolean; checks: Check[] };
  t.equal(fit, true);
  t.match(
    checks.find(({ name }) => name === 'etcd'),
    { result: 'warning', advice: new RegExp(patternOf(releaseInstead)) },
  );
  const there = await coordinator(t, names, new Date(), undefined, '3.6.14');
  t.equal(await here.run(['join', '--coordinator', there.url, '--output', 'json'], { env }), 0, here.said.err);
  const joined = JSON.parse(here.said.out) as { checks: Check[] };
  const [etcd, ...others] = joined.checks.filter(({ name }) => name === 'etcd');
  t.match(etcd, { result: 'ok', text: /^3\.6\.14, / });
  t.strictSame(others, []);
});

/** What join prints if its clock contradicts another time in this way. */
function clockWrong(code: 'clock_before_build' | 'clock_far_from_coordinator'): RegExp {
  return printedLike('clock_wrong', { doubt: reason(code, { now: '{now}', other: '{other}' }) });
}

t.test('R14: join with a clock far from the coordinator’s waits for time sync, and spends no token', async (t) => {
  for (const days of [-2, 2]) {
    const here = terminal(t);
    const there = await coordinator(t, names, new Date(Date.now() + days * 86_400_000));
    t.equal(await here.run(['join', '--coordinator', there.url], { env: { PICKET_JOIN } }), 1);
    t.match(here.said.err, clockWrong('clock_far_from_coordinator'));
    t.equal(here.said.out, '');
    t.strictSame(
      there.seen.map(({ path }) => path),
      ['/v1/trust-bundle'],
    );
    t.notMatch(JSON.stringify(there.seen), secret);
  }
});

t.test('R14: join with a clock before the agent was built sends nothing and leaves no trace', async (t) => {
  const here = terminal(t);
  const there = await coordinator(t, names);
  const before = treeOf(here.folder);
  const buildTime = Date.now() + 86_400_000;
  t.equal(await here.run(['join', '--coordinator', there.url], { env: { PICKET_JOIN }, buildTime }), 1);
  t.match(here.said.err, clockWrong('clock_before_build'));
  t.strictSame([treeOf(here.folder), there.seen], [before, []]);
});

t.test('R13: a 32-bit Arm system is refused by name before anything is sent or written', async (t) => {
  const here = terminal(t);
  const there = await coordinator(t, names);
  const before = treeOf(here.folder);
  t.equal(await here.run(['join', '--coordinator', there.url], { env: { PICKET_JOIN }, architecture: 'arm' }), 1);
  t.equal(
    here.said.err,
    printed(
      failure('architecture_unsupported', {
        architecture: '32-bit Arm',
        reason: 'etcd is tested and supported on 64-bit systems only, and refuses to start on others by default',
        remedy:
          'Install a 64-bit system (aarch64 or x86-64): a Raspberry Pi 3, Zero 2 W or later runs one. Nothing was touched.',
      }),
    ),
  );
  t.strictSame([treeOf(here.folder), there.seen], [before, []]);
});

t.test('preflight shows whether this machine can join, and leaves nothing behind', async (t) => {
  const here = terminal(t);
  const before = readdirSync(here.folder, { recursive: true });
  t.equal(await here.run(['preflight']), 0, here.said.err);
  t.match(
    here.said.out,
    /^✓ architecture: x86-64\n(.*\n)+[✓!] disk: fsync p99 (.*\n)+This machine can join as the member a, after the name in agent\.yml; .* address, names and ports: `join` checks them\.\n$/,
  );
  t.equal(await here.run(['preflight', '--output', 'json']), 0);
  t.match(JSON.parse(here.said.out), {
    ...{ fit: true, name: 'a' },
    checks: [{ name: 'architecture', result: 'ok', text: 'x86-64' }],
  });
  t.strictSame(readdirSync(here.folder, { recursive: true }), before);
});

t.test('preflight on a machine that has joined shows its role', async (t) => {
  const here = terminal(t);
  const { url } = await coordinator(t, names);
  await here.run(['join', '--coordinator', url], { env: { PICKET_JOIN } });
  await here.run(['preflight']);
  t.match(here.said.out, /^This machine has joined already: it is the member a of k3s\.$/m);
});

t.test(
  'R17: on a member whose package has moved, preflight says what runs, what is installed, and that it would stay down',
  async (t) => {
    const here = terminal(t, '3.6.11');
    const { url } = await coordinator(t, names);
    await here.run(['join', '--coordinator', url], { env: { PICKET_JOIN } });
    const dataRoot = join(here.stateDir, 'etcd');
    const journal = await openJournal(hostFiles(), here.stateDir);
    const startedWith = { incarnation: 'a1', restartKey: '', etcdVersion: '3.5.16', confKey: '' };
    await journal.update((before) => ({ ...before, startedWith }));
    await hostFiles().ensureFolder(dataRoot, 0o711, null);
    await writeVersionRecord(hostFiles(), dataRoot, 'a1', { minor: '3.5', fingerprint: null });
    await here.run(['preflight', '--output', 'json']);
    const { checks } = JSON.parse(here.said.out) as { readonly checks: readonly Check[] };
    const [, found] = checks.filter(({ name }) => name === 'etcd');
    t.match(found, {
      result: 'warning',
      text: 'this member runs etcd 3.5, and etcd 3.6.11 is installed',
      advice: /it stays down/,
    });
  },
);

t.test('R19: the package of a member that runs a release does not matter', async (t) => {
  const here = terminal(t, '3.6.3');
  const { url } = await coordinator(t, names);
  await here.run(['join', '--coordinator', url], { env: { PICKET_JOIN } });
  const dataRoot = join(here.stateDir, 'etcd');
  const journal = await openJournal(hostFiles(), here.stateDir);
  const program = { version: '3.5.33', sha256: '0'.repeat(64) };
  const startedWith = { incarnation: 'a1', restartKey: '', etcdVersion: '3.5.33', confKey: '', program };
  await journal.update((before) => ({ ...before, startedWith }));
  await hostFiles().ensureFolder(dataRoot, 0o711, null);
  await writeVersionRecord(hostFiles(), dataRoot, 'a1', { minor: '3.5', fingerprint: null });
  await here.run(['preflight', '--output', 'json']);
  const { checks } = JSON.parse(here.said.out) as { readonly checks: readonly Check[] };
  t.match(
    checks.filter(({ name }) => name === 'etcd'),
    [{ result: 'ok', text: /3\.5\.33/ }],
  );
});

t.test('R19: on a machine that has joined, preflight names the process that has a port of its member', async (t) => {
  const here = terminal(t);
  const ports = await freePorts(['127.0.0.1']);
  const { url } = await coordinator(t, names, new Date(), ports);
  await here.run(['join', '--coordinator', url], { env: { PICKET_JOIN } });
  t.equal(await here.run(['preflight']), 0, here.said.err);
  t.match(here.said.out, `✓ ports: ${ports.client}, ${ports.peer} and ${ports.metrics} are free\n`);
  const taken = createServer().listen(ports.peer, '127.0.0.1');
  t.teardown(() => taken.close());
  await once(taken, 'listening');
  t.equal(await here.run(['preflight']), 1);
  const holder = `{program} (pid ${process.pid}) uses it`;
  const { message } = failure('port_taken', { purpose: 'peer', port: ports.peer, address: '127.0.0.1', holder });
  t.match(here.said.out, new RegExp(`^✗ ports: ${patternOf(message)}$`, 'm'));
  t.notMatch(here.said.out, /has joined already/);
  t.equal(here.said.err, printed(failure('preflight_failed', { failed: 'ports' })));
  t.equal(await here.run(['preflight', '--output', 'json']), 1);
  t.match(JSON.parse(here.said.out).checks.at(-1), { name: 'ports', result: 'refused' });
});

t.test('preflight lists all obstacles at once, and changes nothing at all', async (t) => {
  const here = terminal(t, '3.4.30');
  writeFileSync(join(here.folder, 'file'), '');
  here.configure({ stateDir: `${here.folder}/file/picket` });
  const before = treeOf(here.folder);
  const run = (...options: string[]) => here.run(['preflight', ...options], { architecture: 'arm' });
  t.equal(await run(), 1);
  const tooOld = failure('etcd_too_old', {
    found: reason('etcd_found', { version: '3.4.30', binary: here.etcdBinary }),
    minimum: '3.5.0',
    command: await installCommand(hostFiles()),
  });
  t.match(here.said.out, checkLines([warning('etcd', tooOld.message, `${tooOld.hint} ${releaseInstead}`)]));
  const notWritable = failure('path_not_writable', {
    path: `${here.folder}/file/picket`,
    problem: `${here.folder}/file: there is a file where a folder belongs`,
    remedy: 'Move the file away, or set another path in agent.yml.',
  });
  t.match(here.said.out, checkLines([refused('folders', notWritable)]));
  t.equal(here.said.err, printed(failure('preflight_failed', { failed: 'architecture, folders' })));
  t.equal(await run('--output', 'json'), 1);
  t.match(JSON.parse(here.said.out), { fit: false });
  t.match(JSON.parse(here.said.err), { code: 'preflight_failed', details: { failed: 'architecture, folders' } });
  t.strictSame(treeOf(here.folder), before);
});

t.test('preflight shows the figure of a slow disk: each fdatasync takes 15 ms', async (t) => {
  const here = terminal(t);
  here.configure({ etcdUser: userInfo().username });
  const strace = await ensureDebianTool('strace', 'strace');
  const slow = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync', '-e', 'inject=fdatasync:delay_enter=15000'];
  const preflight = [process.execPath, programs.agent, 'preflight', '--config', here.configFile];
  const { code, stdout, stderr } = await runToEnd(strace, [...slow, ...preflight]);
  t.equal(code, 0, stderr);
  const p99 = Number(/^! disk: fsync p99 (\d+\.\d) ms, /m.exec(stdout)?.[1]);
  t.ok(p99 >= 15, stdout);
  t.match(stdout, /etcd needs at most 10 ms: under load, slow writes cause elections/);
});

t.test('data in memory is refused if the agent is the only one on the machine', mountsNeeded, async (t) => {
  const here = terminal(t);
  // As on a diskless Alpine, where /var/lib is part of a root in memory.
  here.configure({ stateDir: null, etcdUser: 'root' });
  const shell = 'mount -t tmpfs none /var/lib && exec "$@"';
  const preflight = [process.execPath, programs.agent, 'preflight', '--config', here.configFile];
  const { stdout, code } = await runToEnd('unshare', [...ownMounts, 'sh', '-c', shell, 'sh', ...preflight]);
  t.equal(code, 1);
  t.match(
    stdout,
    checkLines([
      refused(
        'file system',
        failure('data_in_memory', { path: '/var/lib/picket', fileSystem: 'tmpfs, mounted on /var/lib' }),
      ),
    ]),
  );
});
