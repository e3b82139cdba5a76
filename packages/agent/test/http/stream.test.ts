import t from 'tap';
import { type Dispatcher, stream as streamWith } from '../../src/http/stream.ts';

const stream = (client: Dispatcher, asked: Parameters<typeof streamWith>[1]) =>
  streamWith(client, asked, () => undefined);

type Handler = Parameters<Dispatcher['dispatch']>[1];

/** A handmade connection. */
function connection() {
  const told: string[] = [];
  const controller = {
    abort: (reason: Error) => void told.push(reason.message),
    pause: () => void told.push('pause'),
    resume: () => void told.push('resume'),
  };
  let handler: Handler | null = null;
  const client: Dispatcher = {
    dispatch(_options, given) {
      handler = given;
      given.onRequestStart(controller);
      given.onResponseStart(controller, 200, {});
      return true;
    },
  };
  const of = () => {
    if (handler === null) throw new Error('nothing was requested');
    return handler;
  };
  return {
    told,
    client,
    data: (bytes: number) => of().onResponseData(controller, Buffer.alloc(bytes)),
    end: () => of().onResponseEnd(controller),
    error: (error: Error) => of().onResponseError(controller, error),
  };
}

const request = { method: 'POST', path: '/', body: {}, silenceMs: 60_000 } as const;

async function lengthOf(next: Promise<IteratorResult<Buffer, void>>): Promise<number | undefined> {
  const { value } = await next;
  return value instanceof Buffer ? value.length : undefined;
}

t.test('the other side must wait while nobody reads, and nothing is lost', async (t) => {
  const { client, told, data, end } = connection();
  const reader = stream(client, { ...request, signal: new AbortController().signal });
  const first = reader.next();
  data(200_000);
  t.equal(await lengthOf(first), 200_000);
  data(200_000);
  data(200_000);
  t.same(told, ['pause']);
  t.equal(await lengthOf(reader.next()), 200_000);
  t.equal(await lengthOf(reader.next()), 200_000);
  const last = reader.next();
  t.same(told, ['pause', 'resume']);
  end();
  t.equal((await last).done, true);
});

t.test('a broken connection is an error, and so is a cancelled request', async (t) => {
  const broken = connection();
  const reader = stream(broken.client, { ...request, signal: new AbortController().signal });
  const next = reader.next();
  broken.error(new Error('the connection was reset'));
  await t.rejects(next, /was reset/);

  const control = new AbortController();
  const called = connection();
  const waiting = stream(called.client, { ...request, signal: control.signal }).next();
  control.abort(new Error('enough'));
  await t.rejects(waiting, /enough/);
  t.same(called.told, ['enough']);
});

t.test('a reader that stops ends the request', async (t) => {
  const { client, told, data } = connection();
  const reader = stream(client, { ...request, signal: new AbortController().signal });
  const next = reader.next();
  data(10);
  await next;
  await reader.return();
  t.same(told, ['Nobody reads the rest of the answer.']);
});
