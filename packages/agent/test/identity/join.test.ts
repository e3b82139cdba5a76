import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { PicketError } from '@picket/shared/errors.ts';
import { readCsr } from '@picket/shared/pki/csr.ts';
import { generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import type { JoinRequest } from '@picket/shared/protocol/join.ts';
import { formatJoinString } from '@picket/shared/protocol/join-string.ts';
import t, { type Test } from 'tap';
import { patternOf } from '../../../../test/support/said.ts';
import { systemClock } from '../../src/host/clock.ts';
import { hostFiles } from '../../src/host/files/files.ts';
import { identityStore } from '../../src/identity/identity-store.ts';
import { type Joined, type JoinRequestOptions, join } from '../../src/identity/join.ts';
import type { AgentFailpoint } from '../../src/program/failpoints.ts';
import { httpsServer, sendJson, type TestServer } from '../https-server.ts';
import { authority, credentialPem, leaf, localhost } from '../pki.ts';
import { refusal, temporaryFolder } from '../support.ts';

const ca = await authority('control');
const attackersCa = await authority('control');
const server = await credentialPem(ca, { usage: 'coordinator', sans: localhost });
const attackers = await credentialPem(attackersCa, { usage: 'coordinator', sans: localhost });
const elsewhere = await credentialPem(ca, {
  usage: 'coordinator',
  sans: [{ type: 'dns', value: 'coordinator.example' }],
});
const otherPublicKey = publicKeyOf(await generateKey('p256'));

const secret = 'a-secret-of-at-least-128-bits-x';
const tokenId = 'token0001';
const joinString = formatJoinString({ tokenId, secret, pin: ca.certificate.spkiHash });
const member = { name: 'a', address: '127.0.0.11', ports: { client: 2379, peer: 2380, metrics: 2381 } };
const names = [{ name: 'a.example', addresses: ['127.0.0.11'], usedBy: 'clients' }] as const;
const facts = {
  addresses: ['127.0.0.1'],
  agentVersion: '0.1.0',
  etcdVersion: '3.5.16',
  os: 'Alpine Linux v3.22',
  arch: 'arm64',
  layout: { etcDir: '/etc/etcd', dataRoot: '/var/lib/picket/etcd', logFile: '/var/log/etcd/etcd.log' },
};

interface CoordinatorOptions {
  readonly credential?: string;
  readonly bundle?: string;
  /** What it issues instead of a certificate for the requested key. */
  readonly issue?: (request: JoinRequest) => string;
}

/** A coordinator whose token works once for one key, and again for that same key. */
async function coordinator(t: Test, options: CoordinatorOptions = {}): Promise<TestServer> {
  let usedBy: string | undefined;
  const { credential = server, bundle = ca.certificate.pem, issue = issued } = options;
  return httpsServer(t, {
    credential,
    respond(seen, response) {
      if (seen.path === '/v1/trust-bundle') return sendJson(response, 200, { controlCertificates: bundle });
      const request = JSON.parse(seen.body) as JoinRequest;
      const key = readCsr(request.csr).spkiHash;
      usedBy ??= key;
      if (usedBy !== key)
        return sendJson(response, 401, { code: 'token_used_up', message: 'It is used up.', hint: '', details: {} });
      const certificate = issue(request);
      const answer = {
        nodeId: 'node0001',
        cluster: 'k3s',
        member,
        names,
        certificate,
        controlCertificates: bundle,
        now: '2026-01-01T00:00:00Z',
      };
      return sendJson(response, 200, answer);
    },
  });
}

function issued({ csr }: JoinRequest): string {
  return leaf(ca, readCsr(csr).publicKey, { usage: 'node', sans: [{ type: 'uri', value: 'urn:picket:node:node0001' }] })
    .pem;
}

interface Machine {
  readonly stateDir: string;
  readonly store: ReturnType<typeof identityStore>;
  /** The coordinator that its journal follows. */
  readonly followed: { now: { inventory: string; stateDir: string } | null };
  /** Joins once, dying at a failpoint if one is named. */
  readonly run: (url: string, options?: Partial<JoinRequestOptions>, dieAt?: AgentFailpoint) => ReturnType<typeof join>;
}

function machine(t: Test): Machine {
  const stateDir = joinPath(temporaryFolder(t), 'picket');
  const store = identityStore(hostFiles(), stateDir);
  const followed: Machine['followed'] = { now: null };
  const run: Machine['run'] = (url, options = {}, dieAt) => {
    function failpoint(name: AgentFailpoint): void {
      if (name === dieAt) throw new Error(`died at ${name}`);
    }
    return join(
      { store, clock: systemClock(), failpoint, preflight: async () => facts, follows: async () => followed.now },
      { url, joinString, name: 'a', ...options },
    );
  };
  return { stateDir, store, followed, run };
}

function sentSecrets({ seen }: TestServer): number {
  return seen.filter((request) => JSON.stringify(request).includes(secret)).length;
}

t.test('a join gives the machine its identity, for its own key', async (t) => {
  const there = await coordinator(t);
  const { run, store, stateDir } = machine(t);
  const node = { nodeId: 'node0001', cluster: 'k3s', member, coordinator: there.url };
  const { clockOffsetMs, ...joined } = (await run(there.url)) as Extract<Joined, { kind: 'joined' }>;
  t.strictSame(joined, { kind: 'joined', node, names, release: null });
  t.type(clockOffsetMs, 'number');
  const identity = await store.load();
  t.strictSame(identity?.node, node);
  t.strictSame(identity?.controlCertificates, ca.certificate.pem);
  t.strictSame(readdirSync(stateDir).sort(), ['control-ca.pem', 'identity.pem', 'node.json']);
});

t.test('R7: the key is readable for its owner only and is not sent', async (t) => {
  const there = await coordinator(t);
  const { run, stateDir } = machine(t);
  await run(there.url);
  t.equal(statSync(joinPath(stateDir, 'identity.pem')).mode & 0o777, 0o600);
  t.equal(statSync(stateDir).mode & 0o777, 0o711);
  t.notMatch(JSON.stringify(there.seen), /PRIVATE KEY/);
});

t.test('the node sends its name and facts, and the secret only in the body', async (t) => {
  const there = await coordinator(t);
  await machine(t).run(there.url);
  const request = there.seen.find(({ path }) => path === '/v1/join');
  t.match(JSON.parse(request?.body ?? ''), { tokenId, secret, node: { name: 'a', ...facts } });
  t.equal(sentSecrets(there), 1);
});

t.test('a server with another authority gets no secret: pin_mismatch', async (t) => {
  const there = await coordinator(t, { credential: attackers, bundle: attackersCa.certificate.pem });
  t.equal((await refusal(machine(t).run(there.url))).code, 'pin_mismatch');
  t.equal(sentSecrets(there), 0);
});

t.test('a man in the middle who passes on the true bundle gets no secret', async (t) => {
  const there = await coordinator(t, { credential: attackers });
  t.equal((await refusal(machine(t).run(there.url))).code, 'coordinator_unreachable');
  t.equal(sentSecrets(there), 0);
});

t.test('a machine that only has its host name says so, and stays what it has become', async (t) => {
  const there = await coordinator(t);
  const { run } = machine(t);
  t.match(await run(there.url, { name: 'alpine', hostNamed: true }), { kind: 'joined', node: { member } });
  const sent = there.seen.find(({ path }) => path === '/v1/join');
  t.match(JSON.parse(sent?.body ?? ''), { node: { name: 'alpine' }, hostNamed: true });
  t.match(await run(there.url, { name: 'alpine', hostNamed: true }), { kind: 'already', node: { member } });
});

t.test('a machine that gave its name with a domain is still what it has become', async (t) => {
  const there = await coordinator(t);
  const { run } = machine(t);
  const name = `A.${'long-label.'.repeat(20)}example`;
  t.match(await run(there.url, { name }), { kind: 'joined', node: { member } });
  for (const again of [name, 'a', 'A.example.'])
    t.match(await run(there.url, { name: again }), { kind: 'already' }, again);
  t.equal((await refusal(run(there.url, { name: 'ab.example' }))).code, 'already_joined');
});

t.test('a man in the middle who adds his own authority to the true bundle gets no secret', async (t) => {
  const there = await coordinator(t, {
    credential: attackers,
    bundle: ca.certificate.pem + attackersCa.certificate.pem,
  });
  t.equal((await refusal(machine(t).run(there.url))).code, 'coordinator_unreachable');
  t.equal(sentSecrets(there), 0);
});

t.test('a coordinator reached by a name that its certificate lacks gets no secret', async (t) => {
  const there = await coordinator(t, { credential: elsewhere });
  t.strictSame(await refusal(machine(t).run(there.url)), {
    code: 'coordinator_name_mismatch',
    facts: { host: 'localhost', names: 'coordinator.example' },
  });
  t.equal(sentSecrets(there), 0);
});

t.test('an unreadable bundle is reported as such', async (t) => {
  const there = await coordinator(t, { bundle: 'no PEM' });
  t.match(await refusal(machine(t).run(there.url)), {
    code: 'coordinator_answer_invalid',
    facts: { problem: /its trust bundle cannot be read/ },
  });
});

for (const point of ['join.after-key', 'join.before-request', 'join.after-answer', 'join.after-identity'] as const) {
  t.test(`after a crash at ${point} a rerun ends with an identity, the token used by one key`, async (t) => {
    const there = await coordinator(t);
    const { run, store } = machine(t);
    await t.rejects(run(there.url, {}, point), { message: `died at ${point}` });
    await run(there.url);
    t.equal((await store.load())?.node.nodeId, 'node0001');
  });
}

t.test('a lost answer does not burn the token: the retry has the same key', async (t) => {
  const there = await coordinator(t);
  const answer = there.respond;
  const { run, store } = machine(t);
  there.respond = (seen, response) => {
    if (seen.path !== '/v1/join') return answer(seen, response);
    response.socket?.destroy();
    there.respond = answer;
  };
  t.equal((await refusal(run(there.url))).code, 'coordinator_unreachable');
  await run(there.url);
  t.equal((await store.load())?.node.nodeId, 'node0001');
});

t.test('a second join is refused, and sends nothing', async (t) => {
  const there = await coordinator(t);
  const { run } = machine(t);
  await run(there.url);
  const before = there.seen.length;
  t.match(await run(there.url), { kind: 'already', node: { nodeId: 'node0001' } });
  t.equal(there.seen.length, before);
});

t.test('a second join with --again uses the same key', async (t) => {
  const there = await coordinator(t);
  const { run } = machine(t);
  await run(there.url);
  t.match(await run(there.url, { again: true }), { kind: 'joined' });
});

t.test('a machine that has joined elsewhere, or as another member, stays as it is', async (t) => {
  const there = await coordinator(t);
  const { run } = machine(t);
  await run(there.url);
  const otherPin = formatJoinString({ tokenId, secret, pin: attackersCa.certificate.spkiHash });
  const before = there.seen.length;
  t.equal((await refusal(run('https://elsewhere.example'))).code, 'already_joined');
  t.equal((await refusal(run(there.url, { name: 'b' }))).code, 'already_joined');
  t.equal((await refusal(run(there.url, { joinString: otherPin }))).code, 'already_joined');
  t.equal(there.seen.length, before);
});

t.test(
  'R5: a node that follows one coordinator joins no other, with --again or without, and sends nothing',
  async (t) => {
    const there = await coordinator(t);
    const here = machine(t);
    await here.run(there.url);
    here.followed.now = { inventory: 'inventory1', stateDir: here.stateDir };
    const other = await coordinator(t, { credential: attackers, bundle: attackersCa.certificate.pem });
    const otherString = formatJoinString({ tokenId, secret, pin: attackersCa.certificate.spkiHash });
    const before = readFileSync(joinPath(here.stateDir, 'identity.pem'), 'utf8');
    const tryIt = (again: boolean) => refusal(here.run(other.url, { joinString: otherString, again }));
    for (const again of [true, false]) {
      t.strictSame(await tryIt(again), { code: 'follows_another', facts: here.followed.now });
    }
    writeFileSync(joinPath(here.stateDir, 'node.json'), '');
    t.equal((await tryIt(false)).code, 'follows_another', 'a damaged identity does not allow it either');
    t.strictSame(other.seen, []);
    t.equal(readFileSync(joinPath(here.stateDir, 'identity.pem'), 'utf8'), before);
    t.match(await here.run(there.url, { again: true }), { kind: 'joined' }, 'at its own it can, which is the repair');
  },
);

t.test('a machine that cannot become a node sends nothing', async (t) => {
  const there = await coordinator(t);
  const { store } = machine(t);
  const unfit = join(
    {
      store,
      clock: systemClock(),
      failpoint: () => {},
      preflight: () => Promise.reject(new Error('unfit')),
      follows: async () => null,
    },
    { url: there.url, joinString, name: 'a' },
  );
  await t.rejects(unfit, { message: 'unfit' });
  t.strictSame(there.seen, []);
});

const badIssues: readonly [string, (request: JoinRequest) => string, RegExp][] = [
  [
    'for another key',
    () => leaf(ca, otherPublicKey, { usage: 'node', sans: [{ type: 'uri', value: 'urn:picket:node:node0001' }] }).pem,
    /for another key/,
  ],
  [
    'for another node',
    ({ csr }) =>
      leaf(ca, readCsr(csr).publicKey, { usage: 'node', sans: [{ type: 'uri', value: 'urn:picket:node:node0002' }] })
        .pem,
    /not for node node0001/,
  ],
  [
    'of another authority',
    ({ csr }) =>
      leaf(attackersCa, readCsr(csr).publicKey, {
        usage: 'node',
        sans: [{ type: 'uri', value: 'urn:picket:node:node0001' }],
      }).pem,
    new RegExp(patternOf(new PicketError('certificate_untrusted', {}).message)),
  ],
  ['that is none', () => 'no PEM', /cannot be used/],
];
for (const [name, issue, problem] of badIssues) {
  t.test(`a certificate ${name} is refused, and nothing is kept`, async (t) => {
    const there = await coordinator(t, { issue });
    const { run, stateDir } = machine(t);
    t.match(await refusal(run(there.url)), { code: 'coordinator_answer_invalid', facts: { problem } });
    t.notOk(existsSync(joinPath(stateDir, 'identity.pem')));
  });
}

t.test('R11: no error repeats the secret', async (t) => {
  const there = await coordinator(t, { issue: () => secret });
  t.notMatch(JSON.stringify(await refusal(machine(t).run(there.url))), secret);
  t.notMatch(JSON.stringify(await refusal(machine(t).run(there.url, { joinString: `${joinString}x` }))), secret);
});

t.test('joining repairs a damaged identity, with the key that is left', async (t) => {
  const there = await coordinator(t);
  const { run, store, stateDir } = machine(t);
  await run(there.url);
  writeFileSync(joinPath(stateDir, 'node.json'), '');
  t.equal((await refusal(store.load())).code, 'identity_damaged');
  await run(there.url);
  t.equal((await store.load())?.node.nodeId, 'node0001');
  t.match(readFileSync(joinPath(stateDir, 'identity.pem'), 'utf8'), /PRIVATE KEY/);
});
