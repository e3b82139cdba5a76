import type { Method } from '@picket/shared/contract/contract.ts';

/** The part of undici's `Client` that {@link exchange} uses. */
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

type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** One request over a connection that undici keeps open. */
export interface Exchange {
  readonly method: Method;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent unchanged, instead of a body. */
  readonly octets?: Uint8Array | undefined;
  /** From the call to the last octet of the answer, including the wait for a connection. */
  readonly deadlineMs: number;
  readonly mostBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Closes the connection afterwards: for calls that are too rare to keep one. */
  readonly closeAfter?: boolean;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case; the first value of each. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** The body as received. */
  readonly octets: Buffer;
}

/** The whole answer did not arrive in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly code = 'DEADLINE';
}

/** The answer was longer than allowed. */
export class AnswerTooLongError extends Error {
  override readonly name = 'AnswerTooLongError';
  readonly code = 'ANSWER_TOO_LONG';
}

/**
 * Sends one request and reads the whole answer. It sends no `accept` header: for each call with one, etcd from 3.5.30
 * on logs that it ignores the common name of its gateway's certificate. Any status is an answer; it follows no
 * redirect. Rejects with a {@link DeadlineError}, an {@link AnswerTooLongError}, the signal's reason, or the system's
 * own error with its code.
 */
export function exchange(client: Dispatcher, request: Exchange): Promise<Answer> {
  const { method, path, headers, body, octets, deadlineMs, mostBytes, signal, closeAfter = false } = request;
  return new Promise((resolve, reject) => {
    let abort: ((reason: Error) => void) | undefined;
    let failed: Error | undefined;

    function end(settle: () => void): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      settle();
    }
    function fail(reason: Error): void {
      if (failed !== undefined) return;
      failed = reason;
      end(() => reject(reason));
      abort?.(reason);
    }
    function onAbort(): void {
      fail(signal?.reason instanceof Error ? signal.reason : new Error('The request was cancelled.'));
    }

    const timer = setTimeout(() => fail(new DeadlineError(`No answer within ${deadlineMs} ms.`)), deadlineMs);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) return onAbort();

    let status = 0;
    let length = 0;
    const chunks: Buffer[] = [];
    let answered: ReadonlyMap<string, string> = new Map();
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
        onRequestStart(controller) {
          abort = (reason) => controller.abort(reason);
          // It was cancelled while it waited for a connection.
          if (failed !== undefined) controller.abort(failed);
        },
        onResponseStart(_controller, code, received) {
          status = code;
          answered = firstValues(received);
        },
        onResponseData(_controller, chunk) {
          length += chunk.length;
          if (length > mostBytes) fail(new AnswerTooLongError(`The answer is longer than ${mostBytes} bytes.`));
          else chunks.push(chunk);
        },
        onResponseEnd() {
          if (failed !== undefined) return;
          const whole = Buffer.concat(chunks);
          end(() => resolve({ status, headers: answered, body: whole.toString('utf8'), octets: whole }));
        },
        onResponseError(_controller, error) {
          fail(error);
        },
      },
    );
    return undefined;
  });
}

function firstValues(headers: ReceivedHeaders): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) values.set(name.toLowerCase(), first);
  }
  return values;
}
