import { reason } from '@picket/shared/reasons/reason.ts';
import type { NodeObservation } from './cluster-status.ts';
import type { ClusterProgress } from './progress.ts';
import type { Quarantine } from './safety-progress.ts';

export function quarantineOf({ quarantined }: ClusterProgress, nodeId: string): Quarantine | null {
  return quarantined.find((one) => one.nodeId === nodeId) ?? null;
}

/** The node as the concerns after `safety` may see it: the reports of a node with a claim do not count. */
export function withoutClaims(node: NodeObservation, progress: ClusterProgress): NodeObservation {
  const { heardAt, unsureUntil, ...known } = node;
  const { receivedAt, status, claim } = node;
  const quarantine = quarantineOf(progress, node.nodeId);
  if (quarantine === null && (claim === undefined || claim.proven)) return node;
  return {
    ...known,
    uncounted: reason('quarantined', { why: quarantine?.reason ?? reason('claims_unpublished') }),
    ...(receivedAt === null || status === null
      ? {}
      : {
          setAside: {
            receivedAt,
            status,
            ...(heardAt === undefined ? {} : { heardAt }),
            ...(unsureUntil === undefined ? {} : { unsureUntil }),
          },
        }),
    receivedAt: null,
    healthySince: null,
    unhealthySince: null,
    status: null,
  };
}

/** The node with its last report, even if that does not count. */
export function asReported(node: NodeObservation): NodeObservation {
  const { setAside, uncounted: _why, ...rest } = node;
  return setAside === undefined ? node : { ...rest, ...setAside };
}
