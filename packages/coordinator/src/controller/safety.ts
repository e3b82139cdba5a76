import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Claim } from './claims.ts';
import { serving, voters } from './health.ts';
import { act, hold, type NodeObservation, type Opinion, remark, type Situation } from './model.ts';

/**
 * Nothing is set going in a cluster whose coordinator cannot be sure that it has the last word (R5): a node follows what
 * this one has not published, and a seal proves it. A claim that nothing proves counts against the node alone that makes it.
 */
export function safety(situation: Situation): Opinion {
  const { progress } = situation;
  if (progress.frozen !== null) return hold(`frozen: ${progress.frozen}`);
  const observed = observations(situation);
  for (const { name, node } of observed) {
    if (node.claim?.proven !== true) continue;
    const { proven: _, ...followed } = node.claim;
    return act({ kind: 'freeze', reason: provenInWords(name, node), by: { nodeId: node.nodeId, ...followed } });
  }
  return foreignCluster(situation) ?? quarantine(situation, observed);
}

interface Observed {
  readonly name: string;
  readonly node: NodeObservation;
}

/** A client has seen what the coordinator published as well, and knows it if that went back. */
function observations({ spec, status }: Situation): readonly Observed[] {
  const members = spec.members.map(({ name }) => ({ name, node: status.nodes[name] }));
  const clients = Object.entries(status.clients).map(([name, node]) => ({ name, node }));
  return [...members, ...clients].flatMap(({ name, node }) => (node === undefined ? [] : [{ name, node }]));
}

function provenInWords(name: string, { claim, generation, inventory, epoch }: NodeObservation): string {
  if (claim === undefined) return '';
  if (claim.inventory !== inventory) {
    return `${name} follows the coordinator inventory ${claim.inventory}, and this one is ${inventory}`;
  }
  if (claim.epoch !== null && claim.epoch.name !== epoch?.name && claim.epoch.number >= (epoch?.number ?? 0)) {
    return (
      `${name} follows a coordinator that was restored later than this one, or from another copy ` +
      `(epoch ${claim.epoch.number}, ${claim.epoch.name}): only one of them may run`
    );
  }
  return (
    `${name} has seen generation ${claim.generation}, and this coordinator has only published ${generation}: ` +
    'its store was put back to an older state'
  );
}

/** One node at a time: those whose claim nothing proves, and those whose claim has ended. */
function quarantine(situation: Situation, observed: readonly Observed[]): Opinion {
  const { progress, spec } = situation;
  const { quarantined = [] } = progress;
  for (const { name, node } of observed) {
    if (node.claim === undefined || quarantined.some(({ nodeId }) => nodeId === node.nodeId)) continue;
    return act({ kind: 'quarantine', nodeId: node.nodeId, name, reason: unprovenInWords(node.claim, node) });
  }
  for (const { nodeId, name, since } of quarantined) {
    const node = observed.find((one) => one.node.nodeId === nodeId)?.node;
    const reason =
      node === undefined ? 'it was evicted' : hasEnded(situation, { name, node, since }) ? 'it takes that back' : null;
    if (reason !== null) return act({ kind: 'end-quarantine', nodeId, name, reason });
  }
  return remark(
    ...quarantined.map(({ name, nodeId, reason }) => {
      const isMember = spec.members.some((member) => member.name === name);
      const way = isMember
        ? `give its place to another machine: picket token create ${spec.name} --member ${name}`
        : `evict it: picket node evict ${nodeId}`;
      return `an operator: ${name} (node ${nodeId}) is quarantined: ${reason}. Repair it, or ${way}`;
    }),
  );
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

/** By a report of after the quarantine began: what was kept of before may be true no more. */
function hasEnded(
  situation: Situation,
  { name, node, since }: { readonly name: string; readonly node: NodeObservation; readonly since: number },
): boolean {
  const { setAside, claim } = node;
  if (setAside === undefined || claim !== undefined || setAside.receivedAt <= since) return false;
  return !isForeign(situation, name, setAside.status);
}

/**
 * A member of this life in another cluster: two clusters believe they are this one (R1). While a majority of the voters
 * serves the recorded one, it is that member that is wrong.
 */
function foreignCluster(situation: Situation): Opinion | null {
  const { progress, spec, status } = situation;
  for (const { name } of spec.members) {
    const node = status.nodes[name];
    if (!node?.status?.etcd || !isForeign(situation, name, node.status)) continue;
    const { clusterId } = node.status.etcd;
    const recorded = progress.formation?.clusterId;
    if (!majorityServes(situation)) {
      const reason = `${name} reports the cluster ID ${clusterId}, and this cluster is ${recorded}`;
      return act({ kind: 'freeze', reason });
    }
    const reason = `it reports the cluster ID ${clusterId}, and a majority of the voters serves ${recorded}`;
    return act({ kind: 'quarantine', nodeId: node.nodeId, name, reason });
  }
  return null;
}

function isForeign({ progress }: Situation, name: string, { etcd, service }: NodeStatus): boolean {
  const clusterId = progress.formation?.clusterId ?? null;
  const member = progress.members[name];
  if (clusterId === null || etcd === null || member === undefined) return false;
  return service.incarnation === member.incarnation && etcd.clusterId !== clusterId;
}

function majorityServes(situation: Situation): boolean {
  const all = voters(situation);
  const able = all.filter(([name, member]) => serving(member, situation.status.nodes[name], situation).ok);
  return able.length * 2 > all.length;
}
