import { happening } from '@picket/shared/events/event.ts';
import type { ClusterConditions } from '../model/conditions.ts';
import { voters } from '../model/health.ts';
import type { Change } from './change.ts';
import { type ConditionsSituation, presentReport } from './sight.ts';

/**
 * etcd's authentication, which holds for the whole cluster: on once an agent has seen it, off once no agent sees it and one
 * sees etcd's status. Pure.
 */
export function authenticationChange(
  state: ClusterConditions,
  situation: ConditionsSituation,
): Change<ClusterConditions> {
  const reports = voters(situation).flatMap(([member]) => {
    const status = presentReport(situation.status.nodes[member], situation)?.status;
    return status === undefined ? [] : [{ member, isOn: status.service.authenticationOn === true, ...status }];
  });
  const first = reports.find(({ isOn }) => isOn);
  if (first !== undefined) {
    if (state.authenticationOn) return { after: state, events: [] };
    const event = happening('authentication-on', { member: first.member, refused: first.etcd === null });
    return { after: { ...state, authenticationOn: true }, events: [event] };
  }
  const seen = reports.find(({ etcd }) => etcd !== null);
  if (!state.authenticationOn || seen === undefined) return { after: state, events: [] };
  const event = happening('authentication-off', { member: seen.member });
  return { after: { ...state, authenticationOn: false }, events: [event] };
}
