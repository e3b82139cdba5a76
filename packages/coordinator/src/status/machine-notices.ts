import { type Said, saidOfMachine } from '@picket/shared/problems/on-machine.ts';
import { viewOf } from '@picket/shared/problems/problem-kind.ts';
import { type Conditions, noNodeConditions } from '../model/conditions.ts';
import { reachable } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';

/** What the machine of this member lacks, by its current report and what has lasted until then. Pure. */
export function saidOfMember({ status, now }: Situation, name: string, { nodes }: Conditions): readonly Said[] {
  const node = status.nodes[name];
  if (node?.status == null || !reachable(node, now).ok) return [];
  return saidOfMachine(name, viewOf(node.status), (nodes[node.nodeId] ?? noNodeConditions).lasting);
}

/** The notices of what the members' machines lack; nothing for healthy ones. Pure. */
export function machineNotices(situation: Situation, conditions: Conditions) {
  const said = situation.spec.members.flatMap(({ name }) => saidOfMember(situation, name, conditions));
  return said.flatMap(({ why, look }) => (look === null ? [why] : []));
}
