import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { failure, type PicketError } from '@picket/shared/errors.ts';
import { exitCodeOf } from '@picket/shared/exit-codes.ts';
import { readCsr } from '@picket/shared/pki/csr.ts';
import type { OwnMember } from '@picket/shared/protocol/clusters.ts';
import type { JoinRequest } from '@picket/shared/protocol/join.ts';
import { formatJoinString } from '@picket/shared/protocol/join-string.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { printed } from '../../../../test/support/said.ts';
import { alone } from '../../src/commands/run.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { identityStore } from '../../src/identity/identity-store.ts';
import { beginJournal } from '../../src/journal/journal-store.ts';
import { installCommand } from '../../src/preflight/etcd-installed.ts';
import { releaseInstead } from '../../src/preflight/release-instead.ts';
import { httpsServer, type Respond, sendJson, type TestServer } from '../https-server.ts';
import { authority, credential, credentialPem, leaf, localhost } from '../pki.ts';
import { type Terminal, terminal, treeOf } from '../terminal.ts';

const ca = await authority('control');
const othersCa = await authority('control');
const server = await credentialPem(ca, { usage: 'coordinator', sans: localhost });
const nodeUri = { type: 'uri', value: 'urn:picket:node:node0001' } as const;
const identity = await credential(ca, { usage: 'node', sans: [nodeUri] });
const install = await installCommand(hostFiles());

const secret = 'a-secret-of-at-least-128-bits-x';
const PICKET_JOIN = formatJoinString({ tokenId: 'token0001', secret, pin: ca.certificate.spkiHash });
const member = { name: 'a', address: '127.0.0.1', ports: { client: 25_021, peer: 25_022, metrics: 25_023 } };

const stays: OwnMember = { phase: 'voter', healthy: true, rests: null, waitsFor: [] };

/** A coordinator that lets this machine join, with these ports, and then says this of its member. */
function joining(
  ports = member.ports,
  word: { readonly status: number; readonly body: object } | null = null,
): Respond {
  return (seen, response) => {
    const controlCertificates = ca.certificate.pem;
    if (seen.path === '/v1/trust-bundle') return sendJson(response, 200, { controlCertificates });
    if (seen.path === '/v1/node/member') return sendJson(response, word?.status ?? 200, word?.body ?? stays);
    const { csr } = JSON.parse(seen.body) as JoinRequest;
    const certificate = leaf(ca, readCsr(csr).publicKey, { usage: 'node', sans: [nodeUri] }).pem;
    const now = new Date().toISOString();
    const answer = { nodeId: 'node0001', cluster: 'k3s', member: { ...member, ports }, names: [], certificate, now };
    sendJson(response, 200, { ...answer, controlCertificates });
  };
}

const join_ = (here: Terminal, url: string, env: Record<string, string> = { PICKET_JOIN }) =>
  here.run(['join', '--coordinator', url], { env });

/** Runs the join, which must fail with exactly this error and must not send the secret. */
async function refused(t: Test, here: Terminal, there: TestServer, error: PicketError, env?: Record<string, string>) {
  t.strictSame([await join_(here, there.url, env), here.said], [exitCodeOf(error), { out: '', err: printed(error) }]);
  t.notOk(existsSync(join(here.stateDir, 'identity.pem')), 'it has no identity');
  t.notMatch(JSON.stringify(there.seen), secret, 'nothing secret was sent');
}

/** A cluster whose members run the etcd of their system's package refuses this machine's with this error. */
async function refusedEtcd(t: Test, here: Terminal, refusal: PicketError, own: PicketError, env?: typeof process.env) {
  const there = await httpsServer(t, {
    credential: server,
    respond({ path }, response) {
      if (path === '/v1/trust-bundle') sendJson(response, 200, { controlCertificates: ca.certificate.pem });
      else sendJson(response, refusal.status, refusal.toWire());
    },
  });
  const before = Object.keys(treeOf(here.folder));
  t.equal(await here.run(['join', '--coordinator', there.url], { env: { PICKET_JOIN, ...env } }), 1);
  const unspent = 'Nothing was changed on this machine, and the join token was not used.';
  const hint = `${own.hint}\n${releaseInstead}\n${unspent}`;
  t.strictSame(here.said, { out: '', err: printed({ ...own.toWire(), hint }) });
  t.strictSame(Object.keys(treeOf(here.folder)), before, 'it leaves no trace');
  const [, request] = there.seen;
  return (JSON.parse(request?.body ?? '{}') as JoinRequest).node.etcdVersion;
}

t.test('join without etcd says so, and the refusal names the package and a release', async (t) => {
  const here = terminal(t);
  here.configure({ etcdBinary: null });
  const refusal = failure('etcd_not_installed', { problem: 'it has none', command: 'the package' });
  const own = failure('etcd_not_installed', { problem: 'there is no etcd on PATH', command: install });
  t.equal(await refusedEtcd(t, here, refusal, own, { PATH: '/nowhere' }), null);
});

t.test('join with an etcd that is too old says so, and the refusal names the command for this machine', async (t) => {
  const here = terminal(t, '3.4.30');
  const tooOld = (binary: string | null, command: string) =>
    failure('etcd_too_old', { found: reason('etcd_found', { version: '3.4.30', binary }), minimum: '3.5.0', command });
  const own = tooOld(here.etcdBinary, install);
  t.equal(await refusedEtcd(t, here, tooOld(null, 'the package'), own), '3.4.30');
});

t.test('join with a root folder that cannot be made names the obstacle', async (t) => {
  const here = terminal(t);
  writeFileSync(join(here.folder, 'file'), '');
  here.configure({ stateDir: `${here.folder}/file/picket` });
  const there = await httpsServer(t, { credential: server, respond: joining() });
  await refused(
    t,
    here,
    there,
    failure('path_not_writable', {
      path: `${here.folder}/file/picket`,
      problem: `${here.folder}/file: there is a file where a folder belongs`,
      remedy: 'Move the file away, or set another path in agent.yml.',
    }),
  );
  t.strictSame(there.seen, []);
});

t.test('R13: join beside an existing etcd changes nothing and sends nothing', async (t) => {
  const here = terminal(t);
  const data = join(here.folder, 'data');
  mkdirSync(join(data, 'member/wal'), { recursive: true });
  writeFileSync(join(data, 'member/wal/0.wal'), 'theirs');
  const conf = join(here.etcDir, 'conf.yml');
  writeFileSync(conf, `name: prod\ndata-dir: ${data}\nlisten-client-urls: https://10.0.0.1:2379\n`, { mode: 0o640 });
  const there = await httpsServer(t, { credential: server, respond: joining() });
  const before = treeOf(here.folder);
  await refused(t, here, there, failure('foreign_etcd', { found: `\n- the configuration ${conf}\n- data in ${data}` }));
  t.strictSame([treeOf(here.folder), there.seen], [before, []]);
});

t.test('a mistyped key in agent.yml is named with its line and a suggestion', async (t) => {
  const here = terminal(t);
  here.configure({ etcdBinry: '/usr/bin/etcd' });
  const problems = 'line 7: the key "etcdBinry" is unknown; did you mean etcdBinary?';
  const err = printed(failure('agent_config_invalid', { path: here.configFile, problems }));
  for (const command of ['join', 'run', 'once', 'status']) {
    t.strictSame([await here.run([command]), here.said], [2, { out: '', err }], command);
  }
});

for (const [what, text, problem] of [
  ['cut off', PICKET_JOIN.slice(0, 30), 'it has 3 parts between dots instead of 4; it may be cut off'],
  [
    'cut off in its pin',
    PICKET_JOIN.slice(0, -1),
    'a part of it has the wrong length or wrong characters; it may be cut off or mistyped',
  ],
  [
    'broken over two lines',
    PICKET_JOIN.replace('-bits', '-bi\nts'),
    'it has white space inside; it may be broken over two lines',
  ],
  ['something else', secret, 'it does not begin with "pkt1."'],
] as const) {
  t.test(
    `join names what is wrong with a join string that is ${what}, does not repeat it, and leaves no trace`,
    async (t) => {
      const here = terminal(t);
      const there = await httpsServer(t, { credential: server, respond: joining() });
      const before = treeOf(here.folder);
      await refused(t, here, there, failure('join_string_invalid', { problem }), { PICKET_JOIN: text });
      t.strictSame([treeOf(here.folder), there.seen], [before, []]);
    },
  );
}

t.test('a join string of another coordinator: no pin matches, and nothing secret is sent', async (t) => {
  const here = terminal(t);
  const there = await httpsServer(t, { credential: server, respond: joining() });
  const pin = othersCa.certificate.spkiHash;
  await refused(t, here, there, failure('pin_mismatch', { url: there.url }), {
    PICKET_JOIN: formatJoinString({ tokenId: 'token0001', secret, pin }),
  });
  t.strictSame(
    there.seen.map(({ method, path }) => `${method} ${path}`),
    ['GET /v1/trust-bundle'],
  );
  t.equal(await join_(here, there.url), 0, 'the right string joins the same machine');
});

const unreachable = (url: string, why: string) => failure('coordinator_unreachable', { url, reason: why });
const foreign = (url: string, problem: string) => failure('coordinator_answer_invalid', { url, problem });
const nothingListens = 'nothing listens there; is it running, and is the port right?';
const brokeOff = 'the connection was closed; did it restart?';

const html =
  (status: number, text: string): Respond =>
  (_seen, response) =>
    response.writeHead(status, { 'content-type': 'text/html' }).end(text);
const garbage: readonly (readonly [what: string, respond: Respond, error: (url: string) => PicketError])[] = [
  [
    'a proxy’s page',
    html(502, '<html><title>502 Bad Gateway</title></html>'),
    (url) => foreign(url, 'it answered with status 502 and the web page "502 Bad Gateway"'),
  ],
  ['a web page', html(200, '<p>hello'), (url) => foreign(url, 'it answered with a web page')],
  [
    'half of an answer',
    (_seen, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"nodeId": "no'),
    (url) => foreign(url, 'it answered with a body of another kind ("application/json")'),
  ],
  ['no connection to the end', (_seen, response) => response.socket?.destroy(), (url) => unreachable(url, brokeOff)],
];

t.test('join with a coordinator that is down', async (t) => {
  const here = terminal(t);
  const url = `https://127.0.0.1:${await closedPort()}`;
  t.strictSame([await join_(here, url), here.said], [1, { out: '', err: printed(unreachable(url, nothingListens)) }]);
  t.strictSame(readdirSync(here.stateDir), ['identity.key', 'journal.json'], 'it keeps its key for the next attempt');
});

for (const [what, respond, error] of garbage) {
  t.test(`join with a coordinator that answers with ${what}, then works again`, async (t) => {
    const here = terminal(t);
    const there = await httpsServer(t, { credential: server, respond });
    await refused(t, here, there, error(there.url));
    const well = joining();
    there.respond = (seen, response) => (seen.path === '/v1/join' ? respond : well)(seen, response);
    t.strictSame(
      [await join_(here, there.url), here.said],
      [1, { out: '', err: printed(error(there.url)) }],
      'with the last answer',
    );
    t.notOk(existsSync(join(here.stateDir, 'identity.pem')));
    const key = readFileSync(join(here.stateDir, 'identity.key'), 'utf8');
    there.respond = well;
    t.equal(await join_(here, there.url), 0);
    t.ok(readFileSync(join(here.stateDir, 'identity.pem'), 'utf8').includes(key.trim()), 'with the same key');
  });

  t.test(`once with a coordinator that answers with ${what}`, async (t) => {
    const there = await httpsServer(t, { credential: server, respond });
    const here = await joined(t, there.url);
    const before = kept(here);
    t.strictSame([await here.run(['once']), here.said], [1, { out: '', err: printed(error(there.url)) }]);
    t.strictSame(kept(here), before);
  });

  t.test(`run with a coordinator that answers with ${what}: logs it once, and again when it works`, async (t) => {
    const there = await httpsServer(t, { credential: server, respond });
    const here = await joined(t, there.url);
    const stopping = new AbortController();
    const running = here.run(['run'], { signal: stopping.signal });
    const problem = error(there.url).message;
    await logged(here, 'no desired state from the coordinator; this node goes on with its last one', problem);
    await logged(here, 'no report to the coordinator', problem);
    there.respond = (seen, response) =>
      seen.path.startsWith('/v1/node/desired-state')
        ? response.writeHead(304).end()
        : sendJson(response, 200, { everySeconds: 10, now: new Date().toISOString(), waitsFor: [] });
    await logged(here, 'the coordinator answers again');
    stopping.abort();
    t.strictSame([await running, here.said.err], [0, '']);
    t.equal(here.said.out.split('no desired state from').length, 2, 'it was logged only once');
  });
}

t.test('once with a coordinator that is down', async (t) => {
  const url = `https://127.0.0.1:${await closedPort()}`;
  const here = await joined(t, url);
  const before = kept(here);
  t.strictSame([await here.run(['once']), here.said], [1, { out: '', err: printed(unreachable(url, nothingListens)) }]);
  t.strictSame(kept(here), before);
});

for (const purpose of ['client', 'peer', 'metrics'] as const) {
  t.test(`join with a taken ${purpose} port: names the process, and the node has joined all the same`, async (t) => {
    const here = terminal(t);
    const taken = await listening(t);
    const { port } = taken.address() as AddressInfo;
    const there = await httpsServer(t, {
      credential: server,
      respond: joining({ ...member.ports, [purpose]: port }),
    });
    const holder = `${basename(process.argv0)} (pid ${process.pid}) uses it`;
    const err = printed(failure('port_taken', { purpose, port, address: '127.0.0.1', holder }));
    for (const time of ['first', 'second']) {
      t.strictSame([await join_(here, there.url), here.said], [1, { out: '', err }], time);
      t.strictSame(readdirSync(here.stateDir).sort(), ['control-ca.pem', 'identity.pem', 'journal.json', 'node.json']);
    }
    t.equal(there.seen.filter(({ path }) => path === '/v1/join').length, 1, 'it joins once');

    await alone(here.stateDir, 0, async () => {
      t.strictSame([await join_(here, there.url), here.said.err], [1, err], 'also while an agent runs');
    });
    taken.close();
    await once(taken, 'close');
    t.equal(await join_(here, there.url), 0);
    t.match(here.said.out, /^This machine is already the member a \(127\.0\.0\.1\) of k3s, node node0001/);
  });
}

const evicted = { code: 'node_evicted', message: 'Node node0001 was evicted.', hint: 'Wait for FREE.', details: {} };
const frozen = { code: 'identity_frozen', message: 'Its identity is frozen.', hint: 'Ask.', details: {} };

t.test('join on a machine whose member leaves refuses until it is free, and spends nothing', async (t) => {
  const here = terminal(t);
  const there = await httpsServer(t, { credential: server, respond: joining() });
  await join_(here, there.url);
  const kept_ = kept(here);
  const leaving = failure('member_leaving', { nodeId: 'node0001', member: 'a', cluster: 'k3s' });
  for (const [body, status, err] of [
    [{ ...stays, leaving: true }, 200, printed(leaving)],
    [evicted, 403, printed(evicted)],
  ] as const) {
    there.respond = joining(member.ports, { status, body });
    t.strictSame([await join_(here, there.url), here.said], [1, { out: '', err }]);
    t.equal(await here.run(['join', '--coordinator', there.url, '--name', 'b'], { env: { PICKET_JOIN } }), 1);
    t.equal(here.said.err, err, 'also under another name');
  }
  t.strictSame(kept(here), kept_);
  t.equal(there.seen.filter(({ path }) => path === '/v1/join').length, 1, 'it joined once');
});

t.test('join on a node says so if the coordinator does not confirm that it stays one', async (t) => {
  const here = terminal(t);
  const there = await httpsServer(t, { credential: server, respond: joining() });
  await join_(here, there.url);
  t.equal(await join_(here, there.url), 0);
  t.match(here.said.out, /^This machine is already the member a /);
  const unknown =
    /^! coordinator: (.*)\n {4}Whether operators have removed this node since is not known\..*\nThis machine is already/;
  there.respond = joining(member.ports, { status: 403, body: frozen });
  t.equal(await join_(here, there.url), 0);
  t.match(here.said.out, unknown);
  there.respond = (_seen, response) => response.destroy();
  t.equal(await join_(here, there.url), 0);
  t.match(here.said.out, unknown);
});

/** A machine that has joined the coordinator at this address. */
async function joined(t: Test, coordinator: string): Promise<Terminal> {
  const here = terminal(t);
  const node = { nodeId: 'node0001', cluster: 'k3s', member, coordinator };
  await identityStore(hostFiles(), here.stateDir).keep({
    node,
    credential: identity,
    controlCertificates: ca.certificate.pem,
  });
  await beginJournal(hostFiles(), here.stateDir);
  return here;
}

/** Everything except the journal, which counts runs. */
function kept({ folder }: Terminal): unknown {
  return Object.entries(treeOf(folder)).filter(([path]) => !path.endsWith('/picket') && !path.endsWith('journal.json'));
}

/** Resolves once the agent has logged this, with this problem. */
async function logged({ said }: Terminal, msg: string, problem?: string): Promise<void> {
  const end = Date.now() + 20_000;
  while (Date.now() < end) {
    const lines = said.out.split('\n').filter((line) => line !== '');
    const found = lines.map((line) => JSON.parse(line) as { msg: string; problem?: string });
    if (found.some((line) => line.msg === msg && line.problem === problem)) return;
    await sleep(20);
  }
  throw new Error(`It did not log "${msg}", but:\n${said.out}`);
}

async function listening(t: Test): Promise<Server> {
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.teardown(() => listener.close());
  return listener;
}

async function closedPort(): Promise<number> {
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return port;
}
