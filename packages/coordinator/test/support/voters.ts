import type { Test } from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { progressOf } from '../desired-state/samples.ts';
import { type TestCoordinator, testCoordinator } from './coordinator.ts';
import { createCluster, joinNode, nodeWith, servingAlone, type TestNode } from './nodes.ts';

export interface Formed {
  readonly coordinator: TestCoordinator;
  readonly nodes: readonly TestNode[];
}

/** Three voters, which have all reported; `a3` is that of the third. */
export async function formed(t: Test): Promise<Formed> {
  const coordinator = await testCoordinator(t);
  await createCluster(coordinator);
  const joined = [await joinNode(coordinator, 1), await joinNode(coordinator, 2), await joinNode(coordinator, 3)];
  const progress = progressOf('voter', 'voter', 'voter');
  if (progress.formation === null) throw new Error('nothing was founded');
  const formation = { ...progress.formation, releasedAt: coordinator.clock.now };
  await coordinator.running.inventory.clusters.keepProgress('x-k3s', { ...progress, formation });
  await coordinator.restart();
  const nodes = joined.map((node) => nodeWith(coordinator, node));
  await reportAll(nodes);
  return { coordinator, nodes };
}

/** They serve, and list these voters by their numbers. */
export async function reportAll(nodes: readonly TestNode[], voters: readonly number[] = [1, 2, 3]): Promise<void> {
  const members = voters.map((number) => ({
    id: `a${number}`,
    name: `x-k3s-m-${number}`,
    peerUrls: [`https://192.168.7.${number + 10}:2380`],
    clientUrls: [`https://192.168.7.${number + 10}:2379`],
    isLearner: false,
  }));
  for (const node of nodes) {
    const number = Number(node.name.at(-1));
    const { service, etcd } = servingAlone(`life000${number}`, node.name, number);
    const { generation } = await node.desiredState();
    const agent = { ...readyStatus().agent, generationSeen: generation, generationApplied: generation };
    const answer = await node.report({ agent, service, etcd: etcd && { ...etcd, memberId: `a${number}`, members } });
    if (answer.status !== 200) throw new Error(answer.text);
  }
}
