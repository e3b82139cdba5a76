import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { readCsr } from '@picket/shared/pki/csr.ts';
import type { ClientJoinAnswer, ClientJoinRequest } from '@picket/shared/protocol/join.ts';
import { formatJoinString } from '@picket/shared/protocol/join-string.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { printed } from '../../../../test/support/said.ts';
import { httpsServer, sendJson, type TestServer } from '../https-server.ts';
import { authority, credentialPem, leaf, localhost } from '../pki.ts';
import { type Terminal, terminal, treeOf } from '../terminal.ts';

const ca = await authority('control');
const server = await credentialPem(ca, { usage: 'coordinator', sans: localhost });
const secret = 'a-secret-of-at-least-128-bits-x';
const env = {
  PATH: '/nowhere',
  PICKET_JOIN: formatJoinString({ tokenId: 'token0001', secret, pin: ca.certificate.spkiHash }),
};

/** A coordinator that admits only clients. */
function coordinator(t: Test): Promise<TestServer> {
  return httpsServer(t, {
    credential: server,
    respond(seen, response) {
      const controlCertificates = ca.certificate.pem;
      if (seen.path === '/v1/trust-bundle') return sendJson(response, 200, { controlCertificates });
      if (seen.path === '/v1/node/member') return sendJson(response, 409, isClient);
      if (seen.path !== '/v1/join/client') return sendJson(response, 403, refusal);
      const { csr, node } = JSON.parse(seen.body) as ClientJoinRequest;
      const uri = { type: 'uri', value: 'urn:picket:node:node0007' } as const;
      const answer: ClientJoinAnswer = {
        nodeId: 'node0007',
        cluster: 'k3s',
        client: { name: node.name },
        names: [],
        certificate: leaf(ca, readCsr(csr).publicKey, { usage: 'node', sans: [uri] }).pem,
        controlCertificates,
        now: new Date().toISOString(),
      };
      sendJson(response, 200, answer);
    },
  });
}

const isClient = { code: 'node_is_client', message: 'It is a client.', hint: '', details: {} };
const refusal = { code: 'token_for_clients', message: 'It is for clients.', hint: 'Use --client.', details: {} };

/** A machine that has no etcd. */
function machine(t: Test): Terminal {
  const here = terminal(t);
  here.configure({ etcdBinary: null, name: null });
  return here;
}

const joinAs = (here: Terminal, url: string, ...args: string[]) =>
  here.run(['join', '--coordinator', url, '--name', 'k3s-1', ...args], { env });

t.test('join --client makes a node on a machine without an etcd, and prints the next step', async (t) => {
  const here = machine(t);
  const there = await coordinator(t);
  t.equal(await joinAs(here, there.url, '--client'), 0, here.said.err);
  for (const line of [
    /^✓ files: \S+ has no other files under the names that Picket writes$/m,
    /^✓ folders: \S+ and \S+ can be written$/m,
    /^[✓!] clock: /m,
    /^This machine is now the client k3s-1 of k3s, node node0007 at https:/m,
    /^Next: .*It keeps the client certificate and the CA bundle in \S+ up to date, and runs no etcd\.$/m,
  ]) {
    t.match(here.said.out, line);
  }
  t.notMatch(here.said.out, /architecture|disk|ports|address/);
  const sent = there.seen.find(({ path }) => path === '/v1/join/client');
  const { node } = JSON.parse(sent?.body ?? '') as ClientJoinRequest;
  t.strictSame(Object.keys(node).sort(), ['addresses', 'agentVersion', 'arch', 'name', 'os']);
  t.equal(await joinAs(here, there.url, '--client', '--output', 'json'), 0);
  t.match(JSON.parse(here.said.out), { outcome: 'already', nodeId: 'node0007', client: { name: 'k3s-1' }, checks: [] });
});

t.test('a machine that has joined as a client cannot join as a member, or as another client', async (t) => {
  const here = machine(t);
  const there = await coordinator(t);
  await joinAs(here, there.url, '--client');
  const kept = treeOf(here.folder);
  for (const args of [[], ['--client', '--name', 'k3s-2']]) {
    t.equal(await joinAs(here, there.url, ...args), 1);
    const as = { nodeId: 'node0007', kind: 'client', member: 'k3s-1', cluster: 'k3s', coordinator: there.url };
    t.equal(here.said.err, printed(failure('already_joined', as)));
  }
  t.strictSame(treeOf(here.folder), kept);
});

t.test('files under the names that a client writes are listed, and nothing is sent', async (t) => {
  const here = machine(t);
  const there = await coordinator(t);
  const theirs = join(here.etcDir, 'client.pem');
  writeFileSync(theirs, 'theirs');
  const before = treeOf(here.folder);
  t.equal(await joinAs(here, there.url, '--client'), 1);
  t.equal(here.said.err, printed(failure('foreign_files', { found: theirs })));
  t.strictSame([treeOf(here.folder), there.seen], [before, []]);
});

t.test('a refused client leaves the machine as it was', async (t) => {
  const here = machine(t);
  const there = await httpsServer(t, {
    credential: server,
    respond({ path }, response) {
      if (path === '/v1/trust-bundle') sendJson(response, 200, { controlCertificates: ca.certificate.pem });
      else sendJson(response, 403, { ...refusal, code: 'token_for_members' });
    },
  });
  const before = Object.keys(treeOf(here.folder));
  t.equal(await joinAs(here, there.url, '--client'), 1);
  t.strictSame(Object.keys(treeOf(here.folder)), before);
});

t.test('join prints the coordinator’s refusal unchanged', async (t) => {
  const here = terminal(t);
  const there = await coordinator(t);
  t.equal(await joinAs(here, there.url), 1);
  t.equal(here.said.err, 'error: It is for clients.\nhint: Use --client. (token_for_clients)\n');
  t.equal(existsSync(here.stateDir), false);
});

t.test('status shows a client, and no etcd', async (t) => {
  const here = machine(t);
  await joinAs(here, (await coordinator(t)).url, '--client');
  t.equal(await here.run(['status']), 0, here.said.err);
  t.match(here.said.out, /^CLIENT +k3s-1, which runs no etcd$/m);
  t.match(here.said.out, /^CLIENT CERT +missing$/m);
  t.match(here.said.out, new RegExp(`^WAITS FOR +${inWords(reason('first_desired_state'))}$`, 'm'));
  t.notMatch(here.said.out, /ETCD|MEMBER|SERVER CERT|PEER CERT/);
  await here.run(['status', '--output', 'json']);
  t.match(JSON.parse(here.said.out), { member: null, client: { name: 'k3s-1' } });
});

t.test('preflight --client checks what a client needs', async (t) => {
  const here = machine(t);
  t.equal(await here.run(['preflight', '--client'], { env }), 0, here.said.out);
  t.match(
    here.said.out,
    /This machine can join as the client \S+, after its host name; `join --name` names another\.\n$/,
  );
  t.notMatch(here.said.out, /etcd:/);
});
