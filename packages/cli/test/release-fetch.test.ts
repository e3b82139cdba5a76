import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { failure } from '@picket/shared/errors.ts';
import t from 'tap';
import { makePki } from './support/pki.ts';
import { complaint, contextEnv, runCli, writeFile } from './support/run-cli.ts';

const pki = await makePki();
const hashes = { amd64: 'ab'.repeat(32), arm64: 'cd'.repeat(32) } as const;
const sumsText = Object.entries(hashes)
  .map(([arch, hash]) => `${hash}  etcd-v3.5.33-linux-${arch}.tar.gz\n`)
  .join('');

/** A coordinator whose nodes have these architectures: each look at a fetch finds it further. */
const coordinator = { architectures: ['arm64'] as readonly string[], error: null as object | null, forgets: false };
const asked: string[] = [];
const looks = new Map<string, number>();
const server = createServer({ cert: pki.server.certificate, key: pki.server.key }, (request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => {
    const { method, url = '' } = request;
    if (method === 'PUT') {
      asked.push(`${url} ${body}`);
      looks.set(url.split('/').at(-1) ?? '', 0);
    }
    const items = [...looks].map(([sha256, looked]) => {
      looks.set(sha256, looked + 1);
      const failed = coordinator.error !== null;
      const state = failed ? 'failed' : looked > 1 ? 'stored' : 'fetching';
      const name = 'etcd-v3.5.33-linux-arm64.tar.gz';
      return {
        sha256,
        name,
        state,
        receivedBytes: looked * 9_000_000,
        totalBytes: 20_000_000,
        error: coordinator.error,
      };
    });
    const { architectures, forgets } = coordinator;
    const answer =
      method === 'PUT' ? {} : { architectures, mirror: 'https://mirror.home/etcd', items: forgets ? [] : items };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
t.teardown(() => {
  server.close();
  server.closeAllConnections();
});
const env = contextEnv(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, pki);
const sums = writeFile('SHA256SUMS', sumsText);
const fetchOf = (...args: readonly string[]) => runCli(['release', 'fetch', ...args], { env });

t.beforeEach(() => {
  Object.assign(coordinator, { architectures: ['arm64'], error: null, forgets: false });
  asked.length = 0;
  looks.clear();
});

t.test('release fetch fetches for the architectures of the nodes, with the hashes of SHA256SUMS', async (t) => {
  coordinator.architectures = ['amd64', 'arm64'];
  const { code, out, err } = await fetchOf('v3.5.33', '--sums', sums);
  t.equal(code, 0, err);
  t.strictSame(
    asked,
    (['amd64', 'arm64'] as const).map(
      (architecture) =>
        `/v1/release-fetches/${hashes[architecture]} {"version":"3.5.33","architecture":"${architecture}"}`,
    ),
  );
  t.match(out, `SHA-256 ${hashes.arm64}`);
  t.match(err, / of 20 MB/, 'it shows how far it is');
});

t.test('release fetch takes one hash for one architecture', async (t) => {
  t.equal((await fetchOf('3.5.33', '--sha256', hashes.amd64, '--arch', 'amd64')).code, 0);
  t.match(asked, [`/v1/release-fetches/${hashes.amd64} `]);
  coordinator.architectures = ['amd64', 'arm64'];
  t.match((await fetchOf('3.5.33', '--sha256', hashes.amd64)).err, '--arch is missing');
});

t.test('without a hash that somebody has read elsewhere, nothing is fetched', async (t) => {
  const { code, err } = await fetchOf('3.5.33');
  t.equal(code, 2);
  t.match(err, 'https://github.com/etcd-io/etcd/releases/download/v3.5.33/SHA256SUMS');
  t.notMatch((await fetchOf('3.5.34', '--sums', sums)).code, 0, 'these are the sums of another version');
  coordinator.architectures = [];
  t.match((await fetchOf('3.5.33', '--sums', sums)).err, '--arch is missing');
  t.match((await fetchOf('../3.5', '--sums', sums)).err, 'no version');
  t.strictSame(asked, []);
});

t.test('release fetch ends with what the coordinator says', async (t) => {
  const facts = {
    name: 'etcd-v3.5.33-linux-arm64.tar.gz',
    mirror: 'https://mirror.home/etcd',
    problem: 'it sends too slowly',
  };
  const failed = failure('release_fetch_failed', facts);
  coordinator.error = failed.toWire();
  t.equal((await fetchOf('3.5.33', '--sums', sums)).err, complaint(failed));
  Object.assign(coordinator, { error: null, forgets: true });
  const forgotten = failure('release_fetch_forgotten', { sha256: hashes.arm64 });
  t.equal((await fetchOf('3.5.33', '--sums', sums)).err, complaint(forgotten));
});
