import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { cutText } from '@picket/shared/protocol/sentences.ts';
import type { ClusterStatus, NodeObservation } from './cluster-status.ts';

/** Three such texts and the words around them make one sentence. */
export const longestExcerpt = 600;

/**
 * The status with an excerpt of each long text. The controller puts these texts into its reasons and waits, which all nodes
 * of the cluster get: one node must not make them longer than an answer may be (R18).
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
  const { agent, service, lastStep, lastSnapshot, lastUpkeep, restoreTool } = status;
  const { rejected, damage } = service;
  return {
    ...status,
    agent: { ...agent, waits: agent.waits.map(excerpt) },
    service: {
      ...service,
      reason: excerptOrNull(service.reason),
      rejected: excerptOrNull(rejected),
      ...(damage === undefined ? {} : { damage: excerpt(damage) }),
    },
    lastStep: lastStep && { ...lastStep, reason: excerpt(lastStep.reason) },
    ...(lastSnapshot === undefined ? {} : { lastSnapshot: withShortReason(lastSnapshot) }),
    ...(lastUpkeep === undefined ? {} : { lastUpkeep: withShortReason(lastUpkeep) }),
    ...(restoreTool === undefined
      ? {}
      : { restoreTool: { ...restoreTool, obstacle: excerptOrNull(restoreTool.obstacle) } }),
  };
}

function withShortReason<Outcome extends { readonly reason: string }>(outcome: Outcome): Outcome {
  return { ...outcome, reason: excerpt(outcome.reason) };
}

function excerptOrNull(text: string | null): string | null {
  return text === null ? null : excerpt(text);
}

function excerpt(text: string): string {
  return cutText(text, longestExcerpt);
}
