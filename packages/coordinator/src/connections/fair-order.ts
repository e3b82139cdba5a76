/** Milliseconds for one request: a pause of the whole process must not put its client behind all others for long. */
const mostCharged = 50;
/** Milliseconds in a turn of the event loop, after which no further request begins in it; and requests in a turn at most. */
const slice = 4;
const mostInTurn = 16;

interface Client {
  /** Milliseconds of work; of a client that asks again after a while, not less than those of the others that wait. */
  used: number;
  readonly waiting: (() => void)[];
}

/**
 * Begins the work on one request after the other, next that of the client whose requests have taken the least time (R18). So a
 * client that asks seldom waits for a few milliseconds or one request, however much work others ask for. Each turn of Node's event loop begins
 * few requests, so connections are accepted, read and written in between; what they write to the store may share its fsync. Work counts until it waits for I/O. Nobody saves up
 * time by asking for nothing. How many can wait is bounded by the turns of each client.
 *
 * @param monotonic milliseconds on a clock that nobody sets
 */
export function fairOrder(monotonic: () => number) {
  /** Those that wait, and those that have used more than `reached`. Of equal ones, the first comes next. */
  const clients = new Map<string, Client>();
  /** What the client had used whose request was begun last. */
  let reached = 0;
  let isBusy = false;

  function beginSome(): void {
    const waiting = [...clients.values()].reduce((sum, client) => sum + client.waiting.length, 0);
    let began: number | undefined;
    const hasTime = () => {
      began ??= monotonic();
      return monotonic() - began < slice;
    };
    for (let count = Math.min(waiting, mostInTurn); count > 0; count -= 1) begin(hasTime);
    setImmediate(() => {
      isBusy = [...clients.values()].some(({ waiting }) => waiting.length > 0);
      if (isBusy) beginSome();
      else clients.clear();
    });
  }

  function begin(hasTime: () => boolean): void {
    let end = () => {};
    // Node.js runs these two one after the other, and between them all that the request does until it waits for I/O.
    setImmediate(() => {
      if (!hasTime()) return;
      const [name, client] = next();
      const since = monotonic();
      end = () => charge(name, client, monotonic() - since);
      reached = client.used;
      client.waiting.shift()?.();
    });
    setImmediate(() => end());
  }

  function next(): readonly [name: string, client: Client] {
    let least: readonly [string, Client] | undefined;
    for (const entry of clients) {
      const [name, { used, waiting }] = entry;
      if (waiting.length === 0 && used <= reached) clients.delete(name);
      if (waiting.length > 0 && used < (least?.[1].used ?? Number.POSITIVE_INFINITY)) least = entry;
    }
    if (least === undefined) throw new Error('no request waits for its work');
    return least;
  }

  /** It comes after the others that have used as much. */
  function charge(name: string, client: Client, ms: number): void {
    client.used += Math.min(ms, mostCharged);
    clients.delete(name);
    clients.set(name, client);
  }

  return {
    /** Resolves when the work on this client's request may begin. */
    turn(name: string): Promise<void> {
      const client = clients.get(name) ?? { used: 0, waiting: [] };
      if (client.waiting.length === 0) client.used = Math.max(client.used, reached);
      clients.set(name, client);
      const begun = new Promise<void>((resolve) => client.waiting.push(resolve));
      if (!isBusy) beginSome();
      isBusy = true;
      return begun;
    },
  };
}

export type FairOrder = ReturnType<typeof fairOrder>;
