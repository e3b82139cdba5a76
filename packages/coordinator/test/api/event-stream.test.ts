import type { IncomingMessage, ServerResponse } from 'node:http';
import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import t, { type Test } from 'tap';
import { until } from '../../../../test/support/until.ts';
import { markRestored } from '../../src/backup/mark-restored.ts';
import { configDefaults } from '../../src/config/config.ts';
import { type TestCoordinator, testCoordinator } from '../support/coordinator.ts';
import { type Reader, type ReaderOptions, readStream } from '../support/event-stream.ts';
import { createCluster } from '../support/nodes.ts';
import { wireRefusal } from '../support/said.ts';

const dayMs = 86_400_000;

async function viewed(t: Test, settings: Parameters<typeof testCoordinator>[2] = {}) {
  const coordinator = await testCoordinator(t, Date.now(), settings);
  const credentials = await coordinator.credentials('viewer');
  const open = async (options: Partial<ReaderOptions> = {}): Promise<Reader> => {
    const reader = await readStream(coordinator, { credentials, ...options });
    t.teardown(() => reader.close());
    return reader;
  };
  return { coordinator, credentials, open };
}

/** Stores so many events at once. @returns the ID of the newest */
async function happen({ running, clock }: TestCoordinator, count: number, cluster: string | null, text = '') {
  const { inventory } = running;
  await inventory.transaction(async ({ events }) => {
    for (let number = 1; number <= count; number += 1) {
      const event = happening('token-revoked', { by: `operator ada${text}`, id: `token${number}` });
      await events.append({ at: clock.now, cluster, ...event });
    }
  });
  return inventory.eventNews.newest();
}

const idsOf = (events: readonly { readonly id: number }[]) => events.map(({ id }) => id);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

t.test('an event reaches the reader as GET /v1/events has it', async (t) => {
  const { coordinator, open } = await viewed(t);
  await happen(coordinator, 1, null);
  const reader = await open();
  t.match(await reader.next(), { '': 'the stream is up to date', id: /^\d+$/ }, 'it begins with what is new');
  await createCluster(coordinator);
  const frame = await reader.next();
  const listed = (await coordinator.admin.get('/v1/events?limit=1')).json<{ items: { id: number; kind: string }[] }>();
  t.same(JSON.parse(frame?.data ?? ''), listed.items[0]);
  t.match(frame, { id: String(listed.items[0]?.id) });
  t.equal(listed.items[0]?.kind, 'create');
  const { 'content-type': type, 'cache-control': cache } = reader.response.headers;
  t.same([type, cache], ['text/event-stream', 'no-store']);
});

t.test('a reader gets the events of its cluster, node or kind alone', async (t) => {
  const { coordinator, open } = await viewed(t);
  await createCluster(coordinator, { name: 'solo' });
  const ofOne = await open({ query: '?cluster=solo' });
  const ofKind = await open({ query: '?kind=create' });
  await happen(coordinator, 3, 'other');
  await happen(coordinator, 1, 'solo');
  await createCluster(coordinator);
  const [event] = await ofOne.events(1);
  t.match(event, { cluster: 'solo', kind: 'token-revoked' });
  t.match(await ofKind.events(1), [{ cluster: 'x-k3s', kind: 'create' }]);
  const wrong = await coordinator.admin.get('/v1/events/stream?kind=creat');
  t.match(wrong.json(), wireRefusal('invalid_request', { problem: 'did you mean create' }));
});

t.test('a reader may leave out internal steps of the coordinator', async (t) => {
  const { coordinator, open } = await viewed(t);
  const reader = await open({ query: '?internal=false' });
  const { clock, running } = coordinator;
  const step = happening('record-caught-up', { member: 'x-k3s-m-1' });
  await running.inventory.transaction(({ events }) => events.append({ at: clock.now, cluster: null, ...step }));
  await createCluster(coordinator);
  t.match(await reader.events(1), [{ kind: 'create' }]);
});

t.test('a reader resumes after its last event: none is lost, and none comes twice', async (t) => {
  const { coordinator, open } = await viewed(t);
  const start = coordinator.running.inventory.eventNews.newest();
  await happen(coordinator, 230, null);
  const first = await open({ lastEventId: start });
  const seen = idsOf(await first.events(120));
  first.close();
  await happen(coordinator, 70, null);
  const second = await open({ lastEventId: seen.at(-1) ?? 0 });
  seen.push(...idsOf(await second.events(150)));
  const more = happen(coordinator, 30, null);
  seen.push(...idsOf(await second.events(60)));
  await more;
  t.same(seen, range(start + 1, start + 330));

  const all = await open({ lastEventId: 0 });
  t.same(idsOf(await all.events(10)), range(1, 10), '0 stands for all that are kept');
});

t.test('a reader resumes after a restart of the coordinator', async (t) => {
  const { coordinator, credentials, open } = await viewed(t);
  const reader = await open();
  await happen(coordinator, 2, null);
  const before = idsOf(await reader.events(2));
  const last = before.at(-1) ?? 0;
  await coordinator.restart(async () => t.same(await reader.rest(), [], 'the stream ends with the coordinator'));
  const newest = await happen(coordinator, 3, null);
  const again = await readStream(coordinator, { credentials, lastEventId: last });
  t.teardown(() => again.close());
  t.same(idsOf(await again.events(newest - last)), range(last + 1, newest));
});

t.test('R18: a reader that does not read costs no memory, and the others get their events', async (t) => {
  const { coordinator, open } = await viewed(t);
  const { inventory } = coordinator.running;
  const start = inventory.eventNews.newest();
  const slow = await open({ query: '?kind=token-revoked' });
  slow.response.pause();
  // 40 MB: more than the sockets of the kernel take.
  const count = 1000;
  const asked: number[] = [];
  const { oldest } = inventory.events;
  inventory.events.oldest = async (most, cluster, filter) => {
    if (filter.kinds !== undefined) asked.push(filter.newerThan ?? 0);
    return oldest(most, cluster, filter);
  };
  for (let batch = 0; batch < 10; batch += 1) await happen(coordinator, count / 10, null, 'x'.repeat(20_000));
  const other = await open({ lastEventId: start });
  t.same(idsOf(await other.events(count)), range(start + 1, start + count), 'the other reader has all');
  t.ok(Math.max(...asked) < start + count - 200, `the store was asked up to ${Math.max(...asked) - start}`);
  const pending = [...asked];
  await happen(coordinator, 1, null);
  await other.events(1);
  t.same(asked, pending, 'the store is not read again before it reads');

  t.same(idsOf(await slow.events(count + 1)), range(start + 1, start + count + 1), 'once it reads, it gets all');
});

t.test('R8: a reader who is revoked loses the stream', async (t) => {
  const { coordinator, open } = await viewed(t);
  const reader = await open();
  await reader.next();
  t.equal((await coordinator.admin.request('DELETE', '/v1/operators/viewer')).status, 204);
  t.same(await reader.rest(), [], 'its own revocation is not among what it reads');
});

t.test('R8: a reader whose certificate has ended loses the stream, also if nothing happens', async (t) => {
  const { coordinator, open } = await viewed(t, { reportSeconds: 1 });
  const quiet = await open({ query: '?kind=found' });
  t.match(await quiet.next(), { '': 'the stream is up to date' });
  t.match(await quiet.next(), { '': 'the stream is up to date' }, 'heartbeats come');
  coordinator.setClock(400 * dayMs);
  const frames = await quiet.rest();
  t.ok(
    frames.every(({ data }) => data === undefined),
    'it ends',
  );
});

t.test('R8: a reader whose certificate has ended gets no event', async (t) => {
  const { coordinator, open } = await viewed(t);
  const reader = await open();
  await reader.next();
  coordinator.setClock(400 * dayMs);
  await happen(coordinator, 1, null);
  t.same(await reader.rest(), []);
});

t.test('R8: a reader that does not read loses the stream too', async (t) => {
  const { coordinator, open } = await viewed(t, { reportSeconds: 1 });
  const { server } = coordinator.running.app;
  let answer: ServerResponse | null = null;
  server.once('request', (_request, response: ServerResponse) => {
    answer = response;
  });
  const slow = await open();
  slow.response.pause();
  await happen(coordinator, 500, null, 'x'.repeat(40_000));
  let sent = -1;
  const isStalled = () => {
    const before = sent;
    sent = answer?.socket?.bytesWritten ?? -1;
    return answer?.writableNeedDrain === true && sent === before;
  };
  await until('it takes nothing any more', isStalled, { within: 10_000 });
  coordinator.setClock(400 * dayMs);
  const connections = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
  await until('its connection is closed', async () => (await connections()) === 0, { within: 10_000 });
});

t.test('a reader learns that events were removed', async (t) => {
  const { coordinator, open } = await viewed(t);
  const { events } = coordinator.running.inventory;
  const start = await happen(coordinator, 1, 'solo');
  await happen(coordinator, 20, 'busy');
  await happen(coordinator, 1, 'solo');
  await events.keepNewest(10);
  const all = await open({ lastEventId: start });
  await all.next();
  const gap = await all.next();
  t.equal(gap?.event, 'gap');
  t.match(JSON.parse(gap?.data ?? ''), {
    code: 'events_missing',
    facts: { after: start },
  });
  t.same(idsOf(await all.events(11)), range(start + 11, start + 21));

  const frames = async (query: string) => {
    const reader = await open({ query, lastEventId: start });
    return [await reader.next(), await reader.next()].map((frame) => frame?.event ?? 'none');
  };
  t.same(await frames('?cluster=busy'), ['none', 'gap']);
  t.same(await frames('?cluster=solo'), ['none', 'none'], 'the events of the other cluster are all there');
});

t.test('a reader that is behind learns it in the middle of its stream', async (t) => {
  const { coordinator, open } = await viewed(t);
  const start = coordinator.running.inventory.eventNews.newest();
  const slow = await open({ lastEventId: start });
  slow.response.pause();
  for (let batch = 0; batch < 10; batch += 1) await happen(coordinator, 100, null, 'x'.repeat(20_000));
  await coordinator.running.inventory.events.keepNewest(10);
  let frame = await slow.next();
  for (; frame !== null && frame.event !== 'gap'; frame = await slow.next());
  t.equal(frame?.event, 'gap');
  t.same(idsOf(await slow.events(10)), range(start + 991, start + 1000));
});

t.test('after a restore from a backup, no ID stands for another event', async (t) => {
  const { coordinator, open } = await viewed(t);
  const { inventory } = coordinator.running;
  const lost = inventory.eventNews.newest() + 3;
  const now = coordinator.clock.now;
  await markRestored(inventory, { restoredAt: now, backupAt: now, madeBy: null, name: 'epoch0' });
  const reader = await open({ lastEventId: lost });
  await reader.next();
  t.match(await reader.next(), { event: 'gap' });
  t.match(await reader.events(1), [{ kind: 'restored' }]);
});

t.test('R18: an operator has a limited number of streams, and all operators together too', async (t) => {
  const limits = { ...configDefaults.limits, eventStreams: 3, eventStreamsPerOperator: 2 };
  const { coordinator, credentials, open } = await viewed(t, { limits });
  const other = await coordinator.credentials('operator');
  const refused = async (who: typeof credentials) => (await coordinator.client(who).get('/v1/events/stream')).json();
  const first = await open();
  await open();
  t.strictSame(await refused(credentials), failure('too_many_streams', { most: 2, of: 'this operator' }).toWire());
  await open({ credentials: other });
  t.strictSame(await refused(other), failure('too_many_streams', { most: 3, of: 'all operators' }).toWire());
  first.close();
  await until(
    'the place is free',
    async () => {
      const next = await readStream(coordinator, { credentials });
      next.close();
      return next.status === 200;
    },
    { within: 10_000 },
  );
});

t.test('R18: a stream ends after 5 minutes, so a reader that has disappeared gives its place back', async (t) => {
  const limits = { ...configDefaults.limits, eventStreamsPerOperator: 1 };
  const { coordinator, open } = await viewed(t, { limits, reportSeconds: 1 });
  const reader = await open();
  t.match(await reader.next(), { '': 'the stream is up to date' });
  coordinator.clock.now += 299_000;
  t.match(await reader.next(), { '': 'the stream is up to date' }, 'it goes on');
  t.match(await reader.next(), { '': 'the stream is up to date' });
  coordinator.clock.now += 1000;
  await reader.rest();
  const again = await open({ lastEventId: coordinator.running.inventory.eventNews.newest() });
  t.equal(again.status, 200);
});

t.test('R18: a request whose connection has closed before its stream begins leaves no timer behind', async (t) => {
  const reportSeconds = 1234;
  const { coordinator, credentials } = await viewed(t, { reportSeconds });
  const client = coordinator.client(credentials);
  t.equal((await client.get('/v1/events')).status, 200, 'the connection has proven who it is');
  const set = t.capture(globalThis, 'setInterval', globalThis.setInterval);
  const cleared = t.capture(globalThis, 'clearInterval', globalThis.clearInterval);
  const { server } = coordinator.running.app;
  const [answer] = server.listeners('request') as ((...of: unknown[]) => void)[];
  server.removeAllListeners('request');
  server.once('request', (request: IncomingMessage, response: ServerResponse) => {
    request.socket.once('close', () => answer?.call(server, request, response)).destroy();
  });
  await t.rejects(client.get('/v1/events/stream'));
  const isBeat = ({ args }: { readonly args: readonly unknown[] }) => args[1] === reportSeconds * 1000;
  const beat = await until('the stream has begun', () => set().find(isBeat), { within: 10_000 });
  const timer = 'returned' in beat ? beat.returned : null;
  t.ok(cleared().some(({ args }) => args[0] === timer));
});
