import type { ClusterState } from '../protocol/clusters.ts';
import type { Reason } from '../reasons/reason.ts';
import { certificateProblems } from './certificate-problems.ts';
import { clockProblems } from './clock-problems.ts';
import { clusterProblems } from './cluster-problems.ts';
import { coordinatorProblems } from './coordinator-problems.ts';
import { machineProblems } from './machine-problems.ts';
import { nodeProblems } from './node-problems.ts';
import type { Alarm, ProblemKind } from './problem-kind.ts';

const entries = {
  ...clusterProblems,
  ...nodeProblems,
  ...machineProblems,
  ...clockProblems,
  ...certificateProblems,
  ...coordinatorProblems,
};
type Entries = typeof entries;

export type ProblemCode = keyof Entries;
/** A problem of which somebody is notified. */
export type AlarmCode = {
  [Code in ProblemCode]: Entries[Code] extends { readonly alarm: Alarm } ? Code : never;
}[ProblemCode];

/**
 * The one catalogue of problems. Status, notices, events, notifications, metrics, the alerts for Prometheus and the diagnosis are
 * views of it.
 */
export const catalogue: Readonly<Record<ProblemCode, ProblemKind>> = entries;
/** In the order in which notices are shown. */
export const problemCodes = Object.keys(catalogue) as readonly ProblemCode[];
/** Those of which somebody is notified, and when. */
export const alarmCodes = problemCodes.filter((code): code is AlarmCode => catalogue[code].alarm !== undefined);
export const alarms = Object.fromEntries(alarmCodes.map((code) => [code, catalogue[code].alarm])) as Readonly<
  Record<AlarmCode, Alarm>
>;

/** null for a problem of another version. */
export function alarmOf(code: string): Alarm | null {
  return Object.hasOwn(alarms, code) ? alarms[code as AlarmCode] : null;
}

/** The problems that are found so, and why. */
export function found(whyOf: (kind: ProblemKind) => Reason | null | undefined) {
  const all: { readonly code: AlarmCode; readonly why: Reason }[] = [];
  // A fleet has thousands of clients, each of which is looked at every ten seconds.
  for (const code of alarmCodes) {
    const why = whyOf(catalogue[code]);
    if (why != null) all.push({ code, why });
  }
  return all;
}

/** The problem that a notice of the status shows, or the headline; null for advice, and if nobody is notified. */
export function problemShownBy(why: Reason, by: 'notice' | 'headline'): AlarmCode | null {
  return (
    alarmCodes.find((code) => {
      const { state, shownBy = [], proves } = catalogue[code];
      return (state === undefined) === (by === 'notice') && shownBy.includes(why.code) && (proves?.(why) ?? true);
    }) ?? null
  );
}

/** Whether a cluster in this state has a problem. */
export function isTroubled(state: ClusterState): boolean {
  return alarmCodes.some((code) => catalogue[code].state === state);
}
