import t from 'tap';
import { exchange } from '../../src/http/exchange.ts';
import { type Dispatcher, stream } from '../../src/http/stream.ts';

/** The names of the headers that a request is sent with. */
function sentBy(ask: (client: Dispatcher) => unknown): string[] {
  let sent: string[] = [];
  void ask({
    dispatch({ headers }, handler) {
      sent = Object.keys(headers);
      handler.onResponseEnd({ abort() {}, pause() {}, resume() {} });
      return true;
    },
  });
  return sent;
}

t.test('no request has an accept header, for which etcd would write a line to its log', (t) => {
  const request = { method: 'POST', path: '/', body: {} } as const;
  const { signal } = new AbortController();
  const limits = { deadlineMs: 60_000, mostBytes: 10 };
  t.strictSame(
    sentBy((client) => exchange(client, { ...request, ...limits })),
    ['content-type'],
  );
  t.strictSame(
    sentBy((client) => stream(client, { ...request, silenceMs: 60_000, signal }, () => undefined).next()),
    ['content-type'],
  );
  t.end();
});
