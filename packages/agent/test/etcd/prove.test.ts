import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import t from 'tap';
import { until } from '../../../../test/support/until.ts';
import { gatewayConnection } from '../../src/etcd/gateway-call.ts';
import { type ProofRequest, prover } from '../../src/etcd/prove.ts';
import { authority, credentialPem, localhost } from '../pki.ts';
import { startEtcd } from './etcd-process.ts';

const ca = await authority('the CA');
const other = await authority('another CA');
const prove = prover(300);

t.test('a real etcd uses a replaced file from the next handshake on, and only that is a proof', async (t) => {
  const etcd = await startEtcd(t, ca);
  const { clientUrl, trust } = etcd.endpoint;
  const ask = (purpose: LeafPurpose, credential: string, change: Partial<ProofRequest> = {}) =>
    prover()({ purpose, clientUrl, peerUrl: etcd.peerUrl, trust, credential, ...change });
  const put = (pem: string) => {
    writeFileSync(`${etcd.serverFile}.new`, pem, { mode: 0o600 });
    renameSync(`${etcd.serverFile}.new`, etcd.serverFile);
  };
  const member = (ended = false) => credentialPem(ca, { usage: 'server', sans: localhost, ended });
  const client = (issuer = ca, ended = false) =>
    credentialPem(issuer, { usage: 'client', sans: [], commonName: 'client:a', ended });
  await until('it serves', async () => (await ask('client', etcd.endpoint.credential)).kind === 'proven', { every: 0 });

  const renewed = await member();
  for (const purpose of ['server', 'peer'] as const) {
    t.match(
      await ask(purpose, renewed),
      { kind: 'refuted', why: { code: 'shows_other_certificate' } },
      `${purpose}, before`,
    );
  }
  put(renewed);
  for (const purpose of ['server', 'peer'] as const) t.same(await ask(purpose, renewed), { kind: 'proven' }, purpose);
  t.match(await ask('server', renewed, { trust: other.certificate.pem }), { kind: 'refuted' });
  t.match(await ask('server', renewed, { clientUrl: clientUrl.replace('127.0.0.1', '127.0.0.2') }), { kind: 'down' });

  t.same(await ask('client', await client()), { kind: 'proven' });
  t.match(await ask('client', await client(other)), { kind: 'refuted', why: { code: 'new_connection_failed' } });
  t.match(await ask('client', await client(ca, true)), { kind: 'refuted' }, 'past its end');
  t.match(await ask('client', 'no PEM'), { kind: 'refuted' });

  const ended = await member(true);
  put(ended);
  t.match(await ask('server', ended), { kind: 'refuted', why: { facts: { osError: /expired/ } } });
  t.match(await ask('peer', ended), { kind: 'refuted' });
  const unsaid = { kind: 'silent', why: { code: 'shown_does_not_hold' } };
  t.match(await ask('client', await client()), unsaid, 'nothing is known of the client certificate');
});

t.test('a client certificate is proven with etcd’s authentication on', async (t) => {
  const etcd = await startEtcd(t, ca);
  const { clientUrl, trust, credential } = etcd.endpoint;
  const { call, close } = gatewayConnection(clientUrl, trust, credential);
  const asked = { clientUrl, peerUrl: etcd.peerUrl, trust, credential };
  const proven = async () => (await prover()({ ...asked, purpose: 'client' })).kind === 'proven';
  await until('it serves', proven, { every: 0 });
  await until(
    'it leads',
    () =>
      call('auth/user/add', { name: 'root', options: { no_password: true } }, 5000).then(
        () => true,
        () => false,
      ),
    { within: 20_000 },
  );
  await call('auth/user/grant', { user: 'root', role: 'root' }, 5000);
  await call('auth/enable', {}, 5000);
  await close();
  for (const purpose of ['client', 'admin'] as const)
    t.same(await prover()({ ...asked, purpose }), { kind: 'proven' }, purpose);
});

t.test('a listener that accepts connections and is silent neither proves nor refutes', async (t) => {
  const server = createServer((socket) => void socket.resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credential = await credentialPem(ca, { usage: 'server', sans: localhost });
  const request = { clientUrl: url, peerUrl: url, trust: ca.certificate.pem, credential };
  const verdicts = await Promise.all(
    (['server', 'peer', 'client'] as const).map((purpose) => prove({ ...request, purpose })),
  );
  t.same(
    verdicts.map(({ kind }) => kind),
    ['silent', 'silent', 'silent'],
  );
  server.close();
  await once(server, 'close');
  t.same(await prove({ ...request, purpose: 'peer' }), { kind: 'down' });
});

t.test('an etcd that ends while it answers has accepted the certificate', async (t) => {
  const pem = await credentialPem(ca, { usage: 'server', sans: localhost });
  const server = createHttpsServer({ key: pem, cert: pem }, (_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half');
    setImmediate(() => response.destroy());
  });
  t.teardown(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const clientUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credential = await credentialPem(ca, { usage: 'client', sans: [], commonName: 'client:a' });
  const trust = ca.certificate.pem;
  t.same(await prover()({ purpose: 'client', clientUrl, peerUrl: clientUrl, trust, credential }), { kind: 'proven' });
});
