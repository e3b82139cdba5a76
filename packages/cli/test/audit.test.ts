import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, entryHash, headText, noHash } from '@picket/shared/audit/entry-hash.ts';
import { failure } from '@picket/shared/errors.ts';
import type { AuditEntry } from '@picket/shared/protocol/audit.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { makePki } from './support/pki.ts';
import { complaint, contextEnv, folder, runCli, writeFile } from './support/run-cli.ts';
import { type Seen, type StubAnswer, startStub } from './support/stub-coordinator.ts';

const pki = await makePki();
const stub = await startStub(pki, answer);
const env = contextEnv(stub.url, pki);
t.teardown(() => stub.close());

const empty: Omit<AuditEntry, 'number' | 'previous' | 'hash'> = {
  at: '2026-11-27T19:00:00.000Z',
  kind: 'command',
  by: 'this machine',
  role: null,
  serial: null,
  from: null,
  action: 'picket-coordinator init',
  object: 'operator ada',
  asked: null,
  request: null,
  outcome: 'done',
  count: null,
  before: null,
  after: { role: 'admin' },
};
const ofAda = { by: 'operator ada', role: 'admin', serial: '0a', from: '192.168.7.2', after: null };
const change = {
  ...{ ...ofAda, action: 'PATCH /v1/clusters/:name', object: 'cluster x-k3s' },
  asked: { force: true },
  before: { revision: 1, tuning: { heartbeatIntervalMs: 500 } },
  after: { revision: 2, tuning: { heartbeatIntervalMs: 250 } },
};

function logOf(entries: readonly Partial<AuditEntry>[], number = 1, previous = noHash): AuditEntry[] {
  const [next, ...others] = entries;
  if (next === undefined) return [];
  const linked = { ...empty, ...next, number, previous };
  const entry = { ...linked, hash: entryHash(linked) };
  return [entry, ...logOf(others, number + 1, entry.hash)];
}

const log = logOf([
  {},
  { ...change, kind: 'request', outcome: null, before: null, after: null },
  { ...change, kind: 'result', request: 2 },
  { ...ofAda, kind: 'request', action: 'POST /v1/tokens', object: null, outcome: null },
  {
    ...{ kind: 'refusals', by: 'a stranger', from: '192.168.7.9', action: 'GET /v1/clusters', object: null },
    ...{ outcome: 'certificate_required', count: 12, after: null, asked: { since: '2026-11-27T18:00:00.000Z' } },
  },
]);
const heads = log.map(headText);
const linesOf = (entries: readonly AuditEntry[]) => entries.map((entry) => `${canonicalJson(entry)}\n`).join('');
/** What the coordinator exports. */
let text = linesOf(log);

function answer({ line }: Seen): StubAnswer {
  const answers: Readonly<Record<string, StubAnswer>> = {
    'GET /v1/audit?limit=100': { body: { items: log.toReversed(), next: null } },
    'GET /v1/audit?limit=2': { body: { items: log.slice(3).toReversed(), next: 'more' } },
    'GET /v1/audit/head': { body: { number: 5, hash: log[4]?.hash } },
    'GET /v1/audit/export': { text },
  };
  return answers[line] ?? { status: 404, body: failure('not_found', { what: 'route', name: line }).toWire() };
}

t.test('list shows each deed on one line, with what it changed', async (t) => {
  const { out, err, code } = await runCli(['audit', 'list'], { env });
  t.strictSame({ code, err }, { code: 0, err: '' });
  t.strictSame(out.split('\n'), [
    '2026-11-27 19:00:00Z  1  this machine                picket-coordinator init   operator ada   done                       role: admin',
    '2026-11-27 19:00:00Z  3  operator ada (192.168.7.2)  PATCH /v1/clusters/:name  cluster x-k3s  done                       force=true; revision: 1 → 2, tuning.heartbeatIntervalMs: 500 → 250',
    '2026-11-27 19:00:00Z  4  operator ada (192.168.7.2)  POST /v1/tokens           -              no result stored',
    '2026-11-27 19:00:00Z  5  a stranger (192.168.7.9)    GET /v1/clusters          -              certificate_required × 12  since=2026-11-27T18:00:00.000Z',
    '',
  ]);
  const some = await runCli(['audit', 'list', '--limit', '2'], { env });
  t.equal(some.out.split('\n').length, 3);
  t.equal(some.err, 'There are more entries. A higher --limit shows them.\n');
});

t.test('head prints what to keep', async (t) => {
  t.strictSame(await runCli(['audit', 'head'], { env }), { code: 0, out: `${heads[4]}\n`, err: '' });
});

t.test('export writes what the coordinator has, and checks it', async (t) => {
  const file = join(folder, 'audit.jsonl');
  const { out, code } = await runCli(['audit', 'export', file], { env });
  t.strictSame([code, out], [0, `${file}: entries 1 to 5.\nHead: ${heads[4]}\n`]);
  t.equal(readFileSync(file, 'utf8'), text);
  t.match((await runCli(['audit', 'export', file], { env })).err, complaint(failure('file_exists', { path: file })));
  const verified = await runCli(['audit', 'verify', '--file', file, '--head', heads[2] ?? ''], { env });
  t.strictSame(verified, {
    code: 0,
    out: `The audit log is whole: entries 1 to 5.\nHead: ${heads[4]}\nIt agrees with the head of entry 3.\n`,
    err: '',
  });
});

t.test('verify finds what is wrong with the log of the coordinator, and with a file', async (t) => {
  const whole = await runCli(['audit', 'verify'], { env });
  t.match(
    whole.out,
    /^The audit log is whole: entries 1 to 5\.\nHead: 5:[0-9a-f]{64}\nKeep this head in another place/,
  );
  const [one, two, three, , five] = log as [AuditEntry, AuditEntry, AuditEntry, AuditEntry, AuditEntry];
  const verified = async (content: string, head: readonly string[] = []) => {
    text = content;
    const { code, out, err } = await runCli(['audit', 'verify', ...head.flatMap((one) => ['--head', one])], { env });
    text = linesOf(log);
    return { code, out, err: err.split('\n')[0] };
  };
  const broken = (why: Reason) => failure('audit_not_whole', { problem: reason('several', { reasons: [why] }) });
  const said = (why: Reason) => ({ code: 1, out: '', err: `picket: ${broken(why).message}` });
  t.strictSame(
    await verified(linesOf([one, two, { ...three, by: 'operator bob' }])),
    said(reason('audit_entry_changed', { number: 3 })),
  );
  t.strictSame(
    await verified(linesOf([one, two, three, five])),
    said(reason('audit_entries_missing', { from: 4, to: 4 })),
  );
  t.strictSame(
    await verified(linesOf([one, two, three]), [heads[1] ?? '', heads[4] ?? '']),
    said(reason('audit_end_missing', { last: 3, head: 5, restored: null })),
  );
  t.strictSame(await verified(`${linesOf([one])}{"number":2}\n`), said(reason('audit_line_unreadable', { line: 2 })));
  t.strictSame(await verified('x'.repeat(2_000_000)), said(reason('audit_line_unreadable', { line: 1 })));
  t.strictSame(await verified(linesOf(log).trimEnd()), {
    code: 0,
    out: whole.out,
    err: '',
  });
  const file = writeFile('without-the-first.jsonl', linesOf([two]));
  const headless = broken(reason('audit_beginning_missing', { first: 2 }));
  t.equal((await runCli(['audit', 'verify', '--file', file], { env })).err, complaint(headless));
});

t.test('a head or a file that is none is refused', async (t) => {
  t.match(await runCli(['audit', 'verify', '--head', '5'], { env }), { code: 2, err: /--head "5" is not a head/ });
  t.match(await runCli(['audit', 'verify', '--file', '/nowhere'], { env }), { code: 2, err: /it does not exist/ });
});
