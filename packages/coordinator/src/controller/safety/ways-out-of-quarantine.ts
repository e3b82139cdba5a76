import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { voters } from '../../model/health.ts';
import { namesOf } from '../../model/member-names.ts';
import type { Situation } from '../../model/situation.ts';
import { keepsItFromLeaving, keepsItsMachine } from '../membership/departures.ts';

/**
 * What an operator can do for the quarantined nodes: first where this coordinator itself may be wrong. Pure.
 *
 * @param ending the IDs of the nodes whose quarantine ends without an operator
 */
export function waysOutOfQuarantine(situation: Situation, ending: ReadonlySet<string>): readonly Reason[] {
  const { quarantined } = situation.progress;
  const claiming = quarantined.filter(({ foreign }) => foreign !== true);
  return [
    // Several nodes that agree are more likely to be right than one store.
    ...(claiming.length < 2 ? [] : [reason('store_in_doubt', { members: namesOf(claiming) })]),
    ...quarantined
      .filter(({ nodeId }) => !ending.has(nodeId))
      .map(({ name, nodeId, reason: why }) =>
        reason('node_quarantined', { member: name, nodeId, why, way: wayOut(situation, name, nodeId) }),
      ),
  ];
}

/** The command that works for this node now. */
function wayOut(situation: Situation, name: string, nodeId: string): Reason {
  const { spec, progress, status } = situation;
  const cluster = spec.name;
  const incarnation = status.nodes[name]?.nodeId === nodeId ? progress.members[name] : undefined;
  if (incarnation === undefined) return reason('way_evict', { nodeId });
  if (incarnation.phase === 'founding') {
    return progress.formation?.from === undefined
      ? reason('way_reset', { cluster })
      : reason('way_evict_lost', { nodeId });
  }
  if (incarnation.leaving !== undefined && incarnation.leaving.learnerOnly !== true) {
    return reason('way_once_out', { nodeId });
  }
  if (keepsItsMachine(situation, name, false) === null) return reason('way_other_machine', { cluster, member: name });
  const obstacle = keepsItFromLeaving(situation, name, true);
  if (obstacle === null) {
    const force = keepsItFromLeaving(situation, name, false) !== null;
    return reason('way_replace', { cluster, member: name, nodeId, force });
  }
  const isLast = voters(situation).length === 1;
  return reason(isLast ? 'way_last' : 'way_blocked', { cluster, nodeId, why: obstacle });
}
