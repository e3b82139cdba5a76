import type { ProcessIdentity } from './process-table.ts';

interface Seen {
  readonly supervisor: ProcessIdentity | null;
  readonly childPid: number | null;
  /** The supervisor's own count, which sometimes restarts at zero. */
  readonly startCount: number;
}

/** How often a supervisor has restarted etcd, summed over all that an agent has seen. */
export function restartTally() {
  let total = 0;
  let last = { supervisor: '', childPid: 0, startCount: 0 };
  return {
    /** The count after this observation. */
    count({ supervisor, childPid, startCount }: Seen): number {
      if (childPid === null) return total;
      // A supervisor that has died since still started this child.
      const by = supervisor === null ? last.supervisor : `${supervisor.pid}/${supervisor.startTicks}`;
      if (by !== last.supervisor || last.childPid === 0) total += startCount;
      else if (childPid !== last.childPid) total += Math.max(1, startCount - last.startCount);
      last = { supervisor: by, childPid, startCount };
      return total;
    },
    /** The agent itself restarted an etcd that had ended unexpectedly. */
    startedAgain() {
      total += 1;
    },
  };
}

/** The same for systemd's own count, which restarts at zero with each manual start. */
export function countTally() {
  let total = 0;
  let last = 0;
  return {
    count(seen: number): number {
      total += seen < last ? seen : seen - last;
      last = seen;
      return total;
    },
    startedAgain() {
      total += 1;
    },
  };
}
