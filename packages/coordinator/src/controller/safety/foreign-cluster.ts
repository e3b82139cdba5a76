import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { NodeObservation } from '../../model/cluster-status.ts';
import { servingVoters, voters } from '../../model/health.ts';
import { nodeNames } from '../../model/member-names.ts';
import { act, agreed, type Opinion, waitFor } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import { longestSilence } from '../../model/waits.ts';
import { permits } from '../permits/permits.ts';

/**
 * A member of this incarnation that reports another cluster ID: two clusters believe that they are this one (R1). A voter that
 * has just answered a linearizable read proves that a quorum serves the recorded ID. If at least as many voters prove
 * that as members report another ID, only those members are wrong, and their nodes are quarantined. So one lying node
 * freezes nothing that serves. If no voter serves and others may come back, only their restart continues until that is
 * known. Otherwise the cluster freezes. Null if nobody reports another ID.
 */
export function foreignCluster(situation: Situation): Opinion | null {
  const { progress, status } = situation;
  const foreigners = foreignMembers(situation);
  const outweigh = (names: readonly string[]) => names.length > 0 && names.length >= foreigners.length;
  for (const name of nodeNames(situation)) {
    const node = status.nodes[name];
    if (!node?.status?.etcd || !isForeign(situation, name, node.status)) continue;
    const { clusterId } = node.status.etcd;
    const recorded = progress.formation?.clusterId ?? null;
    const all = voters(situation).map(([voter]) => voter);
    const able = servingVoters(situation);
    if (outweigh(able)) {
      const why = reason('reports_other_cluster', { clusterId, able, recorded });
      return act({ kind: 'quarantine', nodeId: node.nodeId, name, reason: why, foreign: true });
    }
    const open = all.filter((voter) => !able.includes(voter) && voter !== name && mayServeSoon(situation, voter, node));
    if (!outweigh([...able, ...open])) {
      return act({ kind: 'freeze', reason: reason('member_of_other_cluster', { member: name, clusterId, recorded }) });
    }
    const { step, waits } = progress.permit === null ? agreed : permits(situation);
    if (step !== null) return act(step);
    return waitFor(reason('voter_serves_recorded', { member: name, clusterId, recorded, open }), ...waits);
  }
  return null;
}

/** The members that report another cluster ID, and those that are quarantined for it. */
function foreignMembers(situation: Situation): readonly string[] {
  const { progress, status } = situation;
  const held = progress.quarantined.filter(({ foreign }) => foreign === true).map(({ name }) => name);
  return nodeNames(situation).filter((name) => {
    const said = status.nodes[name]?.status;
    return held.includes(name) || (said != null && isForeign(situation, name, said));
  });
}

/** True if this incarnation of a member runs in another cluster than the recorded one. */
export function isForeign({ progress }: Situation, name: string, { etcd, service }: NodeStatus): boolean {
  const clusterId = progress.formation?.clusterId ?? null;
  const member = progress.members[name];
  if (clusterId === null || etcd === null || member === undefined) return false;
  return service.incarnation === member.incarnation && etcd.clusterId !== clusterId;
}

/**
 * True if this voter is down with a permit, or has had no time to report since this coordinator began. The latter ends
 * once the foreign member has reported for as long as an agent can be silent.
 */
function mayServeSoon({ progress, status, now }: Situation, voter: string, foreigner: NodeObservation): boolean {
  if (progress.permit?.member === voter) return true;
  const node = status.nodes[voter];
  // Reports stored before a start say nothing about how long it has been healthy or unhealthy.
  if (node === undefined || node.healthySince !== null || node.unhealthySince !== null) return false;
  const heardSince = foreigner.healthySince ?? foreigner.unhealthySince ?? now;
  return now - heardSince < longestSilence;
}
