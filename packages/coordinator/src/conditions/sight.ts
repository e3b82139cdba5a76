import type { NodeObservation } from '../model/cluster-status.ts';
import type { Unrecorded } from '../model/conditions.ts';
import { reachable } from '../model/health.ts';
import type { Instant } from '../model/instant.ts';
import { presence, silentFor } from '../model/presence.ts';
import { asReported } from '../model/quarantine.ts';
import type { Situation } from '../model/situation.ts';
import { longestSilence } from '../model/waits.ts';

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

type AgentPresence =
  | { readonly silentSince: null }
  /** `stops`: what its last report said that it stops; null if it said nothing. */
  | { readonly silentSince: Instant; readonly stops: 'agent' | 'machine' | null };

/**
 * Whether this node reports: null if that is not known. After its own start, or a step of its clock, the coordinator
 * waits for as long as the slowest agent may take (R14). Reports that do not count show that the agent runs. Pure.
 */
export function agentPresence(observed: NodeObservation, { now, old }: ConditionsSituation): AgentPresence | null {
  const node = asReported(observed);
  const seen = presence(node, now);
  if (seen.state === 'never-reported') return null;
  const stops = node.status?.agent.stops ?? null;
  const isOld = old[node.nodeId]?.receivedAt === node.receivedAt;
  const silentSince = now - (silentFor(node, now) ?? 0);
  // A machine that says that it stops is off: nothing needs to be waited for.
  if (seen.state === 'silent' || (stops === 'machine' && !isOld)) return { silentSince, stops };
  return seen.state === 'unsure' || isOld ? null : { silentSince: null };
}

/** Whether each agent that runs has had the time to report (R14). */
export function knowsSilence(runsFor: number): boolean {
  return runsFor >= longestSilence;
}
