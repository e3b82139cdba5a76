import type { ReportRequest } from '@picket/shared/protocol/report.ts';

interface Heard {
  /** Runs of the agent by number and start, the one that was first heard last in front. */
  readonly runs: readonly string[];
  /** How often a run behind the first was heard since that was. */
  readonly returns: number;
}

/** A late report of a run that has ended may come back once, by whatever way; it does not come back twice. */
const mostReturns = 1;
/** So many runs of each node are remembered. */
const mostRuns = 4;

/**
 * An agent that was started again never reports as the run before. If a former run is heard again and again, there are two
 * machines with one identity: a node and its copy. In memory alone: a copy that goes on is heard again after a restart.
 */
export function bootWatch() {
  const heard = new Map<string, Heard>();
  return {
    /** Whether by this report a former run of this agent has been heard too often. */
    showsCopy(nodeId: string, { run, changed }: Pick<ReportRequest, 'run' | 'changed'>) {
      const { runs, returns } = heard.get(nodeId) ?? { runs: [], returns: 0 };
      const { agent } = changed;
      // A report that builds on the last one of its run may leave out when the agent was started.
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
