import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Claim } from '../../model/claims.ts';
import type { NodeObservation } from '../../model/cluster-status.ts';
import { act, type Opinion, remark } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import { shortestQuarantine } from '../../model/waits.ts';
import { isForeign } from './foreign-cluster.ts';
import { waysOutOfQuarantine } from './ways-out-of-quarantine.ts';

/** A node by its name: of a member, or of a client. */
export interface Observed {
  readonly name: string;
  readonly node: NodeObservation;
}

/** One node at a time: those with an unproven claim, and those whose quarantine has ended. */
export function quarantine(situation: Situation, observed: readonly Observed[]): Opinion {
  const { quarantined } = situation.progress;
  for (const { name, node } of observed) {
    if (node.claim === undefined || quarantined.some(({ nodeId }) => nodeId === node.nodeId)) continue;
    return act({ kind: 'quarantine', nodeId: node.nodeId, name, reason: unproven(node.claim, node) });
  }
  const ending: Ending[] = [];
  for (const { nodeId, name, since, foreign = false } of quarantined) {
    const node = observed.find((one) => one.node.nodeId === nodeId)?.node;
    if (node === undefined) return act({ kind: 'end-quarantine', nodeId, name, reason: reason('evicted') });
    if (!isTakenBack(situation, { name, node, since, foreign })) continue;
    const left = since + shortestQuarantine - situation.now;
    if (left <= 0) return act({ kind: 'end-quarantine', nodeId, name, reason: reason('taken_back') });
    ending.push({ nodeId, name, left });
  }
  const waits = ending.map(({ nodeId, name, left }) =>
    reason('quarantine_ends', { seconds: Math.ceil(left / 1000), member: name, nodeId }),
  );
  return remark(...waysOutOfQuarantine(situation, new Set(ending.map(({ nodeId }) => nodeId))), ...waits);
}

/** It no longer claims anything, and its quarantine ends once its shortest time is over. */
interface Ending {
  readonly nodeId: string;
  readonly name: string;
  readonly left: number;
}

function unproven({ inventory, epoch, generation }: Claim, node: NodeObservation): Reason {
  if (inventory !== node.inventory)
    return reason('claim_unproven', { what: 'inventory', claimed: inventory, published: node.inventory });
  if (epoch !== null && epoch.name !== node.epoch?.name) {
    const claimed = `${epoch.number} (${epoch.name})`;
    return reason('claim_unproven', { what: 'epoch', claimed, published: `${node.epoch?.number ?? 0}` });
  }
  return reason('claim_unproven', { what: 'generation', claimed: `${generation}`, published: `${node.generation}` });
}

interface QuarantinedNode extends Observed {
  readonly since: number;
  readonly foreign: boolean;
}

/**
 * Judged by a report from after the quarantine began: an earlier one may no longer be true. A node that reported
 * another cluster must report the recorded one, or another incarnation: while its etcd does not answer, its cluster is not
 * known.
 */
function isTakenBack(situation: Situation, { name, node, since, foreign }: QuarantinedNode): boolean {
  const { setAside, claim } = node;
  if (setAside === undefined || claim !== undefined || setAside.receivedAt <= since) return false;
  const { status } = setAside;
  if (isForeign(situation, name, status)) return false;
  const member = situation.progress.members[name];
  if (!foreign || member === undefined || status.etcd !== null) return true;
  const { incarnation } = status.service;
  return incarnation !== null && incarnation !== member.incarnation;
}
