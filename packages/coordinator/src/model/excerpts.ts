import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { cutText } from '@picket/shared/reasons/cut-text.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import { reasonWithin } from '@picket/shared/reasons/within.ts';
import type { ClusterStatus, NodeObservation } from './cluster-status.ts';
import { mapped } from './mapped.ts';

/** How long each text and each reason of a report may be. */
export interface Lengths {
  /** In UTF-16 units. */
  readonly text: number;
  /** Measured by `sizeOf`. */
  readonly reason: number;
}

const ofExcerpts: Lengths = { text: 600, reason: 1200 };

/**
 * The status with each long text and reason truncated. The controller uses them in its reasons and waits, which all
 * nodes of the cluster get: one node must not make them longer than an answer may be (R18).
 */
export function withExcerpts({ nodes, clients }: ClusterStatus): ClusterStatus {
  return { nodes: excerptsOf(nodes), clients: excerptsOf(clients) };
}

function excerptsOf(nodes: Readonly<Record<string, NodeObservation>>): Readonly<Record<string, NodeObservation>> {
  return mapped(nodes, (node) =>
    node.status === null ? node : { ...node, status: excerptsIn(node.status, ofExcerpts) },
  );
}

/** The status with the node's own sentences truncated; the lines and facts of etcd's log stay whole. */
export function excerptsIn(status: NodeStatus, { text, reason }: Lengths): NodeStatus {
  const { agent, service, lastStep, lastSnapshot, lastMaintenance, restoreTool } = status;
  const { rejected, damage, dataDamage, holdRefused, etcdctlReady } = service;
  const short = (one: AnyReason) => reasonWithin(one, reason);
  const shortOrNull = (one: AnyReason | null) => one && short(one);
  const withShortReason = <Outcome extends { readonly reason: AnyReason | null }>(outcome: Outcome): Outcome => ({
    ...outcome,
    reason: shortOrNull(outcome.reason),
  });
  return {
    ...status,
    agent: { ...agent, waits: agent.waits.map(short) },
    service: {
      ...service,
      reason: shortOrNull(service.reason),
      rejected: shortOrNull(rejected),
      ...(holdRefused && { holdRefused: { ...holdRefused, reason: short(holdRefused.reason) } }),
      ...(typeof etcdctlReady === 'object' ? { etcdctlReady: short(etcdctlReady) } : {}),
      ...(damage === undefined ? {} : { damage: cutText(damage, text) }),
      ...(dataDamage === undefined ? {} : { dataDamage: cutText(dataDamage, text) }),
    },
    lastStep: lastStep && { ...lastStep, reason: short(lastStep.reason) },
    ...(lastSnapshot === undefined ? {} : { lastSnapshot: withShortReason(lastSnapshot) }),
    ...(lastMaintenance === undefined ? {} : { lastMaintenance: withShortReason(lastMaintenance) }),
    ...(restoreTool === undefined
      ? {}
      : { restoreTool: { ...restoreTool, obstacle: shortOrNull(restoreTool.obstacle) } }),
  };
}
