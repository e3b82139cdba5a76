import { type AnyReason, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { hasApplied, reachable } from '../../model/health.ts';
import { nodeNames } from '../../model/member-names.ts';
import type { Situation } from '../../model/situation.ts';

/** A node whose former etcd may still run. */
export interface Standing {
  readonly name: string;
  readonly nodeId: string;
  /** What its agent waits for; null if it has not said. */
  readonly obstacle: AnyReason | null;
  /** Why its agent does not report; null if it does. */
  readonly unheard: Reason | null;
}

/**
 * Those nodes while a cluster is given up for a snapshot, or deleted. If a cluster were founded beside them, clients could keep
 * writing to the old one (R16). An operator evicts a node that is lost.
 */
export function stillStanding({ progress, status, spec, now }: Situation): readonly Standing[] {
  if (progress.restore === null && progress.deletion?.ended == null) return [];
  return nodeNames({ spec, status }).flatMap((name) => {
    const node = status.nodes[name];
    if (node === undefined) return [];
    // After a restore of the coordinator, the backup may not know every incarnation.
    const mayLive = node.uncounted !== undefined || progress.retired.some(({ member }) => member === name);
    if (!mayLive) return [];
    if (hasApplied(node)) return [];
    const seen = reachable(node, now);
    return [
      { name, nodeId: node.nodeId, obstacle: node.status?.agent.waits[0] ?? null, unheard: seen.ok ? null : seen.why },
    ];
  });
}

export function toStop({ name: member, nodeId, obstacle, unheard }: Standing): Reason {
  return reason('former_etcd_stops', { member, nodeId, obstacle, unheard });
}
