import type { NodeObservation } from './cluster-status.ts';
import type { Situation } from './situation.ts';

/**
 * The incarnation that the node of this member reports and that this coordinator does not know; null if there is none. The
 * coordinator from before a restore gave it to a node that has not followed the restored one yet. Such a node refuses
 * every desired state that neither names its incarnation nor retires it.
 */
export function unknownIncarnation(name: string, { progress, status }: Situation): string | null {
  const node = status.nodes[name];
  const incarnation = node?.status?.service.incarnation ?? null;
  if (node === undefined || incarnation === null || !followsEarlierEpoch(node)) return null;
  const known = [...Object.values(progress.members), ...progress.retired];
  return known.some((one) => one.incarnation === incarnation) ? null : incarnation;
}

function followsEarlierEpoch({ epoch, status }: NodeObservation): boolean {
  return epoch !== undefined && (status?.agent.epoch?.number ?? 0) < epoch.number;
}
