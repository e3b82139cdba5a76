import { type Said, saidOfMachine } from '@picket/shared/problems/on-machine.ts';
import { viewOf } from '@picket/shared/problems/problem-kind.ts';
import type { NodeObservation } from '../model/cluster-status.ts';
import { type Conditions, noNodeConditions } from '../model/conditions.ts';
import { reachable } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';

/** What the machine of this member lacks, by its last report and what has lasted until then. Pure. */
export function saidOfMember(name: string, node: NodeObservation | undefined, { nodes }: Conditions): readonly Said[] {
  if (node?.status == null) return [];
  return saidOfMachine(name, viewOf(node.status), (nodes[node.nodeId] ?? noNodeConditions).lasting);
}

/** The notices of what the members' machines lack, by current reports; nothing for healthy ones. Pure. */
export function machineNotices({ spec, status, now }: Situation, conditions: Conditions) {
  return spec.members.flatMap(({ name }) => {
    const node = status.nodes[name];
    const said = reachable(node, now).ok ? saidOfMember(name, node, conditions) : [];
    return said.flatMap(({ why, look }) => (look === null ? [why] : []));
  });
}
