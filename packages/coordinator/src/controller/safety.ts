import { act, agreed, hold, type Opinion, type Situation } from './model.ts';

/** Nothing is set going in a cluster whose coordinator cannot be sure that it is the one with the latest word (R5). */
export function safety(situation: Situation): Opinion {
  const { progress, spec, status } = situation;
  if (progress.frozen !== null) return hold(`frozen: ${progress.frozen}`);

  const members = spec.members.map(({ name }) => [name, status.nodes[name]] as const);
  // A client has seen what the coordinator published as well, and knows it if that went back.
  for (const [name, node] of [...members, ...Object.entries(status.clients)]) {
    const agent = node?.status?.agent;
    if (node === undefined || agent === undefined) continue;
    if (agent.inventory !== null && agent.inventory !== node.inventory) {
      return act({
        kind: 'freeze',
        reason: `${name} follows the coordinator inventory ${agent.inventory}, and this one is ${node.inventory}`,
      });
    }
    const followed = agent.epoch?.number ?? 0;
    if (
      followed > (node.epoch?.number ?? 0) ||
      (followed === node.epoch?.number && agent.epoch?.name !== node.epoch.name)
    ) {
      return act({
        kind: 'freeze',
        reason:
          `${name} follows a coordinator that was restored later than this one, or from another copy ` +
          `(epoch ${followed}, ${agent.epoch?.name}): only one of them may run`,
      });
    }
    if (agent.generationSeen > node.generation) {
      return act({
        kind: 'freeze',
        reason:
          `${name} has seen generation ${agent.generationSeen}, and this coordinator has only published ` +
          `${node.generation}: it was restored from an older copy`,
      });
    }
  }
  return foreignCluster(situation);
}

/** A member of this life in another cluster: two clusters believe they are this one (R1). */
function foreignCluster({ progress, spec, status }: Situation): Opinion {
  const clusterId = progress.formation?.clusterId ?? null;
  if (clusterId === null) return agreed;
  for (const { name } of spec.members) {
    const report = status.nodes[name]?.status;
    const member = progress.members[name];
    if (!report?.etcd || member === undefined || report.service.incarnation !== member.incarnation) continue;
    if (report.etcd.clusterId !== clusterId) {
      return act({
        kind: 'freeze',
        reason: `${name} reports the cluster ID ${report.etcd.clusterId}, and this cluster is ${clusterId}`,
      });
    }
  }
  return agreed;
}
