import { getEventListeners } from 'node:events';
import { failure } from '@picket/shared/errors.ts';
import type { MemberState } from '@picket/shared/protocol/desired-state.ts';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { polling } from '../support/handling.ts';
import { changeTuning, createCluster, joinNode, nodeWith, type TestNode } from '../support/nodes.ts';

t.test('a known desired state is answered with 304, without a body', async (t) => {
  const { node } = await founded(t);
  const { headers } = await node.client.get('/v1/node/desired-state');
  const again = await node.client.get('/v1/node/desired-state', { headers: { 'if-none-match': headers.etag ?? '' } });
  t.same([again.status, again.text], [304, '']);
});

t.test('R2, R5: an ETag is of one state alone, whatever its generation', async (t) => {
  const { node } = await founded(t);
  const answer = await node.client.get('/v1/node/desired-state');
  t.equal(answer.headers.etag, `"${answer.json<MemberState>().seal}"`);
  t.equal(answer.headers['cache-control'], 'no-store');
});

t.test('an ETag of another state is answered with this one', async (t) => {
  const { node } = await founded(t);
  const answer = await node.client.get('/v1/node/desired-state', { headers: { 'if-none-match': '"other-1"' } });
  t.equal(answer.status, 200);
});

t.test('a waiting poll is answered with 304 at the end of its time', async (t) => {
  const { node } = await founded(t);
  const begin = performance.now();
  const answer = await poll(node, 1);
  t.equal(answer.status, 304);
  t.ok(performance.now() - begin >= 990, 'it waited');
});

t.test('a waiting poll is answered as soon as its state changes', async (t) => {
  const { coordinator, node } = await founded(t);
  const before = await node.desiredState();
  const waits = polling();
  const waiting = poll(node, 30);
  await waits;
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 });
  const after = (await waiting).json<MemberState>();
  t.equal(after.generation, before.generation + 1);
  t.match(after.etcd?.conf, 'heartbeat-interval: 250');
});

t.test('a poll without an ETag is answered at once', async (t) => {
  const { node } = await founded(t);
  t.equal((await node.client.get('/v1/node/desired-state?wait=30')).status, 200);
});

t.test('R8: a change for another node does not wake a poll', async (t) => {
  const { coordinator, node } = await founded(t);
  const bystander = await joinNode(coordinator, 2);
  const waits = polling();
  let woken = false;
  const waiting = poll(bystander, 30).finally(() => {
    woken = true;
  });
  await waits;
  // Only the founder has a conf.yml yet.
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 });
  t.match((await node.desiredState()).etcd?.conf, 'heartbeat-interval: 250');
  t.equal(woken, false);
  await coordinator.running.app.close();
  await waiting.catch(() => undefined);
});

t.test('polls end with 304 when the coordinator closes', async (t) => {
  const { coordinator, node } = await founded(t);
  const waits = polling();
  const waiting = poll(node, 30);
  await waits;
  await coordinator.running.app.close();
  t.equal((await waiting).status, 304);
});

t.test('a client that disconnects leaves nothing waiting', async (t) => {
  const { node } = await founded(t);
  const { headers } = await node.client.get('/v1/node/desired-state');
  const ends = t.capture(AbortSignal, 'any', AbortSignal.any);
  const waits = polling();
  const abort = new AbortController();
  const waiting = node.client.get('/v1/node/desired-state?wait=30', {
    headers: { 'if-none-match': headers.etag ?? '' },
    signal: abort.signal,
  });
  await waits;
  const [end] = ends().flatMap((call) => ('returned' in call && waitersOf(call.returned) > 0 ? [call.returned] : []));
  t.ok(end, 'the poll waits');
  abort.abort();
  await t.rejects(waiting, { name: 'AbortError' });
  await until('the wait has ended', () => end === undefined || waitersOf(end) === 0, { within: 10_000 });
});

t.test('a wait that is not a number is refused', async (t) => {
  const { node } = await founded(t);
  t.strictSame(
    (await node.client.get('/v1/node/desired-state?wait=long')).json(),
    failure('invalid_request', { problem: 'querystring/wait must match pattern "^[0-9]{1,3}$"' }).toWire(),
  );
});

t.test('R5: the generation does not rise while the desired state stays the same', async (t) => {
  const { coordinator, node } = await founded(t);
  const { generation } = await node.desiredState();
  await node.report();
  await coordinator.running.tick();
  await coordinator.admin.request('PATCH', '/v1/clusters/x-k3s', {
    headers: { 'if-match': '"1"' },
    body: { allowDowntime: true },
  });
  t.equal((await node.desiredState()).generation, generation);
});

t.test('R5: the generation survives a restart, and continues from there', async (t) => {
  const { coordinator, node } = await founded(t);
  const before = await node.desiredState();
  await coordinator.restart();
  await coordinator.running.tick();
  const again = nodeWith(coordinator, node);
  t.same(await again.desiredState(), before);
  await changeTuning(coordinator, 1, { heartbeatIntervalMs: 250 });
  t.equal((await again.desiredState()).generation, before.generation + 1);
});

/** A cluster whose first node has been released to found it. */
async function founded(test: Test): Promise<{ coordinator: TestCoordinator; node: TestNode }> {
  const coordinator = await testCoordinator(test);
  await createCluster(coordinator);
  const node = await joinNode(coordinator, 1);
  await node.report();
  return { coordinator, node };
}

/** Waits for another state than the present one. */
async function poll({ client }: TestNode, seconds: number) {
  const { headers } = await client.get('/v1/node/desired-state');
  return client.get(`/v1/node/desired-state?wait=${seconds}`, { headers: { 'if-none-match': headers.etag ?? '' } });
}

const waitersOf = (signal: AbortSignal | undefined): number =>
  signal === undefined ? 0 : getEventListeners(signal, 'abort').length;
