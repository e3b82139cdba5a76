import { type Dispatcher, type ReceivedHeaders, type Sending, stream } from './stream.ts';

/** One request whose whole answer is read. */
export interface Exchange extends Sending {
  /** From the call to the last octet of the answer, including the wait for a connection. */
  readonly deadlineMs: number;
  readonly mostBytes: number;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case; the first value of each. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** The body as received. */
  readonly octets: Buffer;
}

/** The answer was longer than allowed. */
export class AnswerTooLongError extends Error {
  override readonly name = 'AnswerTooLongError';
  readonly code = 'ANSWER_TOO_LONG';
}

/** The whole answer to one request. Rejects as {@link stream} does, and with an {@link AnswerTooLongError}. */
export async function exchange(client: Dispatcher, request: Exchange): Promise<Answer> {
  const { mostBytes } = request;
  let status = 0;
  let headers: Answer['headers'] = new Map();
  const chunks: Buffer[] = [];
  let length = 0;
  const received = stream(client, request, (code, all) => {
    status = code;
    headers = firstValues(all);
  });
  for await (const chunk of received) {
    length += chunk.length;
    if (length > mostBytes) throw new AnswerTooLongError(`The answer is longer than ${mostBytes} bytes.`);
    chunks.push(chunk);
  }
  const octets = Buffer.concat(chunks);
  return { status, headers, body: octets.toString('utf8'), octets };
}

function firstValues(headers: ReceivedHeaders): Map<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) values.set(name.toLowerCase(), first);
  }
  return values;
}
