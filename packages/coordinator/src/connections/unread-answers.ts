export interface UnreadLimits {
  /** MiB of answers that all clients together have not read yet. */
  readonly unreadMib: number;
  /** The same of one client: a node, an operator, or an address of strangers. */
  readonly unreadMibPerClient: number;
}

const mib = 1024 * 1024;

interface Unread {
  readonly client: string;
  readonly bytes: number;
}

/**
 * The answers that wait in memory for clients to read them, and which to cut off to keep the limits (R18). A newer answer
 * cuts off the oldest ones of the same client. If all together hold too much, the client that holds most loses its oldest one,
 * so a client that reads is served whatever others leave unread. Pure bookkeeping: the caller cuts off what is returned, and
 * reports the end of each answer.
 */
export function unreadAnswers<Answer>({ unreadMib, unreadMibPerClient }: UnreadLimits) {
  const unread = new Map<Answer, Unread>();
  /** In order of arrival. */
  const byClient = new Map<string, { bytes: number; readonly answers: Set<Answer> }>();
  let all = 0;

  /** The answer has been read, or its connection has closed. */
  function end(answer: Answer): void {
    const ended = unread.get(answer);
    const own = ended && byClient.get(ended.client);
    if (ended === undefined || own === undefined) return;
    unread.delete(answer);
    own.answers.delete(answer);
    own.bytes -= ended.bytes;
    all -= ended.bytes;
    if (own.answers.size === 0) byClient.delete(ended.client);
  }

  function dropOldest([oldest]: ReadonlySet<Answer>): readonly Answer[] {
    if (oldest === undefined) return [];
    end(oldest);
    return [oldest];
  }

  function largest(): ReadonlySet<Answer> {
    let most = 0;
    let found: ReadonlySet<Answer> = new Set();
    for (const { bytes, answers } of byClient.values()) {
      if (bytes <= most) continue;
      most = bytes;
      found = answers;
    }
    return found;
  }

  return {
    /** An answer begins. @returns which to cut off for it; itself only if it alone is more than all may hold */
    begin(answer: Answer, client: string, bytes: number): readonly Answer[] {
      const own = byClient.get(client) ?? { bytes: 0, answers: new Set<Answer>() };
      byClient.set(client, own);
      unread.set(answer, { client, bytes });
      own.answers.add(answer);
      own.bytes += bytes;
      all += bytes;
      const cutOff: Answer[] = [];
      while (own.bytes > unreadMibPerClient * mib && own.answers.size > 1) cutOff.push(...dropOldest(own.answers));
      while (all > unreadMib * mib) cutOff.push(...dropOldest(largest()));
      return cutOff;
    },
    end,
  };
}
