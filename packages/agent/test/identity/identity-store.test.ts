import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeCredential } from '@picket/shared/pki/credential.ts';
import { spkiHash } from '@picket/shared/pki/spki.ts';
import t, { type Test } from 'tap';
import { hostFiles } from '../../src/host/files/files.ts';
import { identityStore } from '../../src/identity/identity-store.ts';
import { authority, credential } from '../pki.ts';
import { refusal, temporaryFolder } from '../support.ts';

const ca = await authority('control');
const held = await credential(ca, { usage: 'node', sans: [{ type: 'uri', value: 'urn:picket:node:node0001' }] });
const renewed = await credential(ca, { usage: 'node', sans: [{ type: 'uri', value: 'urn:picket:node:node0001' }] });
const others = await credential(ca, { usage: 'node', sans: [{ type: 'uri', value: 'urn:picket:node:node0002' }] });
const node = {
  nodeId: 'node0001',
  cluster: 'k3s',
  member: { name: 'a', address: '127.0.0.11', ports: { client: 2379, peer: 2380, metrics: 2381 } },
  coordinator: 'https://localhost:7443',
};

async function joined(t: Test) {
  const folder = temporaryFolder(t);
  const store = identityStore(hostFiles(), folder);
  await store.keep({ node, credential: held, controlCertificates: ca.certificate.pem });
  return { folder, store };
}

t.test('a machine that has not joined has no identity', async (t) => {
  t.equal(await identityStore(hostFiles(), temporaryFolder(t)).load(), null);
});

t.test('a stored identity is loaded', async (t) => {
  const { store } = await joined(t);
  const identity = await store.load();
  t.strictSame(identity?.node, node);
  t.equal(identity?.credentialPem, writeCredential(held));
  t.equal(identity?.credential.certificate.serial, held.certificate.serial);
});

t.test('R9: certificate and key of a renewal change together, in one file', async (t) => {
  const { store, folder } = await joined(t);
  await store.keepCredential(renewed);
  t.equal(readFileSync(join(folder, 'identity.pem'), 'utf8'), writeCredential(renewed));
  t.equal((await store.load())?.credential.certificate.serial, renewed.certificate.serial);
});

t.test('the key is made only once', async (t) => {
  const store = identityStore(hostFiles(), temporaryFolder(t));
  t.equal(spkiHash(await store.loadOrMakeKey()), spkiHash(await store.loadOrMakeKey()));
});

t.test('a joined machine joins again with the key of its identity', async (t) => {
  const { store } = await joined(t);
  t.equal(spkiHash(await store.loadOrMakeKey()), held.certificate.spkiHash);
});

t.test('R15: the key for a renewal is made once, and a new one after it is in use', async (t) => {
  const { store } = await joined(t);
  const key = await store.loadOrMakeNextKey(held);
  t.not(spkiHash(key), held.certificate.spkiHash);
  t.equal(spkiHash(await store.loadOrMakeNextKey(held)), spkiHash(key), 'until the answer');
  const inUse = { ...renewed, key, certificate: { ...renewed.certificate, spkiHash: spkiHash(key) } };
  t.not(spkiHash(await store.loadOrMakeNextKey(inUse)), spkiHash(key));
});

t.test('a join keeps the key of its identity while a renewal is in progress', async (t) => {
  const { store } = await joined(t);
  await store.loadOrMakeNextKey(held);
  t.equal(spkiHash(await store.loadOrMakeKey()), held.certificate.spkiHash);
});

t.test('a new key replaces one that a failing card has damaged', async (t) => {
  const folder = temporaryFolder(t);
  const store = identityStore(hostFiles(), folder);
  writeFileSync(join(folder, 'identity.key'), '\0\0\0');
  t.equal((await store.loadOrMakeKey()).type, 'private');
});

t.test('a bundle with a private key in it does not replace the old one', async (t) => {
  const { store } = await joined(t);
  t.equal((await refusal(store.keepControlCertificates(writeCredential(held)))).code, 'bundle_holds_key');
  t.equal((await store.load())?.controlCertificates, ca.certificate.pem);
});

t.test('files that do not belong together are reported as damaged', async (t) => {
  const { store, folder } = await joined(t);
  await store.keepCredential(others);
  t.strictSame(await refusal(store.load()), {
    code: 'identity_damaged',
    facts: { path: folder, problem: 'identity.pem is not the certificate of node node0001, which node.json names' },
  });
});

t.test('R11: a damaged credential is not repeated', async (t) => {
  const { store, folder } = await joined(t);
  const text = readFileSync(join(folder, 'identity.pem'), 'utf8');
  writeFileSync(join(folder, 'identity.pem'), text.replace('-----END PRIVATE KEY-----', ''));
  const said = await refusal(store.load());
  t.equal(said.code, 'identity_damaged');
  t.notMatch(JSON.stringify(said), /MIGH/);
});
