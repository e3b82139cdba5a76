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
  sha256: 'ab'.repeat(32),
  sizeBytes: 17_000_000,
  architecture: 'arm64',
  version: '3.5.24',
  addedAt: '2026-11-26T12:00:00.000Z',
  file: { name: 'etcd-v3.5.24-linux-arm64.tar.gz', sha256 },
};

/** A coordinator's release store, as far as the command sees it. */
const received: Buffer[] = [];
const asked: string[] = [];
let items: readonly object[] = [release];
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
  t.match(out, /etcdutl 3\.5\.24 for arm64 is stored \(17 MB, from etcd-v3\.5\.24-linux-arm64\.tar\.gz\)/);
});

t.test('what is kept is named as the program that it is', (t) => {
  const file = { name: 'a', sha256: 'a'.repeat(64) };
  const release = {
    sha256: 'b'.repeat(64),
    sizeBytes: 1,
    architecture: 'arm64',
    version: null,
    addedAt: '',
    file,
  } as const;
  t.match(addedRelease({ ...release, program: 'etcdctl' }), /^etcdctl of an unknown version for arm64 is stored/);
  t.match(addedRelease(release), /^etcdutl of an unknown version for arm64 is stored/);
  t.end();
});

t.test('release add refuses a file with another hash before anything is sent', async (t) => {
  const file = writeFile('another', 'another');
  const { code, err } = await runCli(['release', 'add', file, '--sha256', sha256], { env });
  t.equal(code, 1);
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
  t.match(await runCli(['release', 'add', large], { env }), { code: 2, err: /--sha256/ });
  t.same(asked, []);
});

t.test('release list shows what there is, or which command adds one', async (t) => {
  const { out } = await runCli(['release', 'list'], { env });
  t.match(out, /arm64 +\| 3\.5\.24 +\| 17 MB +\| 2026-11-26 12:00:00Z \| etcd-v3\.5\.24-linux-arm64\.tar\.gz/);
  items = [];
  t.match((await runCli(['release', 'list'], { env })).out, /picket release add FILE --sha256 HEX/);
});

t.test('release remove names what is gone', async (t) => {
  const { code, out } = await runCli(['release', 'remove', release.sha256], { env });
  t.match([code, out], [0, new RegExp(`The etcdutl ${release.sha256} is removed`)]);
  t.same(asked, [`DELETE /v1/releases/${release.sha256}`]);
});
