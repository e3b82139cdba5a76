import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import type { Authority } from '../../src/pki/authority.ts';
import { certificateFromDer } from '../../src/pki/certificate.ts';
import { writeCredential } from '../../src/pki/credential.ts';
import type { CertificateUsage } from '../../src/pki/issue.ts';
import type { KeyType } from '../../src/pki/keys.ts';
import type { San } from '../../src/pki/san.ts';
import { authorityFor, keys, keyTypes, leafFor } from './support.ts';

const localhost: readonly San[] = [{ type: 'dns', value: 'localhost' }];

async function credentialPem(issuer: Authority, type: KeyType, usage: CertificateUsage, sans = localhost) {
  const key = keys[type].leaf;
  return writeCredential({ certificate: leafFor(issuer, key, { usage, sans }), chain: [], key });
}

/** Connects once; what each side found of the other: its names or `authorized`, or the code of why it is refused. */
async function handshake(
  t: Test,
  options: { server: string; serverCa: Authority; client: string; clientCa: Authority },
) {
  const server = tls.createServer({
    cert: options.server,
    key: options.server,
    ca: options.clientCa.certificate.pem,
    requestCert: true,
    // So that the reason can be seen: with true Node only resets the connection.
    rejectUnauthorized: false,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const seen = new Promise<string>((resolve) => {
    server.once('secureConnection', (socket) => {
      // The client may hang up first.
      socket.on('error', () => undefined);
      const peer = certificateFromDer(socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0));
      const refused: unknown = socket.authorizationError;
      resolve(socket.authorized ? peer.sans.map((san) => san.value).join() : String(refused));
      socket.end();
    });
    server.once('tlsClientError', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  const { port } = server.address() as AddressInfo;
  const client = tls.connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: options.serverCa.certificate.pem,
    cert: options.client,
    key: options.client,
  });
  const failed = new Promise<string>((resolve) => {
    client.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  const authorized = new Promise<string>((resolve) => {
    client.once('secureConnect', () => resolve(client.authorized ? 'authorized' : 'not authorized'));
  });
  const result = { server: await seen, client: await Promise.race([authorized, failed]) };
  client.destroy();
  return result;
}

for (const type of keyTypes) {
  const ca = authorityFor(keys[type].authority);

  t.test(`${type}: server and client trust each other over TLS, and the client is known by its URI`, async (t) => {
    const server = await credentialPem(ca, type, 'coordinator');
    const client = await credentialPem(ca, type, 'node', [{ type: 'uri', value: 'urn:picket:node:7' }]);
    t.same(await handshake(t, { server, serverCa: ca, client, clientCa: ca }), {
      server: 'urn:picket:node:7',
      client: 'authorized',
    });
  });

  t.test(`${type}: a client certificate of another authority is refused, even of one with the same name`, async (t) => {
    const server = await credentialPem(ca, type, 'coordinator');
    const client = await credentialPem(authorityFor(keys[type].other), type, 'node');
    const seen = await handshake(t, { server, serverCa: ca, client, clientCa: ca });
    t.equal(seen.server, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  t.test(`${type}: a certificate for servers only is refused from a client`, async (t) => {
    const server = await credentialPem(ca, type, 'server');
    const client = await credentialPem(ca, type, 'coordinator');
    t.equal((await handshake(t, { server, serverCa: ca, client, clientCa: ca })).server, 'INVALID_PURPOSE');
  });

  t.test(`${type}: a client does not accept a server of another authority`, async (t) => {
    const other = authorityFor(keys[type].other);
    const server = await credentialPem(other, type, 'server');
    const client = await credentialPem(ca, type, 'client');
    const seen = await handshake(t, { server, serverCa: ca, client, clientCa: ca });
    t.equal(seen.client, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });
}
