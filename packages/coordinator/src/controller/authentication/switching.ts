import { reason } from '@picket/shared/reasons/reason.ts';
import type { AuthenticationTask } from '../../model/authentication-progress.ts';
import { authenticationSeen } from '../../model/authentication-seen.ts';
import { maintenanceEnd, overdue, reportedEnd } from '../../model/maintenance-end.ts';
import { act, agreed, type Opinion, waitFor } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import { authenticationSeconds } from '../../model/waits.ts';

/**
 * No other order for etcd begins until this one has ended: who may carry it out changes in the middle. If the agent does not say
 * how it ended, the voters that report show what is true (R19).
 */
export function switching(situation: Situation): Opinion {
  const { task } = situation.progress.authentication;
  if (task === null) return agreed;
  const { executor, enable } = task;
  const step = { kind: 'record-authentication', executor, enable } as const;
  const said = reportedEnd(situation, task);
  if (said !== null) return act({ ...step, outcome: said.outcome, reason: said.why });
  const end = maintenanceEnd(situation, task, authenticationSeconds);
  const wait = waitFor(reason('authentication_switches', { executor, enable }));
  if (end === null) return wait;
  const on = authenticationSeen(situation);
  if (on === enable) return act({ ...step, outcome: 'seen', reason: end.why });
  if (end.why.code !== 'not_begun_in_time' && mayGoOn(situation, task)) return wait;
  return act({ ...step, outcome: on === null ? 'unknown' : 'failed', reason: end.why });
}

/** An agent that is not heard may still carry the order out, until its lease and its time are over. */
function mayGoOn({ now }: Situation, { issuedAt }: AuthenticationTask): boolean {
  return overdue(true, Math.abs(now - issuedAt), authenticationSeconds) === null;
}
