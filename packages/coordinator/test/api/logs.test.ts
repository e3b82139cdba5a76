import { failure, type WireError } from '@picket/shared/errors.ts';
import { type LogOrder, type LogRequest, type LogView, logOrderHeader } from '@picket/shared/protocol/logs.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import type { Answer, Client, RequestOptions } from '../support/client.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { handling, polling } from '../support/handling.ts';
import { createCluster, joinNode, nodeWith, type TestNode } from '../support/nodes.ts';
import { wireRefusal } from '../support/said.ts';

const takes = { 'picket-takes': 'log-orders' };

/** A node that polls and answers over two connections, as an agent does. */
interface Reader {
  readonly node: TestNode;
  readonly polls: Client;
  readonly operator: Client;
}

async function joined(t: Test) {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  return { coordinator, ...(await readerOf(coordinator, 1)), operator: await coordinator.operator('operator') };
}

async function readerOf(coordinator: TestCoordinator, number: number) {
  const node = await joinNode(coordinator, number);
  return { node, polls: nodeWith(coordinator, node).client };
}

async function poll({ node, polls }: Omit<Reader, 'operator'>, headers: Readonly<Record<string, string>> = takes) {
  const { headers: before } = await node.client.get('/v1/node/desired-state');
  return polls.get('/v1/node/desired-state?wait=30', { headers: { 'if-none-match': before.etag ?? '', ...headers } });
}

/** Asks for the log of a node, while its poll waits. */
async function ask(reader: Reader, body: LogRequest = { log: 'etcd' }, headers = takes) {
  const waits = polling();
  const polled = poll(reader, headers);
  await waits;
  const asked = reader.operator.post(`/v1/nodes/${reader.node.id}/logs`, body);
  return { asked, polled };
}

const orderIn = ({ headers }: Answer) => JSON.parse(String(headers[logOrderHeader])) as LogOrder;
const linesOf = (...lines: string[]) => ({ lines, cursor: 'cursor1', cut: false });
const answer = ({ node }: Pick<Reader, 'node'>, id: string, body: unknown = linesOf('one')) =>
  node.client.post(`/v1/node/logs/${id}`, body);

t.test('an operator reads the log of a node through its waiting poll', async (t) => {
  const { coordinator, ...reader } = await joined(t);
  const { asked, polled } = await ask(reader, { log: 'etcd', lines: 7, sinceSeconds: 60 });
  const woken = await polled;
  t.same([woken.status, woken.text], [304, ''], 'its desired state is as before');
  const { id, ...order } = orderIn(woken);
  t.same(order, { log: 'etcd', lines: 7, sinceSeconds: 60, cursor: null });
  t.equal((await answer(reader, id, linesOf('one', 'two'))).status, 200);
  t.same((await asked).json<LogView>(), { lines: ['one', 'two'], cursor: 'cursor1', cut: false, follow: null });
  const { items } = (await coordinator.admin.get('/v1/audit')).json<{ items: unknown[] }>();
  t.match(items, [
    { kind: 'result', outcome: 'done', object: `node ${reader.node.id}` },
    { kind: 'request', by: 'operator operator', object: `node ${reader.node.id}`, asked: { log: 'etcd', lines: 7 } },
  ]);
  t.notMatch(coordinator.log.join('\n'), 'two', 'the coordinator keeps none of it');
});

/** Leaves an order while no poll waits. */
async function leave({ node, operator }: Omit<Reader, 'polls'>, options: RequestOptions = {}) {
  const begun = handling(`/v1/nodes/${node.id}/logs`);
  const asked = operator.post(`/v1/nodes/${node.id}/logs`, { log: 'agent' }, options);
  await begun;
  // The node is looked up before: an answer to another request takes longer.
  await node.client.get('/v1/node/desired-state');
  return { asked };
}

t.test('an order waits for the next poll that waits, and only of its node', async (t) => {
  const { coordinator, ...reader } = await joined(t);
  const other = await readerOf(coordinator, 2);
  const { asked } = await leave(reader);
  const wait = new AbortController();
  coordinator.timeout = () => wait.signal;
  const waits = polling();
  const polled = poll(other);
  await waits;
  wait.abort();
  coordinator.timeout = (ms) => AbortSignal.timeout(ms);
  const foreign = await polled;
  t.equal(foreign.headers[logOrderHeader], undefined, 'another node gets none');
  const once = await reader.polls.get('/v1/node/desired-state', { headers: takes });
  t.equal(once.headers[logOrderHeader], undefined, '`picket-agent once` does not carry out orders');
  const { id, log } = orderIn(await poll(reader));
  t.equal(log, 'agent');
  await answer(reader, id);
  t.equal((await asked).status, 200);
});

t.test('R8: a node answers only for itself, only an order that it has fetched, and once', async (t) => {
  const { coordinator, ...reader } = await joined(t);
  const other = await readerOf(coordinator, 2);
  const { asked, polled } = await ask(reader);
  const { id } = orderIn(await polled);
  t.match((await answer(other, id)).json(), wireRefusal('log_order_unknown'));
  t.match((await answer(reader, 'another00')).json(), wireRefusal('log_order_unknown'));
  t.equal((await answer(reader, id)).status, 200);
  t.match((await answer(reader, id)).json(), wireRefusal('log_order_unknown'));
  t.equal((await asked).json<LogView>().lines[0], 'one');
});

t.test('an agent of an older release is named, and its poll goes on', async (t) => {
  const { coordinator: _, ...reader } = await joined(t);
  const { asked, polled } = await ask(reader, { log: 'etcd' }, {} as typeof takes);
  t.strictSame((await asked).json(), failure('log_agent_too_old', { node: 'x-k3s-m-1', version: '0.1.0' }).toWire());
  t.same([(await polled).status, (await polled).headers[logOrderHeader]], [304, undefined]);
});

const notSent = (why: Reason) =>
  failure('log_not_sent', { node: 'x-k3s-m-1', cluster: 'x-k3s', seconds: 1, reason: why }).toWire();

t.test('a node that does not answer in time is named, with what is known of it', async (t) => {
  const { coordinator, ...reader } = await joined(t);
  coordinator.timeout = () => AbortSignal.abort();
  const never = await reader.operator.post(`/v1/nodes/${reader.node.id}/logs`, { log: 'etcd', waitSeconds: 1 });
  t.strictSame(never.json(), notSent(reason('log_order_not_fetched', { reportedAt: null })));
  await reader.node.report();
  const silent = await reader.operator.post(`/v1/nodes/${reader.node.id}/logs`, { log: 'etcd', waitSeconds: 1 });
  const reportedAt = new Date(coordinator.clock.now).toISOString();
  t.strictSame(silent.json(), notSent(reason('log_order_not_fetched', { reportedAt })));
  const wait = new AbortController();
  coordinator.timeout = () => wait.signal;
  const { asked, polled } = await ask(reader, { log: 'etcd', waitSeconds: 1 });
  const { id } = orderIn(await polled);
  wait.abort();
  t.strictSame((await asked).json(), notSent(reason('log_order_not_answered')));
  t.match((await answer(reader, id)).json(), wireRefusal('log_order_unknown'), 'an answer that comes later is refused');
  const said = coordinator.log.filter((line) => line.includes('log_not_sent'));
  t.equal(said.length, 3, 'each is a line of the coordinator’s log');
  t.notMatch(said.join(), 'stack', 'and no error of the coordinator');
});

t.test('what the agent cannot read is an error with its reason', async (t) => {
  const { coordinator: _, ...reader } = await joined(t);
  const { asked, polled } = await ask(reader, { log: 'agent' });
  const why = reason('log_goes_elsewhere');
  await answer(reader, orderIn(await polled).id, { problem: why });
  t.strictSame(
    (await asked).json(),
    failure('log_unreadable', { node: 'x-k3s-m-1', log: 'agent', reason: why }).toWire(),
  );
});

t.test('logs are for operators, and of nodes that are here', async (t) => {
  const { coordinator, ...reader } = await joined(t);
  const viewer = await coordinator.operator('viewer');
  t.match(
    (await viewer.post(`/v1/nodes/${reader.node.id}/logs`, { log: 'etcd' })).json(),
    wireRefusal('not_permitted'),
  );
  t.match((await reader.operator.post('/v1/nodes/nowhere00/logs', { log: 'etcd' })).json(), wireRefusal('not_found'));
  coordinator.clock.now += 200_000;
  await coordinator.admin.post(`/v1/nodes/${reader.node.id}/evict`, { lost: true });
  t.match(
    (await reader.operator.post(`/v1/nodes/${reader.node.id}/logs`, { log: 'etcd' })).json(),
    wireRefusal('log_of_evicted_node'),
  );
});

t.test('R12: an operator follows a log with one entry in the audit log', async (t) => {
  const { coordinator, ...reader } = await joined(t);
  const { asked, polled } = await ask(reader, { log: 'agent', follow: true });
  await answer(reader, orderIn(await polled).id);
  const { follow, cursor } = (await asked).json<LogView>();
  const path = `/v1/nodes/${reader.node.id}/logs/${follow}?cursor=${cursor}`;
  const before = (await coordinator.admin.get('/v1/audit/head')).json<{ number: number }>();

  const more = reader.operator.get(path);
  const order = orderIn(await poll(reader));
  t.match(order, { log: 'agent', cursor: 'cursor1', sinceSeconds: null });
  await answer(reader, order.id, linesOf('next'));
  t.match((await more).json<LogView>(), { lines: ['next'], follow });
  t.same((await coordinator.admin.get('/v1/audit/head')).json(), before);

  t.match(
    (await coordinator.admin.get(path)).json(),
    wireRefusal('log_follow_unknown'),
    'nobody else reads on by that entry',
  );
  const other = await joinNode(coordinator, 2);
  t.match(
    (await reader.operator.get(path.replace(reader.node.id, other.id))).json(),
    wireRefusal('log_follow_unknown'),
  );
  coordinator.clock.now += 61_000;
  t.match((await reader.operator.get(path)).json(), wireRefusal('log_follow_unknown'), 'whoever pauses begins again');
});

t.test('R18: a node has one order at a time; the end of a request makes room', async (t) => {
  const { coordinator, ...reader } = await joined(t);
  const leaving = new AbortController();
  const { asked } = await leave(reader, { signal: leaving.signal });
  coordinator.timeout = () => AbortSignal.abort();
  const path = `/v1/nodes/${reader.node.id}/logs`;
  const second = async () => (await coordinator.admin.post(path, { log: 'etcd', waitSeconds: 1 })).json<WireError>();
  t.strictSame(await second(), failure('too_many_log_requests', { most: 1, of: 'one node' }).toWire());
  leaving.abort();
  await t.rejects(asked);
  const isWithdrawn = async () => (await second()).code === 'log_not_sent';
  t.ok(await until('the order is withdrawn', isWithdrawn, { within: 10_000, every: 10 }));
});

t.test('R18: an answer that is too long, or to no order, is not read', async (t) => {
  const { coordinator: _, ...reader } = await joined(t);
  const long = linesOf(...Array.from({ length: 2000 }, () => 'x'.repeat(400)));
  t.match((await answer(reader, 'another00', long)).json(), wireRefusal('log_order_unknown'));
  const { asked, polled } = await ask(reader, { log: 'etcd' });
  const { id } = orderIn(await polled);
  t.match((await answer(reader, id, long)).json(), wireRefusal('payload_too_large'));
  t.match((await answer(reader, id, linesOf('x'.repeat(4001)))).json(), wireRefusal('invalid_request'));
  await answer(reader, id);
  t.equal((await asked).status, 200);
});
