import { createHash } from 'node:crypto';
import { canonicalJson } from '@picket/shared/audit/entry-hash.ts';
import { auditVerifier } from '@picket/shared/audit/verify-log.ts';
import { failure } from '@picket/shared/errors.ts';
import type { AuditEntry, AuditHead } from '@picket/shared/protocol/audit.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { configDefaults } from '../../src/config/config.ts';
import { placesIn } from '../../src/files/data-dir.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { createCluster, createToken, joinNode } from '../support/nodes.ts';
import { backedUp } from '../support/restored.ts';
import { wireRefusal } from '../support/said.ts';
import { tamper } from '../support/tampering.ts';

async function exported({ admin }: TestCoordinator): Promise<readonly AuditEntry[]> {
  const { text, headers } = await admin.get('/v1/audit/export');
  if (headers['content-type'] !== 'application/x-ndjson') throw new Error(text);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AuditEntry);
}

function problemsOf(entries: readonly AuditEntry[], heads: readonly AuditHead[] = []): readonly string[] {
  const verifier = auditVerifier(heads);
  for (const entry of entries) verifier.take(entry);
  return verifier.end().problems.map(({ code }) => code);
}

async function busy(t: Test): Promise<TestCoordinator> {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  await createToken(coordinator);
  return coordinator;
}

t.test('the list, the export and the head are of one chain, which begins with the first admin', async (t) => {
  const coordinator = await busy(t);
  const entries = await exported(coordinator);
  t.same(
    entries.map(({ kind, action, object }) => [kind, action, object]),
    [
      ['command', 'picket-coordinator init', 'operator ada'],
      ['request', 'POST /v1/clusters', null],
      ['result', 'POST /v1/clusters', null],
      ['request', 'POST /v1/tokens', null],
      ['result', 'POST /v1/tokens', null],
    ],
  );
  t.match(entries[0], { by: 'this machine', before: null, after: { role: 'admin' } });
  t.same(problemsOf(entries), []);
  const { items } = (await coordinator.admin.get('/v1/audit')).json<Page<AuditEntry>>();
  t.same(items, entries.toReversed());
  const viewer = await coordinator.operator('viewer');
  const head = (await viewer.get('/v1/audit/head')).json<AuditHead>();
  t.same(head, { number: 5, hash: entries[4]?.hash });
  t.same(problemsOf(entries, [head]), []);
});

t.test('anybody can check the export with a JSON library and SHA-256', async (t) => {
  const coordinator = await busy(t);
  const { text } = await coordinator.admin.get('/v1/audit/export');
  for (const line of text.split('\n').slice(0, -1)) {
    const { hash, ...covered } = JSON.parse(line) as AuditEntry;
    t.equal(createHash('sha256').update(canonicalJson(covered)).digest('hex'), hash);
    t.equal(line, canonicalJson(JSON.parse(line)));
    t.match(line, /^[\x20-\x7e]*$/, 'so that `jq -S` sorts it in the same way');
  }
});

t.test('an export of many entries', async (t) => {
  const coordinator = await busy(t);
  const [sample] = await exported(coordinator);
  if (sample === undefined) throw new Error('there is no entry');
  const { number: _number, previous: _previous, hash: _hash, at: _at, ...facts } = sample;
  await coordinator.running.inventory.transaction(async ({ audit }) => {
    for (let count = 0; count < 1200; count += 1) await audit.append({ ...facts, at: coordinator.clock.now });
  });
  const entries = await exported(coordinator);
  t.equal(entries.length, 1205);
  t.same(problemsOf(entries), []);
});

t.test('who changes the store of a stopped coordinator is found out', async (t) => {
  const coordinator = await busy(t);
  const head = (await coordinator.admin.get('/v1/audit/head')).json<AuditHead>();
  const entriesBefore = await exported(coordinator);
  const { database: path } = placesIn(coordinator.config.dataDir);
  const tampering = async (sql: string) => {
    await coordinator.restart(async () => tamper(path, sql));
    const entries = await exported(coordinator);
    return [problemsOf(entries), problemsOf(entries, [head])];
  };
  const copy = 'create table kept as select * from audit';
  const putBack = 'delete from audit; insert into audit select * from kept';
  const swap = `replace(entry, 'operator ada', 'operator bob')`;
  t.same(await tampering(`${copy}; update audit set entry = ${swap} where number = 4`), [
    ['audit_entry_changed'],
    ['audit_entry_changed'],
  ]);
  t.same(await tampering(`${putBack}; delete from audit where number = 3`), [
    ['audit_entries_missing'],
    ['audit_entries_missing'],
  ]);
  const shift = 'update audit set number = -number where number > 3';
  const insert = 'insert into audit select 4, at, entry, hash from audit where number = 3';
  const shiftBack = 'update audit set number = 1 - number where number < 0';
  t.same(await tampering(`${putBack}; ${shift}; ${insert}; ${shiftBack}`), [
    ['audit_entry_out_of_order'],
    ['audit_entry_out_of_order'],
  ]);

  t.same(await tampering(`${putBack}; delete from audit where number = 1`), [
    ['audit_beginning_missing'],
    ['audit_beginning_missing'],
  ]);
  await coordinator.restart(async () => tamper(path, `${putBack}; update audit set entry = 'x' where number = 2`));
  const { text } = await coordinator.admin.get('/v1/audit/export');
  t.equal(text.split('\n')[1], 'null', 'an entry that cannot be read hides no other');
  t.equal(text.split('\n').length, entriesBefore.length + 1);
  t.strictSame(
    (await coordinator.admin.get('/v1/audit')).json(),
    failure('audit_not_whole', { problem: reason('audit_entry_changed', { number: 2 }) }).toWire(),
  );
  t.same(await tampering(`${putBack}; delete from audit where number > 3`), [[], ['audit_end_missing']]);
  await createToken(coordinator);
  const entries = await exported(coordinator);
  t.same(problemsOf(entries), [], 'new entries hide that others were cut off');
  t.same(problemsOf(entries, [head]), ['audit_head_differs'], 'but not from a head');
});

t.test('a restore of the coordinator is an entry, and the head of what the backup lacks is missed', async (t) => {
  const coordinator = await busy(t);
  const inBackup = (await coordinator.admin.get('/v1/audit/head')).json<AuditHead>();
  const restore = await backedUp(coordinator);
  await createToken(coordinator);
  const later = (await coordinator.admin.get('/v1/audit/head')).json<AuditHead>();
  await restore();
  const entries = await exported(coordinator);
  t.match(entries.at(-1), {
    kind: 'command',
    action: 'picket-coordinator restore',
    before: { epoch: null },
    after: { epoch: { number: Math.floor(coordinator.clock.now / 1000) } },
  });
  t.same(problemsOf(entries, [inBackup]), []);
  t.same(problemsOf(entries, [later]), ['audit_end_missing']);
});

t.test('who is refused is counted: by name if the certificate is one of ours', async (t) => {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  const viewer = await coordinator.operator('viewer');
  const { running, stranger, clock } = coordinator;
  for (let count = 0; count < 3; count += 1) await viewer.post('/v1/tokens', { cluster: 'x-k3s' });
  await node.client.get('/v1/audit');
  await stranger.get('/v1/clusters');
  await stranger.get('/v1/clusters/x-k3s');
  await coordinator.admin.post(`/v1/nodes/${node.id}/evict`);
  await node.client.get('/v1/node/desired-state');
  const refused = async () => (await exported(coordinator)).filter(({ kind }) => kind === 'refusals');
  await running.tick();
  const common = { role: null, serial: null, before: null, after: null };
  const wanted = [
    { ...common, by: 'operator viewer', action: 'POST /v1/tokens', outcome: 'not_permitted', count: 3 },
    { ...common, by: `node ${node.id}`, action: 'GET /v1/audit', outcome: 'not_permitted', count: 1 },
    { ...common, by: 'a stranger', from: '127.0.0.1', action: 'GET /v1/clusters', outcome: 'certificate_required' },
    { ...common, by: 'a stranger', from: '127.0.0.1', action: 'GET /v1/clusters/:name', count: 1 },
    {
      ...common,
      by: `node ${node.id}`,
      action: 'GET /v1/node/desired-state',
      outcome: 'node_evicted',
    },
  ];
  t.match(await refused(), wanted);
  await viewer.post('/v1/tokens', { cluster: 'x-k3s' });
  await running.tick();
  t.equal((await refused()).length, wanted.length, 'the next entry of this kind comes an hour later');
  clock.now += 3_600_000;
  await running.tick();
  t.match((await refused()).at(-1), { by: 'operator viewer', count: 1 });
  await viewer.post('/v1/tokens', { cluster: 'x-k3s' });
  await coordinator.restart();
  t.equal((await refused()).length, wanted.length + 2, 'what was counted is written when the coordinator stops');
  t.same(problemsOf(await exported(coordinator)), []);
});

t.test('R18: who asks too often is counted, and many such refusals are an event', async (t) => {
  const coordinator = await testCoordinator(t, Date.now(), {
    limits: { ...configDefaults.limits, operatorPagesPerMinute: 3 },
  });
  const viewer = await coordinator.operator('viewer');
  coordinator.timeout = () => AbortSignal.abort();
  for (let count = 0; count < 25; count += 1) await viewer.get('/v1/nodes');
  await coordinator.running.tick();
  const { entry } = (await coordinator.running.inventory.audit.after(0, 100)).at(-1) ?? {};
  t.match(entry, { kind: 'refusals', by: 'operator viewer', outcome: 'too_many_requests', count: 22 });
  const { items } = await coordinator.running.inventory.events.list({ limit: 1, after: null }, null);
  t.match(items, [{ kind: 'requests-refused', facts: { by: 'operator viewer', count: 22 } }]);
});

t.test('only admins read the log', async (t) => {
  const coordinator = await busy(t);
  const operator = await coordinator.operator('operator');
  for (const path of ['/v1/audit', '/v1/audit/export'])
    t.match((await operator.get(path)).json(), wireRefusal('not_permitted'), path);
});

t.test(
  'R12: a result that cannot be stored does not make a change look failed; the request is in the log',
  async (t) => {
    const coordinator = await busy(t);
    const noResults = `create trigger no_results before insert on audit when new.entry like '%"kind":"result"%' begin select raise(abort, 'disk full'); end`;
    await coordinator.restart(async () => tamper(placesIn(coordinator.config.dataDir).database, noResults));
    const answer = await coordinator.admin.post('/v1/tokens', { cluster: 'x-k3s' });
    t.equal(answer.status, 201);
    t.match(answer.json<{ joinString: string }>().joinString, /^pkt1\./);
    const last = (await exported(coordinator)).at(-1);
    t.match(last, { kind: 'request', action: 'POST /v1/tokens' });
  },
);
