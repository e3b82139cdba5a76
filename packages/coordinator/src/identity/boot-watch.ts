import type { ReportRequest } from '@picket/shared/protocol/report.ts';

interface Heard {
  /** Runs of the agent by number and start; the run whose first report came last is first. */
  readonly runs: readonly string[];
  /** How many reports of an older run have come since then. */
  readonly returns: number;
}

/** A late report of an ended run may arrive once, whichever way it took; it does not arrive twice. */
const mostReturns = 1;
/** This many runs of each node are remembered. */
const mostRuns = 4;

/**
 * A restarted agent never reports as an earlier run. If an earlier run keeps reporting, two machines have one identity:
 * a node and its copy. In memory only: after a restart, a copy that continues is noticed again.
 */
export function bootWatch() {
  const heard = new Map<string, Heard>();
  return {
    /** True if with this report an earlier run of this agent has reported too often. */
    showsCopy(nodeId: string, { run, changed }: Pick<ReportRequest, 'run' | 'changed'>) {
      const { runs, returns } = heard.get(nodeId) ?? { runs: [], returns: 0 };
      const { agent } = changed;
      // A report that builds on the last one of its run may omit when the agent was started.
      const name = agent === undefined ? runs.find((one) => one.startsWith(`${run} `)) : `${run} ${agent.startedAt}`;
      if (name === undefined || name === runs[0]) return false;
      if (!runs.includes(name)) {
        heard.set(nodeId, { runs: [name, ...runs].slice(0, mostRuns), returns: 0 });
        return false;
      }
      const found = returns === mostReturns;
      heard.set(nodeId, { runs, returns: found ? 0 : returns + 1 });
      return found;
    },
  };
}
