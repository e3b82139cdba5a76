import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { exportPrivateKeyPem } from '@picket/shared/pki/keys.ts';
import t from 'tap';
import { day } from '../inventory/samples.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { createCluster, joinNode } from '../support/nodes.ts';

t.test('R8: a connection is not renegotiated: a forged certificate could replace a good one', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const { certificate, key } = await joinNode(coordinator, 1);
  const credentials = { cert: certificate, key: exportPrivateKeyPem(key) };
  const socket = await connected(coordinator, { maxVersion: 'TLSv1.2', ...credentials });
  t.equal(await renegotiated(socket), false);
});

t.test('R8: nor is one that was opened with a renewed server certificate', async (t) => {
  const coordinator = await testCoordinator(t, Date.now() - 300 * day);
  coordinator.clock.now = Date.now();
  await coordinator.running.tick();
  t.equal(await renegotiated(await connected(coordinator, { maxVersion: 'TLSv1.2' })), false);
});

t.test('TLS 1.2 without authenticated encryption is refused', async (t) => {
  const coordinator = await testCoordinator(t);
  const old = connected(coordinator, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' });
  await t.rejects(old, { message: /alert handshake failure/ });
});

t.test('busybox wget’s suite of TLS 1.2 works', async (t) => {
  const coordinator = await testCoordinator(t);
  const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256';
  const socket = await connected(coordinator, { maxVersion: 'TLSv1.2', ciphers });
  t.equal(socket.getProtocol(), 'TLSv1.2');
  socket.destroy();
});

async function connected({ port, authority }: TestCoordinator, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: authority, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

/** True if a second handshake on this connection succeeded. */
async function renegotiated(socket: TLSSocket): Promise<boolean> {
  const done = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.renegotiate({}, (error) => resolve(error === null));
  });
  socket.destroy();
  return done;
}
