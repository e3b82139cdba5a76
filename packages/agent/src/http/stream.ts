import { DeadlineError, type Dispatcher, type Exchange } from './exchange.ts';

export type StreamRequest = Pick<Exchange, 'method' | 'path' | 'body'> & {
  /** The longest silence allowed, in milliseconds. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
};

/** Ends with a status other than 200. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;

  constructor(status: number) {
    super(`The answer has the status ${status}.`);
    this.status = status;
  }
}

/** The most bytes that may wait for the reader; then the other side must wait. */
const mostWaitingBytes = 256 * 1024;

/**
 * Sends one request, without an `accept` header like `exchange`, and yields the answer as it arrives, only a little at
 * a time: a board has less memory than a database may be large. Throws a {@link RefusedError}, a {@link DeadlineError},
 * the signal's reason, or the system's own error with its code.
 */
export async function* stream(client: Dispatcher, request: StreamRequest): AsyncGenerator<Buffer, void> {
  const { method, path, body, silenceMs, signal } = request;
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let paused = false;
  let ended = false;
  let failed: Error | undefined;
  let controller: Parameters<Parameters<Dispatcher['dispatch']>[1]['onRequestStart']>[0] | undefined;
  let wake = (): void => {};
  let timer: NodeJS.Timeout | undefined;

  function fail(reason: Error): void {
    if (ended || failed !== undefined) return;
    failed = reason;
    controller?.abort(reason);
    wake();
  }
  function watch(): void {
    clearTimeout(timer);
    if (!paused) timer = setTimeout(() => fail(new DeadlineError(`Nothing came for ${silenceMs} ms.`)), silenceMs);
  }
  function onAbort(): void {
    fail(signal.reason instanceof Error ? signal.reason : new Error('The request was cancelled.'));
  }

  signal.addEventListener('abort', onAbort);
  watch();
  try {
    signal.throwIfAborted();
    client.dispatch(
      {
        method,
        path,
        headers: { 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
        reset: true,
      },
      {
        onRequestStart(started) {
          controller = started;
          if (failed !== undefined) started.abort(failed);
        },
        onResponseStart(_controller, status) {
          if (status !== 200) fail(new RefusedError(status));
        },
        onResponseData(_controller, chunk) {
          waiting.push(chunk);
          waitingBytes += chunk.length;
          if (waitingBytes > mostWaitingBytes && !paused) {
            paused = true;
            controller?.pause();
          }
          watch();
          wake();
        },
        onResponseEnd() {
          ended = true;
          wake();
        },
        onResponseError(_controller, error) {
          fail(error);
        },
      },
    );
    for (;;) {
      if (failed !== undefined) throw failed;
      const next = waiting.shift();
      if (next !== undefined) {
        waitingBytes -= next.length;
        yield next;
        continue;
      }
      if (ended) return;
      const news = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (paused) {
        paused = false;
        watch();
        controller?.resume();
      }
      await news;
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    fail(new Error('Nobody reads the rest of the answer.'));
  }
}
