import { foreignCluster } from './foreign-cluster.ts';
import { act, hold, type NodeObservation, type Opinion, type Situation } from './model.ts';
import { type Observed, quarantine } from './quarantine.ts';

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
  const judged = quarantine(situation, observed);
  // What counts against one node alone waits for nothing that concerns the cluster.
  return judged.step === null ? (foreignCluster(situation) ?? judged) : judged;
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
