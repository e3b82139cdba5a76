import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { issueAuthority, signCertificate } from '@picket/shared/pki/issue.ts';
import { exportPrivateKeyPem, generateKey, publicKeyOf } from '@picket/shared/pki/keys.ts';
import { randomSerial } from '@picket/shared/pki/serial.ts';
import { generateX25519Identity } from 'age-encryption';
import t, { type Test } from 'tap';
import { unpackDebianPrograms } from '../../../../test/support/debian-packages.ts';
import { startS3Server } from '../../../../test/support/s3-server.ts';
import type { SnapshotStoreConfig } from '../../src/config/config.ts';
import type { SnapshotRecord } from '../../src/inventory/inventory.ts';
import { openS3Store } from '../../src/snapshots/s3-store.ts';
import { openSnapshotFolder } from '../../src/snapshots/snapshot-folder.ts';
import type { StoreCredentials } from '../../src/snapshots/store-credentials.ts';
import { storedCopies } from '../../src/snapshots/stored-copies.ts';
import { bucketOf } from '../support/s3-bucket.ts';

const id = 'snapshot0001';
/** Two parts. */
const octets = randomBytes(9 * 1024 * 1024);
const known = { id, sizeBytes: octets.length, sha256: createHash('sha256').update(octets).digest('hex') };
const folder = t.testdir({ 'snapshot.db': octets });
const file = join(folder, 'snapshot.db');

const { ca, tls } = await ownAuthority();
const server = await startS3Server({ folder, tls });
t.teardown(() => server.stop());
const bucket = bucketOf(server, ca);
const key = `home/x-k3s/${id}.db`;

async function storeOf(
  t: Test,
  credentials: Partial<StoreCredentials> = {},
  settings: Partial<SnapshotStoreConfig> = {},
) {
  const config = { endpoint: server.url, bucket: 'etcd', prefix: 'home/', credentialsFile: '/none', ...settings };
  const store = await openS3Store(config, { ...server.key, ca, ageIdentities: undefined, ...credentials });
  t.teardown(() => store.close());
  return { store, object: store.objectOf('x-k3s', id) };
}

t.test('a snapshot of several parts is sent, found, read and removed', async (t) => {
  const { store, object } = await storeOf(t);
  t.equal(object, `s3://etcd/${key}`);
  t.equal(await store.has(object, known), false);
  await store.send(object, file, known);
  t.equal(server.seen.filter((line) => line.includes('partNumber=')).length, 2);
  t.equal(await store.has(object, known), true);
  t.equal(await store.has(object, { ...known, sha256: '0'.repeat(64) }), false);
  const read: Buffer[] = [];
  for await (const chunk of await store.read(object, id)) read.push(chunk as Buffer);
  t.ok(Buffer.concat(read).equals(octets));
  await store.remove(object);
  await store.remove(object);
  t.same(await bucket.keys(), []);
  await t.rejects(store.read(object, id), { code: 'snapshot_damaged', facts: { problem: /s3:.* is gone/ } });
});

t.test('R9: a file that differs from its record leaves nothing there', async (t) => {
  const { store, object } = await storeOf(t);
  const damaged = join(folder, 'damaged.db');
  writeFileSync(damaged, octets.subarray(0, octets.length - 1));
  await t.rejects(store.send(object, damaged, known), {
    code: 'snapshot_damaged',
    facts: { problem: /has another hash/ },
  });
  await t.rejects(store.send(object, join(folder, 'none'), known), {
    code: 'snapshot_damaged',
    facts: { problem: /is missing/ },
  });
  const unreadable = { code: 'snapshot_damaged', facts: { problem: /its file cannot be read \(EISDIR\)/ } };
  await t.rejects(store.send(object, folder, known), unreadable);
  t.same([await bucket.keys(), await bucket.halves()], [[], 0]);
});

t.test('earlier incomplete uploads are removed, and none of another key', async (t) => {
  const { store, object } = await storeOf(t);
  await bucket.begin(key);
  await bucket.begin(`${key}.other`);
  await store.send(object, file, known);
  t.equal(await bucket.halves(), 1);
  await bucket.begin(key);
  await store.remove(object);
  t.same([await bucket.keys(), await bucket.halves()], [[], 1], 'also when it is removed');
});

/** A server that answers every request in this way. */
async function storeThat(t: Test, answer: (response: ServerResponse) => void) {
  const always = createServer((_request, response) => answer(response));
  await new Promise<void>((done) => always.listen(0, '127.0.0.1', done));
  t.teardown(() => always.close());
  const { port } = always.address() as AddressInfo;
  return storeOf(t, { ca: undefined }, { endpoint: `http://127.0.0.1:${port}` });
}

function refusing(status: number, code: string, message = 'refused') {
  return (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
  };
}

t.test('an object that cannot be read says nothing about the others; one that cannot be written does', async (t) => {
  const { store, object } = await storeThat(t, refusing(503, 'SlowDownRead'));
  const refused = {
    code: 'snapshot_object_refused',
    facts: { object: /snapshot0001.db$/, problem: /^it answers 503: SlowDownRead/ },
  };
  await t.rejects(store.has(object, known), refused);
  await t.rejects(store.read(object, id), refused);
  await t.rejects(store.send(object, file, known), { code: 'snapshot_store_failed' });
});

t.test('a used up quota is an error of the store', async (t) => {
  const { store, object } = await storeThat(t, refusing(400, 'XMinioAdminBucketQuotaExceeded'));
  const told = { code: 'snapshot_store_failed', facts: { problem: /the quota of the bucket is used up/ } };
  await t.rejects(store.send(object, file, known), told);
});

t.test('an incomplete upload that disappears meanwhile does not delay the next attempt', async (t) => {
  const list =
    '<ListMultipartUploadsResult><Upload><Key>home/x-k3s/snapshot0001.db</Key><UploadId>u</UploadId></Upload></ListMultipartUploadsResult>';
  const { store, object } = await storeThat(t, (response) => {
    const { method = '', url = '' } = response.req;
    const isListed = method === 'GET' && url.includes('uploads');
    if (isListed) response.writeHead(200, { 'content-type': 'application/xml' }).end(list);
    else if (url.includes('uploadId=u')) refusing(404, 'NoSuchUpload')(response);
    else response.writeHead(204).end();
  });
  await t.resolves(store.remove(object));
});

t.test('an empty object is not the snapshot', async (t) => {
  const { store, object } = await storeThat(t, refusing(416, 'InvalidRange'));
  t.equal(await store.has(object, known), false);
});

for (const [status, code, refused] of [
  [
    403,
    'InvalidObjectState',
    { code: 'snapshot_object_refused', facts: { object: /s3:.*snapshot0001.db/, problem: /it is archived/ } },
  ],
  [400, 'InvalidRequest', { code: 'snapshot_object_refused', facts: { problem: /it answers 400: InvalidRequest/ } }],
  [403, 'AccessDenied', { code: 'snapshot_store_failed', facts: { problem: /does not allow this key to do that/ } }],
  [503, 'SlowDown', { code: 'snapshot_store_failed', facts: { problem: /it answers 503: SlowDown/ } }],
  [404, 'NoSuchBucket', { code: 'snapshot_store_failed', facts: { problem: /no such bucket/ } }],
] as const) {
  t.test(
    `${code} is an error of ${refused.code === 'snapshot_store_failed' ? 'the store' : 'one object'}`,
    async (t) => {
      const { store, object } = await storeThat(t, refusing(status, code));
      await t.rejects(store.has(object, known), refused);
      await t.rejects(store.read(object, id), refused);
      await t.rejects(store.remove(object), refused);
    },
  );
}

t.test('a broken connection is an error of the store, and a truncated object is damaged', async (t) => {
  for (const [told, code] of [
    [octets.length, 'snapshot_store_failed'],
    [1000, 'snapshot_damaged'],
  ] as const) {
    const { store, object } = await storeThat(t, (response) => {
      response.writeHead(200, { 'content-length': told });
      response.write(octets.subarray(0, 1000), () => response.destroy());
    });
    const path = t.testdir();
    const copies = storedCopies({ folder: await openSnapshotFolder(path), store });
    await t.rejects(copies.ensure({ ...known, object } as SnapshotRecord), { code });
    t.same(readdirSync(path), [], 'nothing of it is left');
  }
});

t.test('an answer of something that is not an S3 store is an error of the store', async (t) => {
  const { store, object } = await storeThat(t, (response) => response.writeHead(404).end('<html>Not found</html>'));
  await t.rejects(store.has(object, known), { code: 'snapshot_store_failed' });
});

const wrong = 'wrongSecretOfTheTest';
const refusals: readonly (readonly [what: string, Parameters<typeof storeOf>[1], { bucket?: string }, RegExp])[] = [
  ['a wrong secret', { secretAccessKey: wrong }, {}, /the secret access key does not match this access key/],
  ['an unknown key', { accessKeyId: 'AKIAUNKNOWN' }, {}, /it does not know this access key/],
  ['an unknown bucket', {}, { bucket: 'missing' }, /it has no such bucket/],
  ['an authority that is not trusted', { ca: undefined }, {}, /no trusted CA has issued its certificate; caFile names/],
];
for (const [what, credentials, settings, problem] of refusals) {
  t.test(`${what} is reported in words, and without the secret (R11)`, async (t) => {
    const { store, object } = await storeOf(t, credentials, settings);
    const refused = await store.send(object, file, known).catch((error: unknown) => error as Error);
    t.match(refused, { code: 'snapshot_store_failed', facts: { problem } });
    const all = JSON.stringify(refused, Object.getOwnPropertyNames(refused));
    t.notOk([wrong, server.key.secretAccessKey].some((secret) => all.includes(secret)));
  });
}

t.test('the environment of other programs of the same client is ignored', async (t) => {
  for (const [name, value] of [
    ['AWS_ENDPOINT_URL', 'http://127.0.0.1:1'],
    ['AWS_ENDPOINT_URL_S3', 'http://127.0.0.1:1'],
    ['AWS_REGION', 'mars-1'],
    ['AWS_PROFILE', 'nobody'],
    ['AWS_ACCESS_KEY_ID', 'AKIAOTHER'],
    ['AWS_SECRET_ACCESS_KEY', 'other'],
    ['AWS_USE_FIPS_ENDPOINT', 'true'],
    ['AWS_RETRY_MODE', 'nonsense'],
    ['AWS_MAX_ATTEMPTS', 'nonsense'],
    ['AWS_CONFIG_FILE', file],
  ] as const) {
    process.env[name] = value;
    t.teardown(() => Reflect.deleteProperty(process.env, name));
  }
  const { store, object } = await storeOf(t);
  await store.send(object, file, known);
  t.same(await bucket.keys(), [key]);
  await store.remove(object);
});

t.test('an unreachable store is reported, and serves again when it is back', async (t) => {
  const { store, object } = await storeOf(t);
  await server.down();
  await t.rejects(store.has(object, known), {
    code: 'snapshot_store_failed',
    facts: { problem: /nothing listens there \(ECONNREFUSED\)/ },
  });
  await server.up();
  t.equal(await store.has(object, known), false);
});

const encryptedKey = `${key}.age`;
const identity = await generateX25519Identity();

async function contentOf(stream: Readable): Promise<Buffer> {
  return Buffer.concat(await stream.toArray());
}

t.test('R11: with an age identity, nothing of a snapshot leaves unencrypted, and age itself decrypts it', async (t) => {
  const { store, object } = await storeOf(t, { ageIdentities: [identity] });
  t.equal(object, `s3://etcd/${encryptedKey}`);
  await store.send(object, file, known);
  t.equal(await store.has(object, known), true);
  t.equal(await store.has(object, { ...known, sha256: '0'.repeat(64) }), false);
  const { body, metadata } = await bucket.get(encryptedKey);
  t.equal(body.subarray(0, 21).toString(), 'age-encryption.org/v1');
  t.notOk(body.includes(octets.subarray(5_000_000, 5_000_032)));
  t.equal(metadata.bytes, String(body.length));
  t.ok((await contentOf(await store.read(object, id))).equals(octets));
  const place = t.testdir({ 'key.txt': `# made for a test\n${identity}\n`, 'snapshot.db.age': body });
  const decrypted = await runAge('-d', '-i', join(place, 'key.txt'), join(place, 'snapshot.db.age'));
  t.ok(decrypted.equals(octets));
  await store.remove(object);
});

t.test(
  'what was encrypted for an identity that is listed later can be read, and what was not encrypted, too',
  async (t) => {
    const { store: before, object } = await storeOf(t, { ageIdentities: [identity] });
    await before.send(object, file, known);
    const { store: plain, object: other } = await storeOf(t);
    await plain.send(other, file, known);
    const { store } = await storeOf(t, { ageIdentities: [await generateX25519Identity(), identity] });
    for (const one of [object, other]) {
      t.equal(await store.has(one, known), true);
      t.ok((await contentOf(await store.read(one, id))).equals(octets), one);
      await store.remove(one);
    }
  },
);

t.test('a lost key is told as such', async (t) => {
  const { store, object } = await storeOf(t, { ageIdentities: [identity] });
  await store.send(object, file, known);
  const { store: without } = await storeOf(t);
  const { store: withOther } = await storeOf(t, { ageIdentities: [await generateX25519Identity()] });
  for (const [one, problem] of [
    [without, 'no age identity is configured'],
    [withOther, 'it was encrypted for none of the configured age identities'],
  ] as const) {
    t.equal(await one.has(object, known), true, 'no key is needed to look for it');
    const refused = { code: 'snapshot_key_missing', facts: { problem } };
    await t.rejects(contentOf(await one.read(object, id)), refused);
  }
  await store.remove(object);
});

t.test('what was changed or cut off in the store is damaged, and nothing of it is taken for whole', async (t) => {
  const { store, object } = await storeOf(t, { ageIdentities: [identity] });
  await store.send(object, file, known);
  const { body, metadata } = await bucket.get(encryptedKey);
  const changed = Buffer.from(body);
  changed.writeUInt8(changed.readUInt8(7_000_000) ^ 1, 7_000_000);
  for (const other of [changed, body.subarray(0, 65_536 * 100), Buffer.from('no age'), Buffer.alloc(0)]) {
    await bucket.put(encryptedKey, other, metadata);
    const damaged = { code: 'snapshot_damaged', facts: { problem: /was changed or cut off in the store/ } };
    await t.rejects(contentOf(await store.read(object, id)), damaged);
  }
  await store.remove(object);
});

t.test('R9: a file that differs from its record is not completed encrypted either', async (t) => {
  const { store, object } = await storeOf(t, { ageIdentities: [identity] });
  const damaged = join(folder, 'damaged-too.db');
  writeFileSync(damaged, octets.subarray(0, octets.length - 1));
  await t.rejects(store.send(object, damaged, known), {
    code: 'snapshot_damaged',
    facts: { problem: /has another hash/ },
  });
  t.same([await bucket.keys(), await bucket.halves()], [[], 1], 'the one that began before is of another key');
});

t.test('the store encrypts each object, unless that is switched off', async (t) => {
  for (const [settings, wanted] of [
    [{}, { encryptedBy: 'AES256' }],
    [
      { serverSideEncryption: 'aws:kms', kmsKeyId: 'alias/picket' },
      { encryptedBy: 'aws:kms', kmsKeyId: 'alias/picket' },
    ],
    [{ serverSideEncryption: 'none' }, { encryptedBy: undefined }],
  ] as const) {
    const { store, object } = await storeOf(t, {}, settings);
    await store.send(object, file, known);
    t.match(await bucket.get(key), wanted);
    await store.remove(object);
  }
});

t.test('a store that stores without the encryption that it was asked for keeps nothing', async (t) => {
  const seen: string[] = [];
  const { store, object } = await storeThat(t, (response) => {
    const { method = '', url = '' } = response.req;
    seen.push(method);
    const xml = (text: string) => response.writeHead(200, { 'content-type': 'application/xml' }).end(text);
    if (method === 'GET' && url.includes('uploads')) xml('<ListMultipartUploadsResult/>');
    else if (method === 'POST' && url.includes('uploads')) {
      xml('<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>');
    } else if (method === 'PUT') response.writeHead(200, { etag: '"e"' }).end();
    else if (method === 'POST') xml('<CompleteMultipartUploadResult/>');
    else if (method === 'DELETE') response.writeHead(204).end();
    else {
      const range = { 'content-range': `bytes 0-0/${octets.length}`, 'x-amz-meta-sha256': known.sha256 };
      response.writeHead(206, { ...range, 'content-length': 1 }).end('x');
    }
  });
  await t.rejects(store.send(object, file, known), {
    code: 'snapshot_store_failed',
    facts: { problem: /it did not encrypt s3:.*snapshot0001\.db, which was removed\. .*serverSideEncryption: none/ },
  });
  t.equal(seen.at(-1), 'DELETE');
});

t.test('a store that cannot encrypt says so', async (t) => {
  for (const [status, code, message] of [
    [501, 'NotImplemented', 'refused'],
    [400, 'InvalidRequest', 'Server side encryption specified but KMS is not configured'],
  ] as const) {
    const { store, object } = await storeThat(t, refusing(status, code, message));
    const problem = /Give the store keys to encrypt with, or set serverSideEncryption: none$/;
    await t.rejects(store.send(object, file, known), { code: 'snapshot_store_failed', facts: { problem } });
  }
});

/** Debian's `age`, which is not Picket's. */
async function runAge(...args: readonly string[]): Promise<Buffer> {
  const programs = { name: 'age', packages: ['age'], executables: ['age'] };
  const unpacked = await unpackDebianPrograms(programs, { env: process.env, say: console.error });
  if (unpacked === undefined) throw new Error('age is of a Debian package, and there is no apt here.');
  const options = { encoding: 'buffer', maxBuffer: 2 * octets.length } as const;
  return (await promisify(execFile)(join(unpacked, 'age'), args, options)).stdout;
}

async function ownAuthority() {
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const authority = issueAuthority({
    ...validity,
    commonName: 'the authority of a store',
    key: await generateKey('p256'),
    serial: randomSerial(),
  });
  const key = await generateKey('p256');
  const certificate = signCertificate({
    ...validity,
    issuer: authority,
    usage: 'coordinator',
    subject: { commonName: 'store' },
    sans: [{ type: 'ip', value: '127.0.0.1' }],
    publicKey: publicKeyOf(key),
    serial: randomSerial(),
  });
  return { ca: authority.certificate.pem, tls: { cert: certificate.pem, key: exportPrivateKeyPem(key) } };
}
