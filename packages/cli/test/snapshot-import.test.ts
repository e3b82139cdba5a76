import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { failure, type PicketError } from '@picket/shared/errors.ts';
import { type SnapshotView, snapshotPartBytes } from '@picket/shared/protocol/snapshots.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { makePki } from './support/pki.ts';
import { complaint, contextEnv, folder, runCli, writeFile } from './support/run-cli.ts';
import { type Seen, type StubAnswer, startStub } from './support/stub-coordinator.ts';
import { words } from './support/words.ts';

const pki = await makePki();
const stub = await startStub(pki, answer);
const env = contextEnv(stub.url, pki);
t.teardown(() => stub.close());

const id = 'import000001';
const view: SnapshotView = {
  ...{ id, cluster: 'x-k3s', clusterId: null, formation: null, member: null, etcdVersion: null },
  ...{ takenAt: '2026-11-24T11:00:00.000Z', why: words('operator ada imported it'), revision: 4711, totalKeys: 12 },
  ...{ sizeBytes: 26_000_000, sha256: 'ab'.repeat(32), checkedBy: 'etcdutl', object: null },
};
/** A snapshot of the cluster, taken before. */
const own: SnapshotView = {
  ...{ ...view, id: 'snap00000001', clusterId: 'cdf818194e3a8c32', formation: 1, member: 'x-k3s-m-2' },
  why: words('on schedule'),
};
/** What the coordinator refuses, by the beginning of the line of the request. */
let refused: Readonly<Record<string, PicketError>> = {};

function answer({ line }: Seen): StubAnswer {
  const [, error] = Object.entries(refused).find(([beginning]) => line.startsWith(beginning)) ?? [];
  if (error !== undefined) return { status: error.status, body: error.toWire() };
  if (line === 'POST /v1/clusters/x-k3s/snapshot-imports') return { status: 201, body: { id } };
  if (line.startsWith(`PUT /v1/snapshot-imports/${id}/content`)) return { body: { receivedBytes: 1 } };
  if (line === `POST /v1/snapshot-imports/${id}`) return { status: 201, body: view };
  if (line === `DELETE /v1/snapshot-imports/${id}`) return { status: 204, text: '' };
  if (line.startsWith('GET /v1/snapshots')) return { body: { items: [view, own], next: null } };
  return { status: 404, body: failure('not_found', { what: 'route', name: line }).toWire() };
}

/** Runs this and returns it with what it asked of the coordinator. */
async function imported(args: readonly string[], stdin?: string) {
  const before = stub.seen.length;
  const ran = await runCli(['snapshot', 'import', ...args], { env, ...(stdin === undefined ? {} : { stdin }) });
  return { ran, seen: stub.seen.slice(before) };
}

const content = 'x'.repeat(snapshotPartBytes + 3);
const sha256 = createHash('sha256').update(content).digest('hex');
const file = writeFile('hand-made.db', content);

t.test('a file is sent in parts, and its size and its hash are said', async (t) => {
  const { ran, seen } = await imported(['x-k3s', file]);
  t.strictSame(ran, {
    code: 0,
    out: [
      `The snapshot is imported as ${id} of x-k3s: revision 4711, 12 entries, 26 MB; etcdutl has read it.`,
      `x-k3s is unchanged. To replace its data with this snapshot: \`picket cluster restore x-k3s --snapshot ${id}\`.`,
      '',
    ].join('\n'),
    err: '',
  });
  t.strictSame(
    seen.map(({ line }) => line),
    [
      'POST /v1/clusters/x-k3s/snapshot-imports',
      `PUT /v1/snapshot-imports/${id}/content?offset=0`,
      `PUT /v1/snapshot-imports/${id}/content?offset=${snapshotPartBytes}`,
      `POST /v1/snapshot-imports/${id}`,
    ],
  );
  t.strictSame(seen[0]?.body, { sizeBytes: content.length });
  t.strictSame(seen.at(-1)?.body, { sizeBytes: content.length, sha256 });
  const json = await imported(['x-k3s', file, '--output', 'json']);
  t.strictSame(JSON.parse(json.ran.out), view);
});

t.test('stdin is sent as it comes, and its size is said at the end', async (t) => {
  const { ran, seen } = await imported(['x-k3s', '-'], content);
  t.equal(ran.code, 0, ran.err);
  t.strictSame(seen[0]?.body, {});
  t.strictSame(seen.at(-1)?.body, { sizeBytes: content.length, sha256 });
  const empty = await imported(['x-k3s', '-'], '');
  t.strictSame(empty.seen.at(-1)?.body, { sizeBytes: 0, sha256: createHash('sha256').digest('hex') });
  t.equal(empty.seen.length, 2, 'the coordinator says what is wrong with nothing');
});

t.test('the hash that the file must have is said in place of the one that it has', async (t) => {
  const wanted = 'cd'.repeat(32);
  const { seen } = await imported(['x-k3s', file, '--sha256', wanted]);
  t.strictSame(seen.at(-1)?.body, { sizeBytes: content.length, sha256: wanted });
  t.match((await imported(['x-k3s', file, '--sha256', 'cd'])).ran, { code: 2 });
});

t.test('an import that is refused is given up, and why is said', async (t) => {
  t.teardown(() => {
    refused = {};
  });
  const why = failure('snapshot_import_refused', { cluster: 'x-k3s', reason: reason('import_has_no_hash') });
  for (const request of [`PUT /v1/snapshot-imports/${id}`, `POST /v1/snapshot-imports/${id}`]) {
    refused = { [request]: why };
    const { ran, seen } = await imported(['x-k3s', file]);
    t.strictSame(ran, { code: 2, out: '', err: complaint(why) });
    t.equal(seen.at(-1)?.line, `DELETE /v1/snapshot-imports/${id}`);
  }
  const running = failure('snapshot_import_running', { cluster: 'other', by: 'operator eve', minutes: 2 });
  refused = { 'POST /v1/clusters/x-k3s/snapshot-imports': running };
  const { ran, seen } = await imported(['x-k3s', file]);
  t.strictSame([ran, seen.length], [{ code: 1, out: '', err: complaint(running) }, 1]);
});

t.test('a file that cannot be read is named, and nothing is asked', async (t) => {
  mkdirSync(join(folder, 'folder'));
  const aPipe = 'it is not a file; to read a pipe, give - and redirect it to stdin';
  for (const [path, problem] of [
    [join(folder, 'nowhere.db'), 'the file does not exist'],
    [join(folder, 'folder'), aPipe],
  ] as const) {
    const { ran, seen } = await imported(['x-k3s', path]);
    const error = failure('snapshot_file_unreadable', { file: path, problem });
    t.strictSame([ran, seen], [{ code: 2, out: '', err: complaint(error) }, []]);
  }
});

t.test('R19: an imported snapshot is listed as such, and as the last one of no formation', async (t) => {
  const { out } = await runCli(['snapshot', 'list'], { env });
  t.match(out, new RegExp(`${id} .* imported +- +4711`));
  t.match(out, /operator ada imported it/);
  t.notMatch(out, /its last|null/);
});
