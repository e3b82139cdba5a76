import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterStatus, NodeObservation } from './cluster-status.ts';
import { hasSeenLatest } from './health.ts';
import { ofHold } from './held.ts';
import type { Permit, PermitStep } from './permit-progress.ts';

/** True if the holder of a withdrawn permit has heard of that: all that was published to it since then holds no permit. */
export function hasHeardOfEnd({ generation }: Permit, node: NodeObservation | undefined): boolean {
  return node !== undefined && hasSeenLatest(node) && generation !== undefined && node.generation > generation;
}

/**
 * The step that withdraws this permit. Its holder has surely heard of that once it has a later generation than the one that is
 * published to it now (R2). Pure.
 */
export function withdrawal(
  permit: Permit,
  { nodes }: ClusterStatus,
  why: Reason,
): Extract<PermitStep, { readonly kind: 'withdraw-permit' }> {
  const node = nodes[permit.member];
  return {
    kind: 'withdraw-permit',
    member: permit.member,
    reason: why,
    ...ofHold(permit),
    ...(node === undefined ? {} : { generation: node.generation }),
  };
}
