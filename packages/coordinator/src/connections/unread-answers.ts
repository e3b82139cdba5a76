export interface UnreadLimits {
  /** MiB of answers that all clients together have not read yet. */
  readonly unreadMib: number;
  /** The same of one client: a node, an operator, or an address of strangers. */
  readonly unreadMibPerClient: number;
}

const mib = 1024 * 1024;

interface Held {
  readonly client: string;
  readonly bytes: number;
}

/**
 * The answers that wait in memory for clients to read them, and which to cut off to keep the limits (R18). A newer answer
 * cuts off the oldest ones of the same client. If all together hold too much, the client that holds most loses its oldest one,
 * so a client that reads is served whatever others leave unread. Pure bookkeeping: the caller cuts off what is returned, and
 * reports the end of each answer.
 */
export class UnreadAnswers<Answer> {
  readonly #mostOfAll: number;
  readonly #mostOfClient: number;
  readonly #held = new Map<Answer, Held>();
  /** In order of arrival. */
  readonly #byClient = new Map<string, { bytes: number; readonly answers: Set<Answer> }>();
  #bytes = 0;

  constructor({ unreadMib, unreadMibPerClient }: UnreadLimits) {
    this.#mostOfAll = unreadMib * mib;
    this.#mostOfClient = unreadMibPerClient * mib;
  }

  /** Of all answers. */
  get bytes(): number {
    return this.#bytes;
  }

  /** An answer begins. @returns which to cut off for it; itself only if it alone is more than all may hold */
  begin(answer: Answer, client: string, bytes: number): readonly Answer[] {
    const own = this.#byClient.get(client) ?? { bytes: 0, answers: new Set<Answer>() };
    this.#byClient.set(client, own);
    this.#held.set(answer, { client, bytes });
    own.answers.add(answer);
    own.bytes += bytes;
    this.#bytes += bytes;
    const cutOff: Answer[] = [];
    while (own.bytes > this.#mostOfClient && own.answers.size > 1) cutOff.push(...this.#dropOldest(own.answers));
    while (this.#bytes > this.#mostOfAll) cutOff.push(...this.#dropOldest(this.#largest()));
    return cutOff;
  }

  /** The answer has been read, or its connection has closed. */
  end(answer: Answer): void {
    const held = this.#held.get(answer);
    const own = held && this.#byClient.get(held.client);
    if (held === undefined || own === undefined) return;
    this.#held.delete(answer);
    own.answers.delete(answer);
    own.bytes -= held.bytes;
    this.#bytes -= held.bytes;
    if (own.answers.size === 0) this.#byClient.delete(held.client);
  }

  #dropOldest(answers: ReadonlySet<Answer>): readonly Answer[] {
    for (const oldest of answers) {
      this.end(oldest);
      return [oldest];
    }
    return [];
  }

  #largest(): ReadonlySet<Answer> {
    let most = 0;
    let found: ReadonlySet<Answer> = new Set();
    for (const { bytes, answers } of this.#byClient.values()) {
      if (bytes <= most) continue;
      most = bytes;
      found = answers;
    }
    return found;
  }
}
