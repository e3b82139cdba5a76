import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { cutText } from '@picket/shared/reasons/cut-text.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import { reasonWithin } from '@picket/shared/reasons/within.ts';
import type { ClusterStatus, NodeObservation } from './cluster-status.ts';

const longestExcerpt = 600;
/** Measured by `sizeOf`. */
const largestExcerpt = 1200;

/**
 * The status with each long text and reason truncated. The controller uses them in its reasons and waits, which all
 * nodes of the cluster get: one node must not make them longer than an answer may be (R18).
 */
export function withExcerpts({ nodes, clients }: ClusterStatus): ClusterStatus {
  return { nodes: excerptsOf(nodes), clients: excerptsOf(clients) };
}

function excerptsOf(nodes: Readonly<Record<string, NodeObservation>>): Readonly<Record<string, NodeObservation>> {
  return Object.fromEntries(
    Object.entries(nodes).map(([name, node]) => {
      return [name, node.status === null ? node : { ...node, status: excerptsIn(node.status) }] as const;
    }),
  );
}

function excerptsIn(status: NodeStatus): NodeStatus {
  const { agent, service, lastStep, lastSnapshot, lastMaintenance, restoreTool } = status;
  const { rejected, damage, dataDamage, holdRefused } = service;
  return {
    ...status,
    agent: { ...agent, waits: agent.waits.map(short) },
    service: {
      ...service,
      reason: shortOrNull(service.reason),
      rejected: shortOrNull(rejected),
      ...(holdRefused && { holdRefused: { ...holdRefused, reason: short(holdRefused.reason) } }),
      ...(damage === undefined ? {} : { damage: cutText(damage, longestExcerpt) }),
      ...(dataDamage === undefined ? {} : { dataDamage: cutText(dataDamage, longestExcerpt) }),
    },
    lastStep: lastStep && { ...lastStep, reason: short(lastStep.reason) },
    ...(lastSnapshot === undefined ? {} : { lastSnapshot: withShortReason(lastSnapshot) }),
    ...(lastMaintenance === undefined ? {} : { lastMaintenance: withShortReason(lastMaintenance) }),
    ...(restoreTool === undefined
      ? {}
      : { restoreTool: { ...restoreTool, obstacle: shortOrNull(restoreTool.obstacle) } }),
  };
}

function withShortReason<Outcome extends { readonly reason: AnyReason | null }>(outcome: Outcome): Outcome {
  return { ...outcome, reason: shortOrNull(outcome.reason) };
}

function shortOrNull(reason: AnyReason | null): AnyReason | null {
  return reason === null ? null : short(reason);
}

function short(reason: AnyReason): AnyReason {
  return reasonWithin(reason, largestExcerpt);
}
