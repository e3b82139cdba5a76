import { machineTroubles } from '@picket/shared/machines/troubles.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import { reachable } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';

/** What the members' machines lack, by current reports; nothing for healthy ones. */
export function machineNotices({ spec, status, now }: Situation): readonly Reason[] {
  return spec.members.flatMap(({ name }) => {
    const node = status.nodes[name];
    return node?.status && reachable(node, now).ok ? machineTroubles(name, node.status.machine) : [];
  });
}
