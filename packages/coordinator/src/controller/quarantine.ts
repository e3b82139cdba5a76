import type { Claim } from './claims.ts';
import { isForeign } from './foreign-cluster.ts';
import { shortestQuarantine } from './limits.ts';
import { act, type NodeObservation, type Opinion, remark, type Situation } from './model.ts';
import { waysOutOfQuarantine } from './ways-out-of-quarantine.ts';

/** A node by its name: of a member, or of a client. */
export interface Observed {
  readonly name: string;
  readonly node: NodeObservation;
}

/** One node at a time: those whose claim nothing proves, and those whose quarantine has ended. */
export function quarantine(situation: Situation, observed: readonly Observed[]): Opinion {
  const { quarantined = [] } = situation.progress;
  for (const { name, node } of observed) {
    if (node.claim === undefined || quarantined.some(({ nodeId }) => nodeId === node.nodeId)) continue;
    return act({ kind: 'quarantine', nodeId: node.nodeId, name, reason: unprovenInWords(node.claim, node) });
  }
  const ending: Ending[] = [];
  for (const { nodeId, name, since, foreign = false } of quarantined) {
    const node = observed.find((one) => one.node.nodeId === nodeId)?.node;
    if (node === undefined) return act({ kind: 'end-quarantine', nodeId, name, reason: 'it was evicted' });
    if (!isTakenBack(situation, { name, node, since, foreign })) continue;
    const left = since + shortestQuarantine - situation.now;
    if (left <= 0) return act({ kind: 'end-quarantine', nodeId, name, reason: 'it takes that back' });
    ending.push({ nodeId, name, left });
  }
  const waits = ending.map(
    ({ nodeId, name, left }) =>
      `${Math.ceil(left / 1000)} s before the quarantine of ${name} (node ${nodeId}) ends: it takes that back`,
  );
  return remark(...waysOutOfQuarantine(situation, new Set(ending.map(({ nodeId }) => nodeId))), ...waits);
}

/** It claims nothing any more, and its quarantine ends once its shortest time is over. */
interface Ending {
  readonly nodeId: string;
  readonly name: string;
  readonly left: number;
}

function unprovenInWords({ inventory, epoch, generation }: Claim, node: NodeObservation): string {
  const [claimed, published] =
    inventory !== node.inventory
      ? [`the inventory ${inventory}`, node.inventory]
      : epoch !== null && epoch.name !== node.epoch?.name
        ? [`epoch ${epoch.number} (${epoch.name})`, `epoch ${node.epoch?.number ?? 0}`]
        : [`generation ${generation}`, `generation ${node.generation}`];
  return `it claims to follow ${claimed}, this coordinator has published ${published} to it, and no seal proves the claim`;
}

interface Held extends Observed {
  readonly since: number;
  readonly foreign: boolean;
}

/**
 * By a report of after the quarantine began: what was kept of before may be true no more. One that reported another cluster
 * must report the recorded one, or another life: while its etcd does not answer, nothing is known of its cluster.
 */
function isTakenBack(situation: Situation, { name, node, since, foreign }: Held): boolean {
  const { setAside, claim } = node;
  if (setAside === undefined || claim !== undefined || setAside.receivedAt <= since) return false;
  const { status } = setAside;
  if (isForeign(situation, name, status)) return false;
  const life = situation.progress.members[name];
  if (!foreign || life === undefined || status.etcd !== null) return true;
  const { incarnation } = status.service;
  return incarnation !== null && incarnation !== life.incarnation;
}
