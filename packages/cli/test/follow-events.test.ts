import { failure } from '@picket/shared/errors.ts';
import t, { type Test } from 'tap';
import { makePki } from './support/pki.ts';
import { complaint, contextEnv, type RunOptions, runCli } from './support/run-cli.ts';
import { type Seen, type StubAnswer, startStub } from './support/stub-coordinator.ts';
import { clusterStatus, event } from './support/views.ts';

const pki = await makePki();

const page = (...numbers: readonly number[]): StubAnswer => ({ body: { items: numbers.map(event), next: null } });
const frame = (number: number) => `id: ${number}\ndata: ${JSON.stringify(event(number))}\n\n`;
const things = (...numbers: readonly number[]) => numbers.map((number) => `Thing ${number}`);

interface Following {
  /** How often the command sleeps before the user interrupts. */
  readonly rounds: number;
  readonly streams: readonly StubAnswer[];
  readonly lists?: readonly StubAnswer[];
  readonly options?: RunOptions;
}

/** Runs the command against a coordinator that gives these answers, one after the other. */
async function following(t: Test, argv: readonly string[], { rounds, streams, lists = [], options }: Following) {
  const [streamsLeft, listsLeft] = [[...streams], [...lists]];
  const opened: Seen[] = [];
  const listed: string[] = [];
  const stub = await startStub(pki, (seen) => {
    if (seen.line.startsWith('GET /v1/events/stream')) {
      opened.push(seen);
      return streamsLeft.shift() ?? { hangUp: true };
    }
    listed.push(seen.line);
    if (seen.line.includes('/status')) return { body: clusterStatus() };
    return listsLeft.shift() ?? page();
  });
  t.teardown(() => stub.close());
  const interruption = new AbortController();
  let slept = 0;
  const ran = await runCli(argv, {
    env: contextEnv(stub.url, pki),
    interrupted: interruption.signal,
    sleep: async () => {
      slept += 1;
      if (slept >= rounds) interruption.abort();
    },
    ...options,
  });
  return { ...ran, opened, listed, shown: ran.out.match(/Thing \d+/g) ?? [] };
}

t.test('events --follow goes on after the last event, across a restart of the coordinator', async (t) => {
  const { code, err, shown, opened, listed } = await following(t, ['events', 'x-k3s', '--follow', '--limit', '2'], {
    rounds: 4,
    lists: [page(2, 1)],
    streams: [
      { pieces: [': the stream is up to date\nid: 2\n\n', frame(3).slice(0, 20), frame(3).slice(20), frame(4)] },
      { hangUp: true },
      { pieces: [frame(4) + frame(5), ': quiet\nid: 9\n\n'] },
    ],
  });
  t.equal(code, 0);
  t.same(shown, things(1, 2, 3, 4, 5), 'each event once');
  t.match(err, /did not answer.*Trying again/s);
  t.same(
    opened.map(({ line, lastEventId }) => [line, lastEventId]),
    [2, 4, 4, 9].map((last) => ['GET /v1/events/stream?cluster=x-k3s&internal=false', String(last)]),
  );
  t.same(listed, ['GET /v1/events?limit=2&cluster=x-k3s&internal=false']);
});

t.test('events says whether there are only internal steps, or none at all', async (t) => {
  const only = await following(t, ['events', 'x-k3s'], { rounds: 0, streams: [], lists: [page(), page(3)] });
  t.equal(only.out, 'There are only internal steps of the coordinator. To see them, add --verbose.\n');
  t.strictSame(only.listed, [
    'GET /v1/events?limit=500&cluster=x-k3s&internal=false',
    'GET /v1/events?limit=1&cluster=x-k3s',
  ]);
  const none = await following(t, ['events'], { rounds: 0, streams: [], lists: [page(), page()] });
  t.equal(none.out, 'No events.\n');
  const verbose = await following(t, ['events', '--verbose'], { rounds: 0, streams: [] });
  t.strictSame([verbose.out, verbose.listed.length], ['No events.\n', 1]);
});

t.test('events --follow shows the same columns as the list, as wide as the longest value so far', async (t) => {
  const followed = (...argv: string[]) =>
    following(t, ['events', '--follow', ...argv], {
      rounds: 1,
      lists: [page(2, 1)],
      streams: [{ pieces: [frame(3)] }],
    });
  const plainly = await followed();
  t.equal(plainly.out.split('\n')[0], '2026-11-24 11:58:21Z  -      Thing 1 happened.');
  t.equal(plainly.out.split('\n')[2], '2026-11-24 11:58:23Z  x-k3s  Thing 3 happened.');
  const verbose = await followed('--verbose');
  t.equal(verbose.out.split('\n')[2], '2026-11-24 11:58:23Z  x-k3s  join      Thing 3 happened.');
  t.strictSame(
    verbose.opened.map(({ line }) => line),
    ['GET /v1/events/stream'],
  );
});

t.test('events --follow asks for the events that the options name', async (t) => {
  const { opened } = await following(
    t,
    ['events', '-f', '--node', 'x-k3s-m-3', '--kind', 'node-silent', '--kind', 'node-returned', '--since', '1h'],
    { rounds: 2, streams: [{ pieces: [frame(1)] }, { pieces: [] }] },
  );
  const [first, second] = opened.map(({ line, lastEventId }) => [
    lastEventId,
    Object.fromEntries(new URLSearchParams(line.split('?')[1])),
  ]);
  const filter = { node: 'x-k3s-m-3', kind: 'node-silent,node-returned' };
  t.same(first, ['0', { ...filter, since: '2026-11-24T11:00:00.000Z' }], 'with nothing seen yet, from --since on');
  t.same(second, ['1', filter]);
});

t.test('events --follow says that events are missing', async (t) => {
  const gap = { code: 'events_missing', facts: { after: 1 }, message: 'Events after number 1 are missing here.' };
  const json = await following(t, ['events', '--follow', '-o', 'json'], {
    rounds: 1,
    lists: [page(1)],
    streams: [
      { pieces: [`event: gap\ndata: ${JSON.stringify(gap)}\n\n`, 'event: of-a-later-version\ndata: x\n\n', frame(7)] },
    ],
  });
  t.equal(json.err, 'picket: Events after number 1 are missing here.\n');
  t.same(
    json.out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: number }).id),
    [1, 7],
  );
});

t.test('events --follow ends with what the coordinator refuses', async (t) => {
  const refusal = failure('too_many_streams', { most: 16, of: 'this operator' });
  const ran = await following(t, ['events', '--follow'], {
    rounds: 3,
    streams: [{ status: refusal.status, body: refusal.toWire() }],
  });
  t.equal(ran.code, 1);
  t.equal(ran.err, complaint(refusal));
});

t.test('an event stream that is no event stream is an error', async (t) => {
  for (const [text, problem] of [
    ['data: {"id"\n\n', /event stream cannot be read: .*JSON/],
    ['x'.repeat(1_100_000), /event stream cannot be read: an event has more than 1048576 characters/],
  ] as const) {
    const ran = await following(t, ['events', '--follow'], { rounds: 2, streams: [{ pieces: [text], goesOn: true }] });
    t.equal(ran.code, 1);
    t.match(ran.err, problem);
  }
});

t.test('status --watch asks again after an event, before its time', async (t) => {
  const interruption = new AbortController();
  const asked: string[] = [];
  const stub = await startStub(pki, ({ line }) => {
    asked.push(line);
    if (line.includes('/stream')) return { pieces: [': up to date\nid: 2\n\n', frame(3)], goesOn: true };
    if (asked.filter((earlier) => earlier.includes('/status')).length === 2) interruption.abort();
    return { body: clusterStatus() };
  });
  t.teardown(() => stub.close());
  const ran = await runCli(['status', 'x-k3s', '--watch'], {
    env: contextEnv(stub.url, pki),
    isTTY: true,
    interrupted: interruption.signal,
    // Only an event ends a wait here.
    sleep: () => new Promise((resolve) => interruption.signal.addEventListener('abort', () => resolve())),
  });
  t.equal(ran.code, 0);
  t.match(ran.out, '\u001b[H\u001b[2J', 'each time on a clear screen');
  t.same(asked.sort(), [
    'GET /v1/clusters/x-k3s/status',
    'GET /v1/clusters/x-k3s/status',
    'GET /v1/events/stream?cluster=x-k3s',
  ]);
});

t.test('status --watch goes on without an event stream, and says why', async (t) => {
  const refusal = failure('too_many_streams', { most: 16, of: 'this operator' });
  const ran = await following(t, ['status', 'x-k3s', '--watch'], {
    rounds: 3,
    streams: [{ status: refusal.status, body: refusal.toWire() }],
  });
  t.equal(ran.code, 0);
  t.equal(ran.err, `picket: ${refusal.message} picket asks every 2 s instead.\n`);
  t.equal(ran.listed.length, 3);
});

t.test('status --watch ends at once if the cluster does not exist, although its stream is open', async (t) => {
  const missing = failure('not_found', { what: 'cluster', name: 'x-k3s' });
  const stub = await startStub(pki, ({ line }) =>
    line.includes('/events/') ? { pieces: [': x\n\n'], goesOn: true } : { status: 404, body: missing.toWire() },
  );
  t.teardown(() => stub.close());
  const ran = await runCli(['status', 'x-k3s', '--watch'], { env: contextEnv(stub.url, pki) });
  t.equal(ran.code, 1);
  t.equal(ran.err, complaint(missing));
});
