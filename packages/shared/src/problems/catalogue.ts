import type { ClusterState } from '../protocol/clusters.ts';
import type { Reason, ReasonCode } from '../reasons/reason.ts';
import { certificateProblems } from './certificate-problems.ts';
import { clusterProblems } from './cluster-problems.ts';
import { coordinatorProblems } from './coordinator-problems.ts';
import { machineProblems } from './machine-problems.ts';
import { nodeProblems } from './node-problems.ts';
import type { ProblemKind } from './problem-kind.ts';

const entries = {
  ...clusterProblems,
  ...nodeProblems,
  ...machineProblems,
  ...certificateProblems,
  ...coordinatorProblems,
};

export type ProblemCode = keyof typeof entries;

/**
 * The one catalogue of problems. Status, notices, events, notifications, metrics, the alerts for Prometheus and the diagnosis are
 * views of it.
 */
export const catalogue: Readonly<Record<ProblemCode, ProblemKind>> = entries;
export const problemCodes = Object.keys(catalogue) as readonly ProblemCode[];

/** null for a problem of another version. */
export function problemKind(code: string): ProblemKind | null {
  return Object.hasOwn(catalogue, code) ? catalogue[code as ProblemCode] : null;
}

/** The problem that a notice of the status shows; null for advice. */
export function problemShownBy(notice: Reason): ProblemCode | null {
  return (
    problemCodes.find((code) => {
      const { state, shownBy = [], proves } = catalogue[code];
      return state === undefined && shownBy.includes(notice.code) && (proves?.(notice) ?? true);
    }) ?? null
  );
}

/** The problem that a cluster in this state has, with this code of its headline; null if it has none. */
export function problemOfState(state: ClusterState, headline: ReasonCode): ProblemCode | null {
  return (
    problemCodes.find((code) => {
      const kind = catalogue[code];
      return kind.state === state && (kind.shownBy?.includes(headline) ?? true);
    }) ?? null
  );
}
