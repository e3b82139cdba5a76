import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { Test } from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import type { Config } from '../../src/config/config.ts';
import { progressOf } from '../desired-state/samples.ts';
import { type TestCoordinator, testCoordinator } from './coordinator.ts';
import { createCluster, joinNode, nodeWith, seedCluster, servingAlone, type TestNode } from './nodes.ts';

export interface Formed {
  readonly coordinator: TestCoordinator;
  readonly nodes: readonly TestNode[];
}

/** This many voters, which have all reported; `a3` is that of the third. */
export async function formed(t: Test, count = 3, settings: Partial<Config> = {}): Promise<Formed> {
  const coordinator = await testCoordinator(t, Date.now(), settings);
  const declared = seedCluster().members.slice(0, count);
  await createCluster(coordinator, { members: declared });
  const joined: TestNode[] = [];
  for (const [index] of declared.entries()) joined.push(await joinNode(coordinator, index + 1));
  const progress = progressOf(...declared.map(() => 'voter' as const));
  if (progress.formation === null) throw new Error('nothing was founded');
  const formation = { ...progress.formation, startedAt: coordinator.clock.now };
  const { executor, inventory } = coordinator.running;
  const { progressVersion } = executor.situation('x-k3s').record;
  await inventory.clusters.keepProgress('x-k3s', progressVersion, { ...progress, formation });
  await coordinator.restart();
  const nodes = joined.map((node) => nodeWith(coordinator, node));
  await reportAll(
    nodes,
    nodes.map((_, index) => index + 1),
  );
  return { coordinator, nodes };
}

/** They serve, and list these voters by their numbers. */
export async function reportAll(nodes: readonly TestNode[], voters: readonly number[] = [1, 2, 3]): Promise<void> {
  for (const node of nodes) {
    const { generation } = await node.desiredState();
    const answer = await node.report(voterStatus(node, generation, voters));
    if (answer.status !== 200) throw new Error(answer.text);
  }
}

/** The report of a voter that serves, follows this generation, and lists these voters by their numbers. */
export function voterStatus(
  node: TestNode,
  generation: number,
  voters: readonly number[] = [1, 2, 3],
): Pick<NodeStatus, 'agent' | 'service' | 'etcd'> {
  const members = voters.map((number) => ({
    id: `a${number}`,
    name: `x-k3s-m-${number}`,
    peerUrls: [`https://192.168.7.${number + 10}:2380`],
    clientUrls: [`https://192.168.7.${number + 10}:2379`],
    isLearner: false,
  }));
  const number = Number(node.name.at(-1));
  const { service, etcd } = servingAlone(`life000${number}`, node.name, number);
  const agent = { ...readyStatus().agent, generationSeen: generation, generationApplied: generation };
  return {
    agent,
    service: { ...service, etcdctlReady: true },
    etcd: etcd && { ...etcd, memberId: `a${number}`, members },
  };
}
