import type { ProcessIdentity } from './process-table.ts';

/** How often a supervisor has brought etcd back, counted over all that an agent has seen. */
export interface RestartTally {
  /** The count, with what is seen now taken in. */
  count(seen: {
    readonly supervisor: ProcessIdentity | null;
    readonly childPid: number | null;
    /** The supervisor's own count, which begins anew now and then. */
    readonly startCount: number;
  }): number;
  /** The agent itself has started an etcd that had ended unasked. */
  startedAgain(): void;
}

export function restartTally(): RestartTally {
  let total = 0;
  let last = { supervisor: '', childPid: 0, startCount: 0 };
  return {
    count({ supervisor, childPid, startCount }) {
      if (childPid === null) return total;
      // One that has died since has still started this child.
      const by = supervisor === null ? last.supervisor : `${supervisor.pid}/${supervisor.startTicks}`;
      if (by !== last.supervisor || last.childPid === 0) total += startCount;
      else if (childPid !== last.childPid) total += Math.max(1, startCount - last.startCount);
      last = { supervisor: by, childPid, startCount };
      return total;
    },
    startedAgain() {
      total += 1;
    },
  };
}

/** The same over systemd's own count, which begins anew with each start by hand. */
export function countTally(): { count(seen: number): number } & Pick<RestartTally, 'startedAgain'> {
  let total = 0;
  let last = 0;
  return {
    count(seen) {
      total += seen < last ? seen : seen - last;
      last = seen;
      return total;
    },
    startedAgain() {
      total += 1;
    },
  };
}
