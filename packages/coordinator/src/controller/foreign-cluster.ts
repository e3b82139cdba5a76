import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { serving, voters } from './health.ts';
import { freshFor, longestAgentPause } from './limits.ts';
import { act, agreed, hold, type NodeObservation, type Opinion, type Situation } from './model.ts';
import { permits } from './permits.ts';

/**
 * A member of this life that reports another cluster ID: two clusters believe that they are this one (R1). If a majority of
 * the voters serves the recorded ID, only that member is wrong, and its node is quarantined. If others may still complete
 * a majority, nothing but their restart goes on until that is known. Else the cluster freezes. Null where nobody reports
 * another ID.
 */
export function foreignCluster(situation: Situation): Opinion | null {
  const { progress, spec, status } = situation;
  for (const { name } of spec.members) {
    const node = status.nodes[name];
    if (!node?.status?.etcd || !isForeign(situation, name, node.status)) continue;
    const { clusterId } = node.status.etcd;
    const recorded = progress.formation?.clusterId;
    const all = voters(situation).map(([voter]) => voter);
    const able = servingVoters(situation);
    if (able.length * 2 > all.length) {
      const reason = `it reports the cluster ID ${clusterId}, and a majority of the voters serves ${recorded}`;
      return act({ kind: 'quarantine', nodeId: node.nodeId, name, reason, foreign: true });
    }
    const open = all.filter((voter) => !able.includes(voter) && voter !== name && mayServeSoon(situation, voter, node));
    if ((able.length + open.length) * 2 <= all.length) {
      return act({
        kind: 'freeze',
        reason: `${name} reports the cluster ID ${clusterId}, and this cluster is ${recorded}`,
      });
    }
    const { step, waits } = progress.permit === null ? agreed : permits(situation);
    if (step !== null) return act(step);
    return hold(
      `a majority of the voters to serve ${recorded}, before anything else is done: ${name} reports the cluster ID ` +
        `${clusterId}, and ${open.join(', ')} may still restart or report`,
      ...waits,
    );
  }
  return null;
}

/** Whether this life of a member runs in another cluster than the recorded one. */
export function isForeign({ progress }: Situation, name: string, { etcd, service }: NodeStatus): boolean {
  const clusterId = progress.formation?.clusterId ?? null;
  const member = progress.members[name];
  if (clusterId === null || etcd === null || member === undefined) return false;
  return service.incarnation === member.incarnation && etcd.clusterId !== clusterId;
}

function servingVoters(situation: Situation): readonly string[] {
  const able = voters(situation).filter(
    ([name, member]) => serving(member, situation.status.nodes[name], situation).ok,
  );
  return able.map(([name]) => name);
}

/**
 * Whether this voter is down by a permit, or has had no time to report since this coordinator began. The latter is over once
 * the foreigner has been heard for as long as an agent can be silent.
 */
function mayServeSoon({ progress, status, now }: Situation, voter: string, foreigner: NodeObservation): boolean {
  if (progress.permit?.member === voter) return true;
  const node = status.nodes[voter];
  // What was kept of before a start says nothing of how long it has been healthy, or not.
  if (node === undefined || node.healthySince !== null || node.ailingSince !== null) return false;
  const heardSince = foreigner.healthySince ?? foreigner.ailingSince ?? now;
  return now - heardSince < freshFor + longestAgentPause;
}
