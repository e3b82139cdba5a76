import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readFacts } from '@picket/shared/answered-reads.ts';
import { failure, type PicketError } from '@picket/shared/errors.ts';
import type { SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { makePki } from './support/pki.ts';
import { complaint, complaintLike, contextEnv, folder, runCli, writeFile } from './support/run-cli.ts';
import { isDryRun, isOrder, type Seen, type StubAnswer, startStub } from './support/stub-coordinator.ts';
import { before, cluster, clusterStatus, member, status } from './support/views.ts';
import { words } from './support/words.ts';

const pki = await makePki();
const stub = await startStub(pki, answer);
const env = contextEnv(stub.url, pki);
t.teardown(() => stub.close());

const id = 'snap00000001';
let content = 'all that the cluster holds';
const snapshot: SnapshotView = {
  id,
  cluster: 'x-k3s',
  clusterId: 'cdf818194e3a8c32',
  formation: 1,
  member: 'x-k3s-m-2',
  etcdVersion: '3.5.16',
  takenAt: '2026-11-24T11:00:00.000Z',
  why: words('on schedule'),
  revision: 4711,
  totalKeys: 12,
  sizeBytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  checkedBy: 'etcdutl',
  object: null,
};
const object = `s3://etcd/x-k3s/${id}.db`;
const policy = { everyMinutes: 60, keepHourly: 24, keepDaily: 7, keepWeekly: 4 };
const at = '2026-11-24T12:00:00Z';
const noRehearsal = { task: null, worked: null, failure: null };
/** The status of the cluster. */
let shown = clusterStatus();
/** What the coordinator says of the snapshot that is being taken, one after another. */
let states: object[] = [];

/** Whether etcd's authentication is on. */
let authentication: boolean | null = false;

/** What the coordinator would refuse a restore with; null: it would not. */
let refusal: PicketError | null = null;

/** What the coordinator lists; null: the usual ones. */
let listed: readonly SnapshotView[] | null = null;

function answer(seen: Seen): StubAnswer {
  const { line } = seen;
  if (line === `DELETE /v1/snapshots/${id}`) return { status: 204, text: '' };
  const [path = ''] = line.split('?');
  if (refusal !== null && isDryRun(seen)) return { status: refusal.status, body: refusal.toWire() };
  const answers: Readonly<Record<string, StubAnswer>> = {
    'GET /v1/clusters/x-k3s/authentication': { body: { enabled: authentication, task: null, failure: null } },
    'GET /v1/snapshots': {
      body: {
        items: listed ?? [
          { ...snapshot, object },
          { ...snapshot, checkedBy: 'structure' },
        ],
        next: null,
      },
    },
    [`GET /v1/snapshots/${id}`]: { body: snapshot },
    [`GET /v1/snapshots/${id}/content`]: { text: content },
    [`POST /v1/snapshots/${id}/verify`]: { body: { sha256: snapshot.sha256, checkedBy: 'structure' } },
    'POST /v1/clusters/x-k3s/snapshots': { status: 202, body: { id } },
    'GET /v1/clusters/x-k3s/snapshots': {
      body: { policy, task: null, last: null, failure: null, rehearsal: noRehearsal, ...states.shift() },
    },
    'POST /v1/clusters/x-k3s/rehearsals': { status: 202, body: { id: 'rehearsal01', snapshot: id } },
    'GET /v1/clusters/x-k3s/status': { body: shown },
    'GET /v1/backups': { body: { lastAt: null, schedule: null, targets: [] } },
    'GET /v1/clusters/x-k3s': { body: cluster },
    'POST /v1/clusters/x-k3s/restore': { body: snapshot },
  };
  return answers[path] ?? { status: 404, body: failure('not_found', { what: 'route', name: line }).toWire() };
}

t.test('take waits until the snapshot is kept, or tells why it is not', async (t) => {
  const task = { id, member: 'x-k3s-m-2', since: at, why: words('asked') };
  states = [{ task }, { task }, { last: { id, takenAt: at } }];
  const taken = await runCli(['snapshot', 'take', 'x-k3s'], { env });
  t.strictSame(taken, {
    code: 0,
    out: `The snapshot ${id} of x-k3s-m-2 is stored: revision 4711, 12 entries, 26 B; etcdutl has read it.\n`,
    err: '',
  });
  states = [{ task }, { failure: { id, at, reason: words('x-k3s-m-2: the disk is full') } }];
  const failed = await runCli(['snapshot', 'take', 'x-k3s'], { env });
  const refused = failure('snapshot_refused', { cluster: 'x-k3s', reason: 'x-k3s-m-2: the disk is full' });
  t.match(failed, { code: 1, err: complaint(refused) });
});

t.test('rehearse waits until etcd has served the snapshot, or tells why it has not', async (t) => {
  const rehearse = (...args: string[]) => runCli(['snapshot', 'rehearse', 'x-k3s', ...args], { env });
  const is = (rehearsal: object) => ({ rehearsal: { ...noRehearsal, ...rehearsal } });
  const task = is({ task: { id: 'rehearsal01', snapshot: id, since: at, phase: 'restores' } });
  const worked = {
    ...{ id: 'rehearsal01', snapshot: id, at, etcdVersion: '3.6.14', revision: 4711 },
    ...{ keys: 12, hash: 698569456, tookMs: 1234 },
  };
  states = [task, task, is({ worked })];
  t.strictSame(await rehearse(), {
    code: 0,
    out: [
      `The snapshot ${id} was restored in 1.2 s: etcd 3.6.14 served 12 keys at revision 4711.`,
      'Its hash of the keys and values there is 698569456, as `etcdctl endpoint hashkv` prints it.',
      'All of that is removed again; the cluster was not touched.',
      '',
    ].join('\n'),
    err: '',
  });
  states = [task, is({ worked: { ...worked, keys: null, hash: null } })];
  t.match((await rehearse()).out, /served its data at revision 4711\.\nAll of that/);
  states = [task, is({ worked })];
  t.strictSame(JSON.parse((await rehearse('--output', 'json', '--snapshot', id)).out), worked);
  const failed = { id: 'rehearsal01', snapshot: id, at, count: 1, reason: words('etcd did not start') };
  states = [task, is({ failure: failed })];
  const why = failure('rehearsal_failed', { cluster: 'x-k3s', snapshot: id, reason: 'etcd did not start' });
  t.match(await rehearse(), { code: 1, err: complaint(why) });
  states = [task, is({ worked: { ...worked, id: 'rehearsal00' } })];
  const lost = { cluster: 'x-k3s', snapshot: id, reason: reason('rehearsal_interrupted') };
  t.match(
    await rehearse(),
    { code: 1, err: complaint(failure('rehearsal_failed', lost)) },
    'it was restarted meanwhile',
  );
});

t.test('the status says when a restore was last rehearsed', async (t) => {
  const rehearsed = {
    ...{ id: 'rehearsal01', snapshot: id, at: '2026-11-21T12:00:00.000Z', etcdVersion: '3.6.14' },
    ...{ revision: 4711, keys: 12, hash: null, tookMs: 1234 },
  };
  shown = clusterStatus({ rehearsed, now: at });
  t.teardown(() => {
    shown = clusterStatus();
  });
  const line = `Last restore rehearsed: 2026-11-21 12:00:00Z, of the snapshot ${id} (12 keys, etcd 3.6.14)`;
  t.match((await runCli(['status', 'x-k3s', '--output', 'wide'], { env })).out, line);
  t.match((await runCli(['status', 'x-k3s'], { env })).out, '; a restore was rehearsed 3d ago\n');
});

t.test('list and verify', async (t) => {
  const { out } = await runCli(['snapshot', 'list'], { env });
  t.match(out, new RegExp(`${id} +x-k3s +1h ago +x-k3s-m-2`));
  const wide = await runCli(['snapshot', 'list', '--output', 'wide'], { env });
  t.match(wide.out, new RegExp(`${id} +x-k3s +2026-11-24 11:00:00Z +x-k3s-m-2`));
  t.match(out, / coordinator +on schedule/);
  t.match(out, new RegExp(` ${object} +on schedule`));
  for (const how of ['etcdutl', 'structure only']) t.match(out, new RegExp(` {3}${how} {3}`));
  t.match(
    (await runCli(['snapshot', 'verify', id], { env })).out,
    /has not changed since it was taken .*; only its hash and structure were checked, because no etcdutl was available/,
  );
});

t.test('R19: the list names the last snapshot of a formation that was given up', async (t) => {
  const one = (age: number, clusterId: string, formation: number): SnapshotView => ({
    ...snapshot,
    ...{ id: `snap0000000${age}`, clusterId, formation },
  });
  listed = [one(1, 'c2', 2), one(2, 'c2', 2), one(3, 'c1', 1), one(4, 'c1', 1)];
  const { out } = await runCli(['snapshot', 'list'], { env });
  t.match(out, /snap00000003 .* {3}1, its last {3}/);
  for (const line of [/snap00000001 .* {3}2 {3}/, /snap00000002 .* {3}2 {3}/, /snap00000004 .* {3}1 {3}/])
    t.match(out, line);
  listed = null;
});

t.test('R19: a snapshot is removed by the name of its cluster, after what is lost was said', async (t) => {
  const removals = () => stub.seen.filter(({ line }) => line.startsWith('DELETE')).length;
  const wrong = await runCli(['snapshot', 'remove', id], { env, stdin: 'k3s\n', canAsk: true });
  t.match(wrong, { code: 1, err: /the data that only it holds is lost/ });
  t.equal((await runCli(['snapshot', 'remove', id], { env })).code, 1);
  t.equal(removals(), 0);
  const done = await runCli(['snapshot', 'remove', id], { env, stdin: 'x-k3s\n', canAsk: true });
  t.match(done, { code: 0, out: `The snapshot ${id} is removed.\n` });
  t.equal((await runCli(['snapshot', 'remove', id, '--yes'], { env })).code, 0);
  t.equal(removals(), 2);
});

t.test('download writes the whole file, for its owner alone, and over no other', async (t) => {
  const file = join(folder, 'snapshot.db');
  t.match((await runCli(['snapshot', 'download', id, file], { env })).out, /26 bytes/);
  t.equal(readFileSync(file, 'utf8'), content);
  t.equal(statSync(file).mode & 0o777, 0o600);
  const theirs = writeFile('theirs.db', 'theirs');
  t.match(await runCli(['snapshot', 'download', id, theirs], { env }), {
    code: 1,
    err: complaint(failure('file_exists', { path: theirs })),
  });
  t.equal(readFileSync(theirs, 'utf8'), 'theirs');
  t.match(await runCli(['snapshot', 'download', id, join(folder, 'no/where')], { env }), {
    err: complaint(
      failure('file_unwritable', { path: join(folder, 'no/where'), problem: 'the folder does not exist' }),
    ),
  });
});

t.test('what is not the snapshot, or only a part of it, is not kept', async (t) => {
  const file = join(folder, 'damaged.db');
  content = content.slice(1);
  const damaged = await runCli(['snapshot', 'download', id, file], { env });
  t.match(damaged, { code: 1, err: complaintLike('download_damaged', { id, problem: '25 of 26 bytes came{rest}' }) });
  t.notOk(existsSync(file));
  t.same(
    readdirSync(folder).filter((name) => name.endsWith('.part')),
    [],
  );
});

/** A member without a fresh report that its etcd serves. */
const silent = { reportedAt: before(46) };
const unknown = clusterStatus({ members: [member(0, silent), member(1, silent), member(2, silent)] });

t.test('restore shows what is known of each member, and calls none of them serving that is silent', async (t) => {
  const service = status(1).service;
  shown = clusterStatus({
    members: [
      member(0),
      member(1, { status: status(1, { etcd: null, service: { ...service, state: 'stopped' } }) }),
      member(2, silent),
    ],
  });
  const { err } = await runCli(['cluster', 'restore', 'x-k3s', '--snapshot', id, '--force', '--yes'], { env });
  t.match(err, / - x-k3s-m-1 \(voter, serves\)/);
  t.match(err, / - x-k3s-m-2 \(voter, etcd stopped\)/);
  t.match(err, / - x-k3s-m-3 \(voter, silent for 46s\)/);
});

t.test('restore names machines that are gone, and evicts nobody who was evicted', async (t) => {
  shown = clusterStatus({
    members: [
      ...[member(0, silent), member(1, { nodeId: null, status: null, reportedAt: null })],
      member(2, { reportedAt: before(600) }),
    ],
  });
  const { err, out } = await runCli(['cluster', 'restore', 'x-k3s', '--snapshot', id, '--force', '--yes'], { env });
  t.notMatch(err, / - x-k3s-m-2/);
  t.match(err, 'These members have no node, because it was evicted: x-k3s-m-2. Join new machines after this.');
  t.match(
    out,
    /^If the machine of x-k3s-m-3 is lost: `picket node evict \S+ --lost`, then `picket token create x-k3s --member x-k3s-m-3`\.$/m,
  );
  t.notMatch(out, /the machine of x-k3s-m-1/, 'R19: a board that has been silent for 46 s may be rebooting');
  t.match(
    out,
    /^To join a new machine as x-k3s-m-2, paste on it the install command that `picket token create x-k3s --member x-k3s-m-2` prints\.$/m,
  );
  shown = clusterStatus();
  t.notMatch(
    (await runCli(['cluster', 'restore', 'x-k3s', '--snapshot', id, '--force', '--yes'], { env })).out,
    /evict|token/,
  );
});

t.test('R16: without --force the name of a cluster that serves is not asked for in vain', async (t) => {
  const reads = [{ name: 'x-k3s-m-1', ageMs: 4_000 }];
  const needsName = failure('restore_needs_name', { cluster: 'x-k3s', ...readFacts(reads, 15_000) });
  refusal = needsName;
  t.teardown(() => {
    refusal = null;
  });
  for (const args of [[], ['--yes'], ['--confirm', 'x-k3s']]) {
    stub.seen.length = 0;
    const command = ['cluster', 'restore', 'x-k3s', '--snapshot', id, ...args];
    const { code, err } = await runCli(command, { env, stdin: 'x-k3s\n', canAsk: true });
    t.equal(code, 1);
    t.match(err, complaint(needsName));
    t.notMatch(err, /Type the name/);
    t.strictSame(
      stub.seen.map(({ body }) => body),
      [{ snapshot: id, dryRun: true }],
    );
  }
});

t.test('R19: if the cluster serves, a last snapshot is taken before the restore, and kept', async (t) => {
  refusal = failure('restore_snapshot_first', { cluster: 'x-k3s' });
  t.teardown(() => {
    refusal = null;
  });
  states = [{ task: { id, member: 'x-k3s-m-2', since: at, why: words('asked') } }, { last: { id, takenAt: at } }];
  stub.seen.length = 0;
  const command = ['cluster', 'restore', 'x-k3s', '--snapshot', id, '--force', '--confirm', 'x-k3s'];
  const { code, err } = await runCli(command, { env });
  t.equal(code, 0);
  t.match(err, /A last snapshot of the present data is taken first, and kept\..*The last snapshot of x-k3s is snap/s);
  const orders = stub.seen.filter(({ line }) => line.startsWith('POST')).map(({ line, body }) => [line, body]);
  const order = { snapshot: id, force: true, confirm: 'x-k3s' };
  t.strictSame(orders, [
    ['POST /v1/clusters/x-k3s/restore', { ...order, dryRun: true }],
    ['POST /v1/clusters/x-k3s/snapshots', { withoutQuorum: false }],
    ['POST /v1/clusters/x-k3s/restore', { ...order, lastSnapshot: id }],
  ]);
  refusal = null;
  stub.seen.length = 0;
  const without = await runCli([...command, '--without-snapshot'], { env });
  t.match(without.err, /No last snapshot of the present data is taken\./);
  t.same(
    stub.seen.filter(isOrder).map(({ body }) => body),
    [{ ...order, lastSnapshot: null }],
  );
});

t.test('R19: a second restore asks for nothing, unless it names the running one', async (t) => {
  const running = failure('restore_running', { cluster: 'x-k3s', running: 'snap00000009' });
  refusal = running;
  t.teardown(() => {
    refusal = null;
  });
  const command = ['cluster', 'restore', 'x-k3s', '--snapshot', id, '--force'];
  const { code, err } = await runCli(command, { env, stdin: 'x-k3s\n', canAsk: true });
  t.equal(code, 1);
  t.match(err, complaint(running));
  t.notMatch(err, /Type the name/);
  refusal = null;
  stub.seen.length = 0;
  t.equal((await runCli([...command, '--instead-of', 'snap00000009', '--yes'], { env })).code, 0);
  t.strictSame(
    stub.seen.filter(isOrder).map(({ body }) => body),
    [{ snapshot: id, force: true, insteadOf: 'snap00000009' }],
  );
});

t.test('R19: restore says that etcd’s authentication becomes that of the snapshot', async (t) => {
  t.teardown(() => {
    authentication = false;
  });
  for (const [now, words] of [
    [true, /It is on now\. If it was off then, every client certificate of the cluster gives access to all keys\./],
    [false, /It is off now\. If it was on then, clients without an etcd user of that time lose their access\./],
    [null, /Whether it is on now is not known\./],
  ] as const) {
    authentication = now;
    const { err } = await runCli(['cluster', 'restore', 'x-k3s', '--snapshot', id, '--force', '--yes'], { env });
    t.match(err, /etcd's authentication, its users and its roles become those of the snapshot/);
    t.match(err, words);
  }
});

t.test('restore shows what is given up, and asks for the name before anything', async (t) => {
  shown = unknown;
  const restore = async (stdin: string, canAsk: boolean, ...args: string[]) => {
    stub.seen.length = 0;
    const ran = await runCli(['cluster', 'restore', 'x-k3s', '--snapshot', id, ...args], { env, stdin, canAsk });
    return { ...ran, asked: stub.seen.filter(isOrder).map(({ body }) => body) };
  };
  const confirmed = await restore('x-k3s\n', true);
  t.strictSame([confirmed.code, confirmed.asked], [0, [{ snapshot: id }]]);
  t.match(
    confirmed.err,
    /A restore replaces the data of x-k3s \(.*etcd cluster cdf818194e3a8c32\) with the snapshot snap/,
  );
  t.match(confirmed.err, /taken 2026-11-24 11:00:00Z, 1h ago, from x-k3s-m-2 \(on schedule\)/);
  t.match(confirmed.err, /the error that its revision is compacted\.\nType the name/);
  t.match(confirmed.out, /is being restored from the snapshot/);
  for (const [stdin, canAsk, problem] of [
    ['other\n', true, '"other" is not its name'],
    ['\n', true, 'nothing was typed'],
    ['x-k3s\n', false, 'no terminal is available for the question'],
  ] as const) {
    const refused = await restore(stdin, canAsk);
    t.strictSame([refused.code, refused.asked], [1, []]);
    t.match(refused.err, complaint(failure('not_confirmed', { what: 'The cluster x-k3s', problem })));
  }
});

t.test('R16: the name of a cluster that serves is typed or given: --yes is not enough', async (t) => {
  shown = clusterStatus();
  const asked = async (stdin: string, ...args: string[]) => {
    stub.seen.length = 0;
    const command = ['cluster', 'restore', 'x-k3s', '--snapshot', id, ...args];
    const { code, err } = await runCli(command, { env, stdin, canAsk: stdin !== '' });
    return { code, err, bodies: stub.seen.filter(isOrder).map(({ body }) => body) };
  };
  const bodies = async (...args: Parameters<typeof asked>) => (await asked(...args)).bodies;
  t.strictSame(await bodies('', '--yes', '--force'), [{ snapshot: id, force: true }]);
  t.strictSame(await bodies('', '--yes'), [{ snapshot: id }]);
  const named = [{ snapshot: id, force: true, confirm: 'x-k3s' }];
  t.strictSame(await bodies('', '--force', '--confirm', 'x-k3s'), named);
  t.strictSame(await bodies('x-k3s\n', '--force'), named);
  const wrong = await asked('', '--force', '--yes', '--confirm', 'k3s');
  t.match(wrong, { code: 2, bodies: [], err: '--confirm "k3s" is not "x-k3s"' });
});

t.test('a snapshot without a quorum: take and restore say what may be missing', async (t) => {
  const usual = { ...snapshot };
  t.teardown(() => Object.assign(snapshot, usual));
  const why = words('operator admin requested it without a quorum: x-k3s-m-2 had applied index 20; x-k3s-m-3 is lost');
  Object.assign(snapshot, { why: { ...why, code: 'without_quorum' } });
  shown = unknown;
  stub.seen.length = 0;
  const taken = await runCli(['snapshot', 'take', 'x-k3s', '--without-quorum'], { env });
  t.strictSame(stub.seen.find(({ line }) => line.startsWith('POST'))?.body, { withoutQuorum: true });
  const missing =
    /It was taken without a quorum\. Writes that etcd acknowledged are missing if x-k3s-m-2 had not applied them/;
  t.match(taken, { code: 0, out: /x-k3s-m-2 had applied index 20; x-k3s-m-3 is lost\.\n/ });
  t.match(taken.out, missing);
  t.match(taken.out, `\`picket cluster restore x-k3s --snapshot ${id}\``);
  t.match((await runCli(['cluster', 'restore', 'x-k3s', '--snapshot', id, '--yes'], { env })).err, missing);
});
