const endOfHead = '\r\n\r\n';
const endOfChunks = '0\r\n\r\n';

/** A whole answer. */
export interface Response {
  readonly status: number;
  /** Status line and headers. */
  readonly head: string;
  /** As it came: with its chunk sizes, if it was chunked. */
  readonly body: string;
}

/**
 * Reads the answers of one HTTP/1.1 connection on which never more than one request is under way. It knows a length,
 * chunks without trailers, and the statuses that have no body, and reads a character a byte: enough to count by, at far
 * less cost than a client.
 */
export class ResponseReader {
  #text = '';

  /** The answer, once these bytes complete it. Throws for what is no HTTP, and for bytes after its end. */
  take(bytes: Buffer): Response | null {
    const text = this.#text === '' ? bytes.toString('latin1') : this.#text + bytes.toString('latin1');
    const headEnd = text.indexOf(endOfHead);
    const bodyStart = headEnd + endOfHead.length;
    const total = headEnd === -1 ? null : endOf(text, text.slice(0, headEnd), bodyStart);
    if (total === null || text.length < total) {
      this.#text = text;
      return null;
    }
    if (text.length > total) throw new Error('more came than the one answer');
    this.#text = '';
    const head = text.slice(0, headEnd);
    return { status: statusOf(head), head, body: text.slice(bodyStart) };
  }
}

function statusOf(head: string): number {
  if (!head.startsWith('HTTP/1.1 ')) throw new Error(`no HTTP/1.1: ${head.slice(0, 40)}`);
  return Number(head.slice(9, 12));
}

/** Where the answer ends in the text; null while that cannot be told. */
function endOf(text: string, head: string, bodyStart: number): number | null {
  const status = statusOf(head);
  if (status === 304 || status === 204) return bodyStart;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return bodyStart + Number(length);
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) throw new Error('the answer tells neither length nor chunks');
  const whole = text.endsWith(endOfChunks) && (text.length === bodyStart + 5 || text.endsWith(`\r\n${endOfChunks}`));
  return whole ? text.length : null;
}
