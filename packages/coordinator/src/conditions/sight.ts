import type { NodeObservation } from '../model/cluster-status.ts';
import type { Unrecorded } from '../model/conditions.ts';
import { reachable } from '../model/health.ts';
import type { Instant } from '../model/instant.ts';
import type { Situation } from '../model/situation.ts';
import { freshFor, longestSilence } from '../model/waits.ts';

/** What the conditions are found in. */
export interface ConditionsSituation extends Situation {
  /** Milliseconds since the coordinator began, or since its clock was set. */
  readonly runsFor: number;
  readonly old: Unrecorded['old'];
}

/** The report of a node, if it says something about now; else null. Pure. */
export function presentReport(node: NodeObservation | undefined, { now, old }: ConditionsSituation) {
  if (node?.status == null || !reachable(node, now).ok) return null;
  const { receivedAt, status } = node;
  return receivedAt === null || old[node.nodeId]?.receivedAt === receivedAt ? null : { receivedAt, status };
}

type Presence =
  | { readonly silentSince: null }
  /** `stops`: what its last report said that it stops; null if it said nothing. */
  | { readonly silentSince: Instant; readonly stops: 'agent' | 'machine' | null };

/**
 * Whether this node reports: null if that is not known. After its own start, or a step of its clock, the coordinator
 * waits for as long as the slowest agent may take (R14). Reports that do not count show that the agent runs. Pure.
 */
export function presence(node: NodeObservation, { now, runsFor, old }: ConditionsSituation): Presence | null {
  const last = node.receivedAt ?? node.setAside?.receivedAt ?? null;
  const stops = (node.status ?? node.setAside?.status)?.agent.stops ?? null;
  if (last === null) return null;
  const known = old[node.nodeId];
  const isOld = known?.receivedAt === last;
  const heardAt = isOld ? known.at : last;
  const isSilent = now - heardAt > freshFor;
  // A machine that says that it stops is off: nothing needs to be waited for.
  if ((stops === 'machine' && !isOld) || (isSilent && knowsSilence(runsFor))) return { silentSince: heardAt, stops };
  return isSilent || isOld ? null : { silentSince: null };
}

/** Whether each agent that runs has had the time to report (R14). */
export function knowsSilence(runsFor: number): boolean {
  return runsFor >= longestSilence;
}
