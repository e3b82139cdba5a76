import { createHash } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { failure } from '@picket/shared/errors.ts';
import { mostReleaseFileBytes, releasePartBytes } from '@picket/shared/protocol/releases.ts';
import t from 'tap';
import { addedRelease } from '../src/render/releases.ts';
import { makePki } from './support/pki.ts';
import { complaint, complaintLike, contextEnv, folder, runCli, writeFile } from './support/run-cli.ts';

const pki = await makePki();
const content = Buffer.alloc(releasePartBytes + 1000, 'etcdutl');
const sha256 = createHash('sha256').update(content).digest('hex');
const release = {
  sha256,
  name: 'etcd-v3.5.24-linux-arm64.tar.gz',
  architecture: 'arm64',
  version: '3.5.24',
  programs: [
    { name: 'etcd', sha256: 'ab'.repeat(32), sizeBytes: 24_000_000 },
    { name: 'etcdutl', sha256: 'cd'.repeat(32), sizeBytes: 17_000_000 },
  ],
  addedAt: '2026-11-26T12:00:00.000Z',
};

/** A coordinator's release store, as far as the command sees it. */
const received: Buffer[] = [];
const asked: string[] = [];
let items: readonly object[] = [
  { ...release, usedBy: [{ cluster: 'x-k3s', wanted: true, members: ['x-k3s-m-1', 'x-k3s-m-2'] }] },
];
const server = createServer({ cert: pki.server.certificate, key: pki.server.key }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url } = request;
    const body = Buffer.concat(chunks);
    asked.push(`${method} ${url}${method === 'POST' ? ` ${body.toString('utf8')}` : ''}`);
    if (method === 'PUT') received.push(body);
    const answer = method === 'PUT' ? { receivedBytes: 1 } : method === 'POST' ? release : { items };
    response.writeHead(method === 'DELETE' ? 204 : 200, { 'content-type': 'application/json' });
    response.end(method === 'DELETE' ? '' : JSON.stringify(answer));
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
t.teardown(() => {
  server.close();
  server.closeAllConnections();
});
const env = contextEnv(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, pki);
t.beforeEach(() => {
  received.length = 0;
  asked.length = 0;
});

t.test('release add sends the file in parts, and shows what is kept', async (t) => {
  const file = writeFile('etcd-v3.5.24-linux-arm64.tar.gz', content.toString('latin1'));
  const { code, out } = await runCli(['release', 'add', file, '--sha256', sha256.toUpperCase(), '--arch', 'arm64'], {
    env,
  });
  t.equal(code, 0);
  t.ok(Buffer.concat(received).equals(content));
  t.same(asked, [
    `PUT /v1/releases/${sha256}/content?offset=0`,
    `PUT /v1/releases/${sha256}/content?offset=${releasePartBytes}`,
    `POST /v1/releases/${sha256} {"name":"etcd-v3.5.24-linux-arm64.tar.gz","architecture":"arm64"}`,
  ]);
  t.match(out, /Stored: etcd, etcdutl 3\.5\.24 for arm64 \(41 MB, from etcd-v3\.5\.24-linux-arm64\.tar\.gz\)/);
});

t.test('what is kept is named as the programs that it is', (t) => {
  const named = { ...release, architecture: 'arm64', version: null } as const;
  const etcdctl = { name: 'etcdctl', sha256: 'a'.repeat(64), sizeBytes: 1 } as const;
  t.match(addedRelease({ ...named, programs: [etcdctl] }), /^Stored: etcdctl of an unknown version for arm64 /);
  t.end();
});

t.test('a release with a grave fault is kept, and the fault named', (t) => {
  const of = (version: string) => addedRelease({ ...release, architecture: 'arm64', version, programs: [] });
  t.match(of('3.5.2'), 'this version can lose data or keep a member from starting: etcd-13766');
  t.match(of('3.5.16'), 'a defragmentation by hand can damage data, one by Picket cannot: etcd-20271');
  t.notMatch(of('3.5.24'), 'explain');
  t.end();
});

t.test('release add takes the hash from the SHA256SUMS of the release, by the name of the file', async (t) => {
  const file = writeFile('etcd-v3.5.24-linux-arm64.tar.gz', content.toString('latin1'));
  const other = 'ef'.repeat(32);
  const sums = writeFile(
    'SHA256SUMS',
    `${other}  etcd-v3.5.24-linux-amd64.tar.gz\n${sha256}  etcd-v3.5.24-linux-arm64.tar.gz\n`,
  );
  t.equal((await runCli(['release', 'add', file, '--sums', sums], { env })).code, 0);
  t.match(asked.at(-1), `POST /v1/releases/${sha256} `);
});

t.test('release add says what is wrong with a list of hashes, before anything is sent', async (t) => {
  const file = writeFile('etcd.tar.gz', content.toString('latin1'));
  const add = async (sums: string) => (await runCli(['release', 'add', file, '--sums', sums], { env })).err;
  const unreadable = (sums: string, problem: string) =>
    complaint(failure('release_file_unreadable', { file: sums, problem }));
  const without = writeFile('without', `${sha256}  another-etcd.tar.gz\n${sha256.slice(1)}  etcd.tar.gz\n`);
  t.equal(await add(without), unreadable(without, 'it has no hash for a file named etcd.tar.gz'));
  const several = writeFile('several', `${sha256}  etcd.tar.gz\n${'ef'.repeat(32)} *etcd.tar.gz\n`);
  t.equal(await add(several), unreadable(several, 'it has several hashes for etcd.tar.gz'));
  const long = writeFile('long', 'x'.repeat(1_100_000));
  t.equal(await add(long), unreadable(long, 'it is too long for a list of hashes'));
  t.equal(await add('/nowhere/SHA256SUMS'), unreadable('/nowhere/SHA256SUMS', 'the file does not exist'));
  t.same(asked, []);
});

t.test('release add refuses a file with another hash before anything is sent', async (t) => {
  const file = writeFile('another', 'another');
  const { code, err } = await runCli(['release', 'add', file, '--sha256', sha256], { env });
  t.equal(code, 2);
  const problem = `its SHA-256 is {its}, and ${sha256} was given`;
  t.match(err, complaintLike('release_refused', { name: 'another', problem }));
  t.same(asked, []);
});

t.test('release add says what is wrong with a file or a hash', async (t) => {
  const add = async (file: string, hash = sha256, ...more: string[]) =>
    runCli(['release', 'add', file, '--sha256', hash, ...more], { env });
  const unreadable = (file: string, problem: string) =>
    complaint(failure('release_file_unreadable', { file, problem }));
  t.equal((await add('/nowhere/etcdutl')).err, unreadable('/nowhere/etcdutl', 'the file does not exist'));
  t.equal((await add(folder)).err, unreadable(folder, 'it is not a file'));
  const large = writeFile('large', '');
  truncateSync(large, mostReleaseFileBytes + 1);
  const tooLarge = `it has more than ${mostReleaseFileBytes} bytes, which is more than an etcd release has`;
  t.equal((await add(large)).err, unreadable(large, tooLarge));
  t.match(await add(large, 'abc'), { code: 2, err: /--sha256 "abc" is not a SHA-256/ });
  t.match(await add(large, sha256, '--arch', 'arm'), { code: 2, err: /amd64, arm64/ });
  t.match(await runCli(['release', 'add', large], { env }), { code: 2, err: /--sums/ });
  const both = ['--sums', large, '--sha256', sha256];
  t.match(await runCli(['release', 'add', large, ...both], { env }), { code: 2, err: /--sums/ });
  t.same(asked, []);
});

t.test('release list shows what there is, or which command adds one', async (t) => {
  const { out } = await runCli(['release', 'list'], { env });
  t.match(
    out,
    /3\.5\.24 {3,}arm64 {3,}etcd, etcdutl {3,}\d+ high, .* {3,}x-k3s \(2\) {3,}41 MB {3,}2026-11-26 12:00:00Z {3,}etcd-v3\.5\.24-linux-arm64\.tar\.gz/,
  );
  items = [release];
  t.equal((await runCli(['release', 'list'], { env })).code, 0, 'of a coordinator that does not say who uses it');
  items = [];
  t.match((await runCli(['release', 'list'], { env })).out, /picket release add FILE --sums SHA256SUMS/);
});

t.test('release remove names what is gone', async (t) => {
  items = [release];
  for (const given of [release.sha256, release.sha256.toUpperCase(), release.name]) {
    asked.length = 0;
    const { code, out } = await runCli(['release', 'remove', given], { env });
    t.match([code, out], [0, new RegExp(`The release ${release.sha256} is removed`)]);
    t.same(asked, ['GET /v1/releases', `DELETE /v1/releases/${release.sha256}`]);
  }
  const near = release.name;
  const name = near.replace('gz', 'g');
  const absent = complaint(failure('not_found', { what: 'release', name, near }));
  t.match(await runCli(['release', 'remove', name], { env }), { code: 1, err: absent });
});
