import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { issueAuthority, signCertificate } from '@picket/shared/pki/issue.ts';
import { exportPrivateKeyPem, generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import { randomSerial } from '@picket/shared/pki/serial.ts';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { configDefaults } from '../../src/config/config.ts';
import { testCoordinator } from '../support/coordinator.ts';
import { type RawCredentials, rawConnection, untilEnd } from '../support/raw-connection.ts';

const patience = { within: 30_000, every: 50 };
const ask = 'GET /v1/trust-bundle HTTP/1.1\r\nhost: x\r\n\r\n';

/** A coordinator, and what it answers to somebody at an address. */
async function attacked(t: Test, limits: Partial<(typeof configDefaults)['limits']> = {}) {
  const coordinator = await testCoordinator(t, Date.now(), { limits: { ...configDefaults.limits, ...limits } });
  const open = (localAddress: string, credentials: RawCredentials | null = null) =>
    rawConnection(coordinator, credentials, { localAddress });
  return {
    open,
    /** True for an answer; false where the connection is closed instead. */
    async answers(localAddress: string, credentials: RawCredentials | null = null): Promise<boolean> {
      try {
        const socket = await open(localAddress, credentials);
        socket.write(ask);
        return (await untilEnd(socket)).startsWith('HTTP/1.1 200');
      } catch {
        return false;
      }
    },
  };
}

/** A client's certificate of a CA that nobody here knows, with that CA's. */
async function foreignChain(): Promise<RawCredentials> {
  const [authorityKey, key] = [await generateKey('p256'), await generateKey('p256')];
  const lifetime = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 3_600_000) };
  const issuer = issueAuthority({
    commonName: 'A CA of somebody',
    key: authorityKey,
    pathLength: 1,
    serial: randomSerial(),
    ...lifetime,
  });
  const shown = signCertificate({
    issuer,
    subject: { commonName: 'somebody' },
    publicKey: publicKeyOf(key),
    sans: [],
    usage: 'client',
    serial: randomSerial(),
    ...lifetime,
  });
  return { cert: shown.pem + issuer.certificate.pem, key: exportPrivateKeyPem(key) };
}

t.test('R18: an address that shows more foreign certificates than it may is refused for a while', async (t) => {
  const { answers } = await attacked(t, { foreignCertificatesPerAddressPerTenSeconds: 3 });
  const chain = await foreignChain();
  t.equal(await answers('127.0.0.2', chain), true, 'two of three');
  t.equal(await answers('127.0.0.2', chain), false, 'four of three');
  t.equal(await answers('127.0.0.2'), false, 'also without a certificate');
  t.equal(await answers('127.0.0.3', chain), true, 'another address');
  await until('it is admitted again', () => answers('127.0.0.2'), patience);
});

t.test(
  'R18: once all have shown too many foreign certificates, strangers wait, and known addresses do not',
  async (t) => {
    const coordinator = await testCoordinator(t, Date.now(), {
      limits: { ...configDefaults.limits, foreignCertificatesPerTenSeconds: 1 },
    });
    t.equal((await coordinator.admin.get('/v1/nodes')).status, 200);
    const chain = await foreignChain();
    const shown = await rawConnection(coordinator, chain, { localAddress: '127.0.0.2' });
    await untilEnd(shown);
    await t.rejects(rawConnection(coordinator, null, { localAddress: '127.0.0.3' }));
    const { certificate, key } = await coordinator.credentials('viewer');
    const known = await rawConnection(coordinator, { cert: certificate, key });
    t.equal(known.authorized, true);
  },
);

t.test('R18: who sends what no request explains is cut off, and its address is refused for a while', async (t) => {
  const { open, answers } = await attacked(t);
  const socket = await open('127.0.0.2');
  // HTTP allows empty lines before a request.
  socket.write('\r\n'.repeat(20_000));
  t.equal(await untilEnd(socket), '');
  t.equal(await answers('127.0.0.2'), false);
  t.equal(await answers('127.0.0.3'), true);
});

t.test('R18: a client that shows very many certificates is cut off', async (t) => {
  const { open, answers } = await attacked(t);
  const { cert, key } = await foreignChain();
  const [, authority = ''] = cert.split(/(?=-----BEGIN)/);
  const socket = await open('127.0.0.2', { cert: cert + authority.repeat(100), key });
  t.equal(await untilEnd(socket), '');
  t.equal(await answers('127.0.0.2'), false);
});

t.test('R18: a large body that comes with the end of the handshake is explained', async (t) => {
  const { open } = await attacked(t);
  const socket = await open('127.0.0.2');
  const body = ' '.repeat(30_000);
  socket.write(
    `POST /v1/join HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  t.match(await untilEnd(socket), /^HTTP\/1\.1 400 /);
});

t.test('R18: a newcomer waits until a connection of its address that begins no handshake is closed', async (t) => {
  const coordinator = await testCoordinator(t);
  const ended: (string | undefined)[] = [];
  coordinator.running.app.server.on('tlsClientError', ({ code }: NodeJS.ErrnoException) => ended.push(code));
  const silent = await Promise.all(
    [1, 2].map(async () => {
      const socket = connect({ host: '127.0.0.1', port: coordinator.port, localAddress: '127.0.0.2' });
      await once(socket, 'connect');
      return socket.on('error', () => undefined).resume();
    }),
  );
  const { server } = coordinator.running.app;
  const accepted = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  let isBegun = false;
  const arriving = rawConnection(coordinator, null, { localAddress: '127.0.0.2' }).finally(() => {
    isBegun = true;
  });
  await until('it is accepted', async () => (await accepted()) === 3, patience);
  const other = await rawConnection(coordinator, null, { localAddress: '127.0.0.3' });
  t.equal(isBegun, false);
  coordinator.clock.now += 3000;
  const newcomer = await arriving;
  t.notOk(ended.includes('ERR_TLS_HANDSHAKE_TIMEOUT'), 'none of them had all the time of a handshake');
  for (const socket of [...silent, other, newcomer]) socket.destroy();
});

t.test('R18: the body of a request is kept in few pieces, however small those are that come', async (t) => {
  const coordinator = await testCoordinator(t);
  const { server } = coordinator.running.app;
  const socket = await rawConnection(coordinator);
  const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
  socket.write(
    'POST /v1/join HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
  );
  const [request] = await arrived;
  let pieces = 0;
  request.on('data', () => {
    pieces += 1;
  });
  socket.write(`${'1\r\n \r\n'.repeat(30_000)}0\r\n\r\n`);
  await once(request, 'end');
  t.equal(pieces, 2);
  socket.destroy();
});
