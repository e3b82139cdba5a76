import { failure } from '@picket/shared/errors.ts';
import type { LogName } from '@picket/shared/protocol/logs.ts';

/** How long an operator reads on by one entry in the audit log, and for how long it may pause, in milliseconds. */
const longestMs = 3_600_000;
const pauseMs = 60_000;
export const mostFollows = 64;

/** The reading of one log by one operator, which the audit log has an entry of. */
interface Follow {
  readonly operator: string;
  readonly nodeId: string;
  readonly log: LogName;
  readonly endsAt: number;
  lastAt: number;
}

/**
 * Who may read on in a log without another entry in the audit log: an entry every two seconds would push out all others (R18). In
 * memory alone; after a restart of the coordinator, the operator asks again.
 *
 * @param monotonic milliseconds on a clock that nobody sets
 */
export function followBook(newId: () => string, monotonic: () => number) {
  const follows = new Map<string, Follow>();

  function forgetOver(): void {
    const now = monotonic();
    for (const [id, { endsAt, lastAt }] of follows) if (now > endsAt || now - lastAt > pauseMs) follows.delete(id);
  }

  return {
    /** Begins to follow. The one that has paused for longest makes room. */
    begin(one: Pick<Follow, 'operator' | 'nodeId' | 'log'>): string {
      forgetOver();
      const [oldest] = [...follows].sort(([, { lastAt: left }], [, { lastAt: right }]) => left - right);
      if (follows.size >= mostFollows && oldest !== undefined) follows.delete(oldest[0]);
      const id = newId();
      const now = monotonic();
      follows.set(id, { ...one, endsAt: now + longestMs, lastAt: now });
      return id;
    },
    /** The log that is followed. Throws `log_follow_unknown` for another node or operator, and if it is over. */
    read(id: string, { operator, nodeId }: Pick<Follow, 'operator' | 'nodeId'>): LogName {
      forgetOver();
      const found = follows.get(id);
      if (found === undefined || found.operator !== operator || found.nodeId !== nodeId)
        throw failure('log_follow_unknown', {});
      found.lastAt = monotonic();
      return found.log;
    },
  };
}
