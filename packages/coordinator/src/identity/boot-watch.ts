import type { ReportRequest } from '@picket/shared/protocol/report.ts';

interface Heard {
  readonly run: string;
  readonly former: string | null;
  /** How often an earlier run was heard again. */
  readonly returns: number;
}

/** A late report of a run that has ended may come back once, by whatever way; it does not come back twice. */
const mostReturns = 1;

/**
 * An agent that was started again never reports as the run before, so two runs that are heard by turns are those of a
 * node and its copy: both say who they are, since neither builds on what the other has reported. In memory alone: a
 * copy that goes on is heard again after a restart.
 */
export function bootWatch() {
  const heard = new Map<string, Heard>();
  return {
    /** Whether by this report two runs of one agent have been heard by turns. */
    interleave(nodeId: string, { run, changed }: Pick<ReportRequest, 'run' | 'changed'>) {
      // Only a report that builds on the last one leaves this out.
      if (changed.agent === undefined) return false;
      const name = `${run} ${changed.agent.startedAt}`;
      const last = heard.get(nodeId);
      if (last?.run === name) return false;
      const returns = (last?.returns ?? 0) + (last?.former === name ? 1 : 0);
      const found = returns > mostReturns;
      heard.set(nodeId, { run: name, former: last?.run ?? null, returns: found ? 0 : returns });
      return found;
    },
  };
}
