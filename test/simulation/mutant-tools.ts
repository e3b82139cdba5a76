import { nextStep } from '@picket/coordinator/controller/next-step.ts';
import type { ClusterStatus, NodeObservation } from '@picket/coordinator/model/cluster-status.ts';
import type { EtcdReport, NodeStatus } from '@picket/shared/protocol/report.ts';
import { type AgentGuards, type Guards, realGuards } from './guards.ts';

type Next = typeof nextStep;

export function withNext(next: Next): Guards {
  return { ...realGuards, next };
}

export function withAgent(changes: Partial<AgentGuards>): Guards {
  return { ...realGuards, agent: { ...realGuards.agent, ...changes } };
}

/** The controller, shown another progress than there is. */
export function shown(change: (progress: Parameters<Next>[2], now: number) => Parameters<Next>[2]): Guards {
  return withNext((spec, status, progress, now) => nextStep(spec, status, change(progress, now), now));
}

/** The controller, told something else by its nodes than they have said. */
export function told(change: (node: NodeObservation, status: NodeStatus, now: number) => Change): Guards {
  return withNext((spec, status, progress, now) =>
    nextStep(
      spec,
      changed(status, (node, said) => change(node, said, now)),
      progress,
      now,
    ),
  );
}

/** The order for a snapshot without a quorum, told something else by nodes than they have said. */
export function withRescue(change: (node: NodeObservation, said: NodeStatus) => Change): Guards {
  const takeWithoutQuorum: Guards['takeWithoutQuorum'] = (by) => ({
    decide: (situation) =>
      realGuards.takeWithoutQuorum(by).decide({ ...situation, status: changed(situation.status, change) }),
  });
  return { ...realGuards, takeWithoutQuorum };
}

interface Change {
  readonly node?: Partial<NodeObservation>;
  readonly agent?: Partial<NodeStatus['agent']>;
  readonly service?: Partial<NodeStatus['service']>;
  readonly etcd?: Partial<EtcdReport>;
}

/** @param change gets the name of the member last */
export function changed(
  status: ClusterStatus,
  change: (node: NodeObservation, said: NodeStatus, name: string) => Change,
): ClusterStatus {
  const nodes = Object.entries(status.nodes).map(([name, before]) => {
    if (before.status === null) return [name, before] as const;
    const { node, agent, service, etcd } = change(before, before.status, name);
    const said: NodeStatus = {
      ...before.status,
      agent: { ...before.status.agent, ...agent },
      service: { ...before.status.service, ...service },
      etcd: before.status.etcd === null ? null : { ...before.status.etcd, ...etcd },
    };
    return [name, { ...before, ...node, status: said }] as const;
  });
  return { ...status, nodes: Object.fromEntries(nodes) };
}
