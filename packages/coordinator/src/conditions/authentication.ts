import { happening } from '@picket/shared/events/event.ts';
import type { ClusterConditions } from '../model/conditions.ts';
import { voters } from '../model/health.ts';
import type { Change } from './change.ts';
import { type ConditionsSituation, presentReport } from './sight.ts';

/**
 * etcd's authentication, which holds for the whole cluster: on once an agent has seen it, off once no agent sees it and one
 * sees etcd's status. A restore brings back that of the snapshot, which the event names. Pure.
 */
export function authenticationChange(
  state: ClusterConditions,
  situation: ConditionsSituation,
): Change<ClusterConditions> {
  const reports = voters(situation).flatMap(([member]) => {
    const status = presentReport(situation.status.nodes[member], situation)?.status;
    return status === undefined ? [] : [{ member, isOn: status.service.authenticationOn === true, ...status }];
  });
  const on = reports.find(({ isOn }) => isOn);
  const seen = on ?? reports.find(({ etcd }) => etcd !== null);
  if (seen === undefined) return { after: state, events: [] };
  const { formation, formations } = situation.progress;
  const from = formation?.from;
  const isNew = from !== undefined && state.authenticationIn !== formations;
  const authenticationOn = on !== undefined;
  const after = isNew ? { ...state, authenticationIn: formations } : state;
  if (authenticationOn === state.authenticationOn) return { after, events: [] };
  const { member } = seen;
  const restored = isNew ? { restored: from.snapshot } : {};
  const event = authenticationOn
    ? happening('authentication-on', { member, refused: seen.etcd === null, ...restored })
    : happening('authentication-off', { member, ...restored });
  return { after: { ...after, authenticationOn }, events: [event] };
}
