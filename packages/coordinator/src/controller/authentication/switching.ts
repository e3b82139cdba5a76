import { reason } from '@picket/shared/reasons/reason.ts';
import { maintenanceEnd } from '../../model/maintenance-end.ts';
import { act, agreed, hold, type Opinion } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import { authenticationSeconds } from '../../model/waits.ts';

/** No other order for etcd begins until this one has ended: who may carry it out changes in the middle. */
export function switching(situation: Situation): Opinion {
  const { task } = situation.progress.authentication;
  if (task === null) return agreed;
  const { executor, enable } = task;
  const end = maintenanceEnd(situation, task, authenticationSeconds);
  if (end === null) return hold(reason('authentication_switches', { executor, enable }));
  return act({ kind: 'record-authentication', executor, enable, outcome: end.outcome, reason: end.why });
}
