import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer as tlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { mostReleaseFileBytes, type ReleaseFetchView, type ReleaseView } from '@picket/shared/protocol/releases.ts';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { plainLog } from '../../src/plain-log.ts';
import { httpMirror } from '../../src/releases/mirror.ts';
import { type FetchLimits, releaseFetches } from '../../src/releases/release-fetches.ts';
import { openReleaseStore } from '../../src/releases/release-store.ts';
import { receiver } from '../support/receiver.ts';
import { hashOf, release } from './sample-programs.ts';

const asked = { version: '3.5.24', architecture: 'arm64' } as const;
const name = 'etcd-v3.5.24-linux-arm64.tar.gz';
const file = await release('arm64');
const sha256 = hashOf(file);
const quick: FetchLimits = { attempts: 3, pauseMs: 1, totalMs: 60_000, windowMs: 60_000, leastBytes: 1 };
type Serve = (response: ServerResponse, offset: number, number: number) => void;

/** A mirror that answers so, and a coordinator that fetches from it. */
async function given(t: Test, serve: Serve, limits: Partial<FetchLimits> = {}) {
  const mirror = await receiver(t);
  mirror.behave = (request, response) => {
    const [, first = '0'] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    serve(response, Number(first), mirror.received.length);
  };
  const folder = join(t.testdir(), 'releases');
  const store = await openReleaseStore({ folder, now: () => 0, monotonic: () => performance.now() });
  const stored: ReleaseView[] = [];
  const fetches = releaseFetches({
    mirror: httpMirror({ connectMs: 5000, silenceMs: 300 }),
    from: `${mirror.url}/etcd/`,
    store,
    monotonic: () => performance.now(),
    log: plainLog('error', { write: () => undefined }),
    limits: { ...quick, ...limits },
  });
  t.teardown(() => fetches.close());
  const begin = (hash = sha256, of: typeof asked = asked) =>
    fetches.begin(hash, of, async (one) => {
      stored.push(one);
    });
  async function end(hash = sha256): Promise<ReleaseFetchView> {
    const found = () => fetches.list().find((one) => one.sha256 === hash && one.state !== 'fetching');
    return until('the fetch to end', found);
  }
  return { mirror, folder, store, stored, fetches, begin, end };
}

/** Why it failed; and nothing of it is left. */
async function problem(t: Test, serve: Serve, limits: Partial<FetchLimits> = {}) {
  const { begin, end, folder, stored, mirror } = await given(t, serve, limits);
  begin();
  const { state, error } = await end();
  t.equal(state, 'failed');
  t.strictSame([readdirSync(folder), stored], [[], []], 'nothing is kept');
  return { code: error?.code, problem: error?.details.problem, requests: mirror.received.length };
}

const whole: Serve = (response) => response.end(file);

t.test('a release is fetched by its version, and kept by the hash that the operator gave', async (t) => {
  const { begin, end, store, stored, mirror } = await given(t, whole);
  t.match(begin(), { name, state: 'fetching', ...asked });
  t.match(await end(), { state: 'stored', receivedBytes: file.length, totalBytes: file.length, error: null });
  t.match(mirror.received, [{ method: 'GET', path: `/etcd/v3.5.24/${name}` }]);
  t.strictSame(store.list(), stored);
  t.match(stored, [{ sha256, name, version: '3.5.24', architecture: 'arm64' }]);
  t.match(begin(), { state: 'stored' }, 'it is there already');
  t.equal(mirror.received.length, 1);
});

t.test('R9: what has another hash is not kept, whatever the mirror says', async (t) => {
  const other = await release('arm64', { version: '3.5.25' });
  t.match(await problem(t, (response) => response.end(other)), { code: 'release_refused', requests: 1 });
});

t.test('a fetch that breaks goes on where it was', async (t) => {
  const half = Math.floor(file.length / 2);
  const { begin, end, mirror } = await given(t, (response, offset, number) => {
    const range = `bytes ${offset}-${file.length - 1}/${file.length}`;
    if (offset > 0) response.writeHead(206, { 'content-range': range, 'content-length': file.length - offset });
    else response.writeHead(200, { 'content-length': file.length });
    if (number > 1) response.end(file.subarray(offset));
    else response.write(file.subarray(0, half), () => setTimeout(() => response.destroy(), 50));
  });
  begin();
  t.match(await end(), { state: 'stored' });
  t.strictSame(
    mirror.received.map(({ headers }) => headers.range),
    [undefined, `bytes=${half}-`],
  );
});

t.test('a fetch that breaks again and again goes on for as long as each attempt brings it further', async (t) => {
  const part = Math.ceil(file.length / 6);
  const { begin, end } = await given(t, (response, offset) => {
    const range = `bytes ${offset}-${file.length - 1}/${file.length}`;
    const left = { 'content-length': file.length - offset };
    response.writeHead(offset > 0 ? 206 : 200, offset > 0 ? { ...left, 'content-range': range } : left);
    if (offset + part >= file.length) response.end(file.subarray(offset));
    else response.write(file.subarray(offset, offset + part), () => setTimeout(() => response.destroy(), 50));
  });
  begin();
  t.match(await end(), { state: 'stored' });
});

t.test('a mirror that sends the whole file again is read from its beginning', async (t) => {
  const { begin, end } = await given(t, (response, _offset, number) => {
    response.writeHead(200, { 'content-length': file.length });
    if (number > 1) response.end(file);
    else response.write(file.subarray(0, 10), () => setTimeout(() => response.destroy(), 50));
  });
  begin();
  t.match(await end(), { state: 'stored' });
});

t.test('a part that was not asked for is not taken for the rest', async (t) => {
  const found = await problem(t, (response, offset) => {
    if (offset > 0) response.writeHead(206, { 'content-range': `bytes 0-9/${file.length}` }).end('0123456789');
    else response.writeHead(200, { 'content-length': 99 }).write('0', () => setTimeout(() => response.destroy(), 50));
  });
  t.match(found, { code: 'release_fetch_failed', problem: 'it sends another part than was asked for' });
});

t.test('R18: a mirror that says nothing, or falls silent, is given up after a few attempts', async (t) => {
  const silent = { code: 'release_fetch_failed', problem: 'it sends nothing any more', requests: 3 };
  t.strictSame(await problem(t, () => undefined), silent);
  t.match(await problem(t, (response) => response.write(file.subarray(0, 10))), silent);
});

t.test('R18: a mirror that drips is given up', async (t) => {
  const drips: Serve = (response) => {
    const timer = setInterval(() => response.write('0'), 5);
    response.on('close', () => clearInterval(timer));
  };
  const slow = { problem: 'it sends too slowly', requests: 1 };
  t.match(await problem(t, drips, { windowMs: 200, leastBytes: 10_000 }), slow);
  t.match(await problem(t, drips, { totalMs: 300 }), { problem: /^it took longer than/, requests: 1 });
});

t.test('R18: a file that is too large, or has no end, is not read to its end', async (t) => {
  const tooLarge = { problem: `it sends more than ${mostReleaseFileBytes} bytes`, requests: 1 };
  const says: Serve = (response) => response.writeHead(200, { 'content-length': mostReleaseFileBytes + 1 }).write('0');
  t.match(await problem(t, says), tooLarge);
  const block = Buffer.alloc(1024 * 1024);
  const endless: Serve = (response) => {
    const more = () => {
      if (!response.destroyed) response.write(block, more);
    };
    more();
  };
  t.match(await problem(t, endless), tooLarge);
});

t.test('a mirror that says another length than it sends is not believed', async (t) => {
  const found = await problem(t, (response) => {
    response.writeHead(200, { 'content-length': file.length + 5 }).write(file);
    setTimeout(() => response.destroy(), 50);
  });
  t.match(found, { code: 'release_fetch_failed' });
});

t.test(
  'redirects are followed, but neither to another scheme, nor to a link-local address, nor for ever',
  async (t) => {
    const elsewhere = await receiver(t);
    elsewhere.behave = (_request, response) => response.end(file);
    const to =
      (location: string): Serve =>
      (response) =>
        response.writeHead(302, { location }).end();
    const { begin, end } = await given(t, to(`${elsewhere.url}/blob?token=1`));
    begin();
    t.match(await end(), { state: 'stored' });
    t.match(elsewhere.received, [{ path: '/blob?token=1' }]);
    const refused = async (location: string) => (await problem(t, to(location))).problem;
    t.equal(await refused('https://127.0.0.1:1/'), 'it redirects to another scheme');
    t.equal(await refused('file:///etc/passwd'), 'it redirects to another scheme');
    t.equal(await refused('http://169.254.169.254/latest'), 'it leads to a link-local address');
    t.equal(await refused('http://a:b@127.0.0.1:1/'), 'it redirects to a URL with a user name or a password');
    t.equal(await refused('/again'), 'it redirects more than 5 times');
  },
);

t.test('what a mirror does not have is not asked for again', async (t) => {
  const found = await problem(t, (response) => response.writeHead(404).end('no such release'));
  t.match(found, { problem: 'it answers with HTTP status 404', requests: 1 });
  t.match(await problem(t, (response) => response.writeHead(503).end()), { requests: 3 });
});

t.test('R11: an HTTPS mirror whose certificate nobody trusts gets no request', async (t) => {
  const { makePki } = await import('../../../cli/test/support/pki.ts');
  const pki = await makePki();
  let requests = 0;
  const server = tlsServer({ cert: pki.server.certificate, key: pki.server.key }, (_request, response) => {
    requests += 1;
    response.end(file);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const mirror = httpMirror();
  t.teardown(() => mirror.close());
  await t.rejects(mirror.read(url, 0, AbortSignal.timeout(10_000)), { name: 'MirrorProblem', mayPass: false });
  t.equal(requests, 0);
});

t.test('only two archives are fetched at once, and each once', async (t) => {
  const { begin, mirror } = await given(t, () => undefined);
  begin();
  t.match(begin(), { state: 'fetching' }, 'the same');
  begin('b'.repeat(64));
  t.throws(() => begin('c'.repeat(64)), { code: 'release_uploads_busy' });
  await until('both to be asked for', () => mirror.received.length >= 2);
});

t.test('R9: a coordinator that ends leaves nothing of what it fetches', async (t) => {
  const { begin, fetches, folder } = await given(t, (response) => response.write(file.subarray(0, 10)));
  begin();
  await until('a part to come', () => readdirSync(folder).length > 0);
  await fetches.close();
  t.strictSame(readdirSync(folder), []);
});

t.test('R19 a release that was stored is not said to have failed, if nobody can be told of it', async (t) => {
  const { fetches, end, store } = await given(t, whole);
  fetches.begin(sha256, asked, async () => {
    throw new Error('the disk is full');
  });
  t.match(await end(), { state: 'stored', error: null });
  t.equal(store.list().length, 1);
});
