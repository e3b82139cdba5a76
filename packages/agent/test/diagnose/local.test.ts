import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { diagnose } from '@picket/shared/diagnosis/diagnose.ts';
import { splitPem, toPem } from '@picket/shared/pki/pem.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { judgeFiles } from '../../src/diagnose/judge-files.ts';
import { look } from '../../src/diagnose/look.ts';
import { readAnyConf } from '../../src/diagnose/read-any-conf.ts';
import { localScene, ownWord, type Sights } from '../../src/diagnose/scene.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { inspection } from '../../src/host/inspection.ts';
import { hostNetwork } from '../../src/host/network.ts';
import { noInit } from '../../src/host/no-init.ts';
import { confReader } from '../../src/model/conf.ts';
import { plan } from '../../src/reconcile/plan/plan.ts';
import { authority, credentialPem, localhost } from '../pki.ts';
import { accepted, asDesired, paths } from '../reconcile/samples.ts';
import { temporaryFolder } from '../support.ts';

const ca = await authority('ca');
const pem = (commonName: string) => credentialPem(ca, { usage: 'server', sans: localhost, commonName });
const now = Date.now();

const conf = (changes: object = {}) => ({
  name: 'm-1',
  'listen-client-urls': 'https://127.0.0.1:2379',
  'advertise-client-urls': 'https://127.0.0.1:2379',
  'initial-cluster': 'm-1=https://127.0.0.1:2380,m-2=https://m-2.edge.huatai.me:2380',
  'client-transport-security': {
    'cert-file': '/etc/etcd/server.pem',
    'key-file': '/etc/etcd/server-key.pem',
    'trusted-ca-file': '/etc/etcd/ca.pem',
    'client-cert-auth': true,
  },
  ...changes,
});

const machine: Sights['machine'] = {
  ...{ disk: null, memory: null, temperatureCelsius: null, clockOffsetMs: null, walFsyncP99Ms: null },
};

const nothing: Sights = {
  ...{
    now,
    conf: null,
    confPath: '/etc/etcd/conf.yml',
    contents: new Map(),
    lines: [],
    isRunning: true,
    noSpace: null,
  },
  ...{ resolved: new Map(), reached: new Set() },
  ...{ machine, more: [], joined: null },
};

const causes = (changes: Partial<Sights>) => diagnose(localScene({ ...nothing, ...changes })).map(({ cause }) => cause);

/** The reasons of these files, with the server certificate and its key in files of their own. */
async function judged({ key = 'a', at = now } = {}) {
  const pems = new Map([
    ['a', await pem('a')],
    ['b', await pem('b')],
  ]);
  const part = (name: string, label: RegExp) =>
    splitPem(pems.get(name) ?? '', 'test')
      .filter((block) => label.test(block.label))
      .map((block) => toPem(block.label, block.der))
      .join('');
  const contents = new Map([
    ['/etc/etcd/server.pem', part('a', /CERTIFICATE/)],
    ['/etc/etcd/server-key.pem', part(key, /KEY/)],
    ['/etc/etcd/ca.pem', ca.certificate.pem],
  ]);
  const read = readAnyConf(JSON.stringify(conf()));
  if (read === null) throw new Error('it is a conf.yml');
  const reasons = judgeFiles(read, '/etc/etcd/conf.yml', contents, at);
  t.notMatch(JSON.stringify(reasons), 'PRIVATE', 'R11: no key in a reason');
  return reasons.map(({ code }) => code);
}

t.test('files of one pair are fine; a key of another is found; dates by this clock', async (t) => {
  t.strictSame(await judged(), []);
  t.strictSame(await judged({ key: 'b' }), ['file_key_differs']);
  t.strictSame(await judged({ at: 0 }), ['file_begins_later']);
  t.strictSame(await judged({ at: now + 400 * 86_400_000 }), ['file_ended']);
});

t.test('a conf.yml is read as etcd reads it, whoever wrote it; what is none is not', async (t) => {
  const seed = [
    "name: 'x-k3s-m-1'",
    'listen-peer-urls: https://192.168.7.11:2380',
    'listen-client-urls: https://192.168.7.11:2379,https://127.0.0.1:2379',
    'unknown-key: 7',
    'initial-cluster: x-k3s-m-1=https://x-k3s-m-1.edge.huatai.me:2380',
    'log-outputs: [/var/log/etcd/etcd.log]',
  ].join('\n');
  t.match(readAnyConf(seed), {
    name: 'x-k3s-m-1',
    logFile: '/var/log/etcd/etcd.log',
    listen: [{ key: 'listen-peer-urls' }, { url: 'https://192.168.7.11:2379' }, { url: 'https://127.0.0.1:2379' }],
    members: [{ name: 'x-k3s-m-1', host: 'x-k3s-m-1.edge.huatai.me' }],
  });
  for (const text of ['', '- a', 'a: [', 'x'.repeat(70_000), 'a: &a [*a]'])
    t.equal(readAnyConf(text), null, text.slice(0, 9));
});

t.test('what the machine shows: disk, heat, throttling, clock', async (t) => {
  const disk = { totalBytes: 29e9, freeBytes: 1e6 };
  t.strictSame(causes({}), []);
  t.strictSame(causes({ machine: { ...machine, disk } }), ['cause_disk_full']);
  t.strictSame(causes({ machine: { ...machine, temperatureCelsius: 85 } }), ['cause_hot']);
  t.strictSame(causes({ more: [reason('board_throttled', { isNow: true, underVoltage: true })] }), ['cause_hot']);
  t.strictSame(causes({ machine: { ...machine, clockOffsetMs: 3_600_000 } }), ['cause_clock']);
});

/** A line that etcd has written so many seconds before the diagnosis. */
const line = (secondsAgo: number, msg: string) =>
  JSON.stringify({ level: 'warn', ts: new Date(now - secondsAgo * 1000).toISOString(), msg });

const refused = (secondsAgo: number, address = '10.0.0.9') =>
  line(secondsAgo, `dial tcp ${address}:2380: connect: connection refused`);

t.test('what an etcd that runs has not repeated for a minute is over; of one that is down it is not', async (t) => {
  t.strictSame(causes({ lines: [refused(59)] }), ['cause_peer_refused']);
  t.strictSame(causes({ lines: [refused(61)] }), []);
  t.strictSame(causes({ lines: [refused(61)], isRunning: false }), ['cause_peer_refused']);
});

t.test('what an earlier run of an etcd that runs has logged is over', async (t) => {
  const taken = line(20, 'listen tcp 10.0.0.1:2379: bind: address already in use');
  const lines = [taken, line(10, 'starting an etcd server')];
  t.strictSame(causes({ lines }), []);
  t.strictSame(causes({ lines: [taken], isRunning: false }), ['cause_port_taken'], 'its conf.yml is not known');
});

t.test('a database that is full stays so until its alarm is disarmed: etcd says it only once', async (t) => {
  const raised = JSON.stringify({
    ...{ level: 'warn', ts: new Date(now - 120_000).toISOString() },
    ...{ msg: 'alarm raised', alarm: 'NOSPACE' },
  });
  t.strictSame(causes({ lines: [raised] }), ['cause_database_full']);
  t.strictSame(causes({ lines: [raised], noSpace: false }), [], 'and etcd 3.6 does not log its end');
});

t.test('whether its database is full is asked of an etcd that runs: etcd 3.6 does not log the alarm', async (t) => {
  const folder = temporaryFolder(t);
  const confPath = join(folder, 'conf.yml');
  let answer = { status: 200, body: '' };
  const server = createHttpServer((_request, response) => {
    response.writeHead(answer.status).end(answer.body);
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  writeFileSync(confPath, JSON.stringify(conf({ 'listen-metrics-urls': `http://127.0.0.1:${port}` })));
  const etcd = { pid: 1, startTicks: 1, argv: ['etcd', confPath] };
  const seen = async (status: number, body: string, running = [etcd]) => {
    answer = { status, body };
    return look({
      ...{ ...lookingAt(folder), confPath, logFile: join(folder, 'etcd.log') },
      inspection: { ...quietInspection, processes: async () => running },
    });
  };
  const full = await seen(503, '{"health":"false","reason":"ALARM NOSPACE"}');
  t.ok(causes({ ...full, machine }).includes('cause_database_full'));
  t.equal((await seen(200, '{"health":"true","reason":""}')).noSpace, false);
  t.equal((await seen(503, '{"health":"false","reason":"RAFT NO LEADER"}')).noSpace, null, 'it says nothing of alarms');
  t.equal((await seen(503, '{"health":"false","reason":"ALARM NOSPACE"}', [])).noSpace, null, 'it does not run');
});

t.test('of an etcd that is down, a port that is free by now is not taken', async (t) => {
  const lines = [line(30, 'listen tcp 127.0.0.1:2379: bind: address already in use')];
  const down = { lines, isRunning: false, conf: readAnyConf(JSON.stringify(conf())) };
  t.notOk(causes(down).includes('cause_port_taken'));
  const by = 'nginx uses it';
  const more = [reason('port_to_be_free', { purpose: 'listen-client-urls', port: 2379, host: '127.0.0.1', by })];
  t.ok(causes({ ...down, more }).includes('cause_port_taken'));
});

t.test('a peer that takes connections by now refuses none', async (t) => {
  const [lines, reached] = [[refused(30), refused(30, '10.0.0.8')], new Set(['10.0.0.9'])];
  for (const isRunning of [true, false]) {
    const scene = localScene({ ...nothing, lines, reached, isRunning });
    const [finding] = diagnose(scene);
    t.strictSame(
      finding?.proof.map(({ reason: { facts } }) => facts),
      [{ remote: '10.0.0.8' }],
    );
  }
});

t.test('a look connects to the peers that have refused connections, and to no other', async (t) => {
  const folder = temporaryFolder(t);
  const confPath = join(folder, 'conf.yml');
  const [logFile, asked] = [join(folder, 'etcd.log'), [] as string[]];
  writeFileSync(confPath, JSON.stringify(conf({ 'initial-advertise-peer-urls': 'https://127.0.0.1:23800' })));
  writeFileSync(logFile, [refused(30), refused(30, '10.0.0.8'), refused(30, '10.0.0.8'), ''].join('\n'));
  const { reached } = await look({
    ...{ ...lookingAt(folder), confPath, logFile },
    inspection: {
      ...quietInspection,
      connects: async (host, port) => {
        asked.push(`${host}:${port}`);
        return host === '10.0.0.9';
      },
    },
  });
  t.strictSame([...reached], ['10.0.0.9']);
  t.strictSame(asked.toSorted(), ['10.0.0.8:23800', '10.0.0.9:23800']);
});

t.test('whether a program listens at an address', async (t) => {
  const { connects } = inspection('');
  const server = createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.equal(await connects('127.0.0.1', port), true);
  server.close();
  await once(server, 'close');
  t.equal(await connects('127.0.0.1', port), false);
});

const quietInspection = { ...inspection(''), resolve: async () => ({ addresses: [] }) };

/** What a look at this folder needs. */
function lookingAt(folder: string) {
  const host = {
    ...{ files: hostFiles(), init: noInit, network: hostNetwork(), boot: null, isShuttingDown: async () => false },
    clock: { now: () => now, monotonic: () => 0, sleep: async () => {} },
    etcdFile: async () => null,
  };
  const readings = { disk: async () => null, memory: async () => null, temperature: async () => null };
  return { host, inspection: quietInspection, readings, buildTime: now + 1000, dataFolder: folder };
}

t.test('R13: a look at a machine changes nothing, and takes what cannot be read for unknown', async (t) => {
  const folder = temporaryFolder(t);
  const confPath = join(folder, 'conf.yml');
  const throttled = join(folder, 'get_throttled');
  writeFileSync(throttled, '50005\n');
  mkdirSync(join(folder, 'server.pem'));
  const tls = { 'cert-file': join(folder, 'server.pem'), 'trusted-ca-file': join(folder, 'ca.pem') };
  writeFileSync(confPath, JSON.stringify(conf({ 'client-transport-security': tls })));
  const files = hostFiles();
  const before = await files.list(folder);
  const sights = await look({
    ...{ ...lookingAt(folder), confPath, throttled, logFile: join(folder, 'etcd.log') },
  });
  t.strictSame(await files.list(folder), before);
  t.strictSame(
    [...sights.contents],
    [[join(folder, 'ca.pem'), null]],
    'a folder is not read, a missing file is missing',
  );
  t.strictSame(
    sights.more.map(({ code }) => code).filter((code) => code !== 'port_to_be_free'),
    ['etcd_name_unknown', 'clock_before_build', 'board_throttled'],
  );
});

t.test('R19: an etcd that a hold stopped blames no peer by what it logged before, and the hold is named', async (t) => {
  const hold = { id: 'permit000001', act: 'hold', stop: true, forSeconds: 600, validForSeconds: 90 } as const;
  const ran = asDesired();
  const held = { permit: hold.id, boot: ran.boot, since: ran.monotonic, stopped: true };
  const current = { ...ran, etcd: null, service: { kind: 'stopped' }, journal: { ...ran.journal, held } } as const;
  const word = ownWord(current, plan(accepted({ permit: hold }), current, paths, confReader()), paths.dataRoot);
  const joined = { cluster: 'x-k3s', member: { name: 'm-1', address: '10.0.0.1', memberId: null }, ...word };
  const lines = [line(117, 'dial tcp 10.0.0.9:2380: i/o timeout'), refused(29)];
  const scene = localScene({ ...nothing, lines, isRunning: false, joined });
  t.match(diagnose(scene), [{ cause: 'cause_held', members: ['m-1'], next: { command: 'picket-agent release' } }]);
  t.equal(diagnose(scene).length, 1);
  const runs = localScene({ ...nothing, lines, joined: { ...joined, rests: false, said: [] } });
  t.match(diagnose(runs), [{ cause: 'cause_peer_refused' }], 'of one that runs, the log speaks of now');
});

t.test('R19: an etcd that somebody stopped blames no peer by what it logged before', async (t) => {
  for (const end of ['received signal; shutting down', 'closed etcd server']) {
    const lines = [refused(29), line(20, end)];
    t.strictSame(causes({ lines, isRunning: false }), [], end);
    const taken = line(9, 'listen tcp 10.0.0.1:2379: bind: address already in use');
    t.strictSame(causes({ lines: [...lines, taken], isRunning: false }), ['cause_port_taken'], 'what it logged after');
  }
});
