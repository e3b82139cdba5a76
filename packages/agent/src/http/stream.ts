import type { Method } from '@picket/shared/contract/contract.ts';

/** The part of undici's `Client` that {@link stream} uses. */
export interface Dispatcher {
  dispatch(
    options: {
      readonly method: Method;
      readonly path: string;
      readonly headers: Readonly<Record<string, string | undefined>>;
      readonly body: string | Uint8Array | null;
      readonly reset: boolean;
    },
    handler: {
      onRequestStart(controller: Abortable): void;
      onResponseStart(controller: Abortable, status: number, headers: ReceivedHeaders): void;
      onResponseData(controller: Abortable, chunk: Buffer): void;
      onResponseEnd(controller: Abortable): void;
      onResponseError(controller: Abortable | null, error: Error): void;
    },
  ): boolean;
}

export interface Abortable {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

export type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** One request over a connection that undici keeps open. */
export interface Sending {
  readonly method: Method;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent unchanged, instead of a body. */
  readonly octets?: Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Closes the connection afterwards: for calls that are too rare to keep one. */
  readonly closeAfter?: boolean;
}

/** In milliseconds: from the call to the last octet of the answer, including the wait for a connection; or the longest silence. */
export type Patience = { readonly deadlineMs: number } | { readonly silenceMs: number };

/** The answer, or the next part of it, did not arrive in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly code = 'DEADLINE';
}

/** The most bytes that may wait for the reader; then the other side must wait. */
const mostWaitingBytes = 256 * 1024;

/**
 * Sends one request and yields the answer as it arrives, only a little at a time: a board has less memory than a database may be
 * large. It sends no `accept` header: for each call with one, etcd from 3.5.30 on logs that it ignores the common name of its
 * gateway's certificate. Any status is an answer; it follows no redirect. Throws a {@link DeadlineError}, the signal's reason, what
 * `head` throws, or the system's own error with its code.
 *
 * @param head gets the status and the headers, in lower case
 */
export async function* stream(
  client: Dispatcher,
  request: Sending & Patience,
  head: (status: number, headers: ReceivedHeaders) => void,
): AsyncGenerator<Buffer, void> {
  const { method, path, headers, body, octets, signal, closeAfter = false } = request;
  const isSilence = 'silenceMs' in request;
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let paused = false;
  let ended = false;
  let failed: Error | undefined;
  let controller: Abortable | undefined;
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
    if (paused) return;
    const ms = isSilence ? request.silenceMs : request.deadlineMs;
    const late = isSilence ? `Nothing came for ${ms} ms.` : `No answer within ${ms} ms.`;
    timer = setTimeout(() => fail(new DeadlineError(late)), ms);
  }
  function onAbort(): void {
    fail(signal?.reason instanceof Error ? signal.reason : new Error('The request was cancelled.'));
  }

  signal?.addEventListener('abort', onAbort);
  watch();
  try {
    signal?.throwIfAborted();
    client.dispatch(
      {
        method,
        path,
        headers: {
          'content-type': octets ? 'application/octet-stream' : body === undefined ? undefined : 'application/json',
          ...headers,
        },
        body: octets ?? (body === undefined ? null : JSON.stringify(body)),
        reset: closeAfter,
      },
      {
        onRequestStart(started) {
          controller = started;
          // It was cancelled while it waited for a connection.
          if (failed !== undefined) started.abort(failed);
        },
        onResponseStart(_controller, status, received) {
          try {
            head(status, received);
          } catch (error) {
            fail(error as Error);
          }
        },
        onResponseData(_controller, chunk) {
          waiting.push(chunk);
          waitingBytes += chunk.length;
          if (waitingBytes > mostWaitingBytes && !paused) {
            paused = true;
            controller?.pause();
          }
          if (isSilence) watch();
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
        if (isSilence) watch();
        controller?.resume();
      }
      await news;
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    fail(new Error('Nobody reads the rest of the answer.'));
  }
}
