import { reason } from '@picket/shared/reasons/reason.ts';
import { admissionDue } from '../../model/admission-due.ts';
import { presentStatus } from '../../model/health.ts';
import { overdue, reportedEnd } from '../../model/maintenance-end.ts';
import { act, agreed, type Opinion, remark, waitFor } from '../../model/opinion.ts';
import type { Situation } from '../../model/situation.ts';
import type { Task } from '../../model/task.ts';
import { admissionTries, authenticationSeconds, maintenanceRetryAfter } from '../../model/waits.ts';

/**
 * A cluster that begins from an imported snapshot has the etcd users of that snapshot. If Picket is none of them, the founder's agent makes
 * that user, as etcd's root. Until then the founder cannot be asked for its cluster.
 */
export function admission(situation: Situation): Opinion {
  const { spec, progress, now } = situation;
  const { formation } = progress;
  const { from } = formation ?? {};
  if (formation === null || formation.clusterId !== null || from?.keepsPicketOut !== true) return agreed;
  const task = admissionDue(progress);
  if (task !== null) return awaitAdmission(situation, task);
  const { member: executor, incarnation } = formation;
  const status = presentStatus(situation, executor);
  if (status === null || status.etcd !== null || status.service.incarnation !== incarnation) return agreed;
  if (status.service.authenticationOn !== true || status.service.etcdctlReady !== true) return agreed;
  // An agent of before would refuse its whole desired state for an order that it does not know. The one that knows it takes minor orders.
  if (status.agent.takesMinorOrders !== true) return remark(reason('admission_after_agent', { executor }));
  const { admission: former } = progress.authentication;
  if (former?.incarnation === incarnation && former.last !== null) {
    const why = former.last.reason;
    if (former.tries >= admissionTries)
      return remark(reason('admission_given_up', { cluster: spec.name, snapshot: from.snapshot, why }));
    if (Math.abs(now - former.last.at) < maintenanceRetryAfter)
      return remark(reason('admission_again', { executor, why }));
  }
  return act({ kind: 'assign-admission', executor, incarnation });
}

function awaitAdmission(situation: Situation, task: Task): Opinion {
  const { executor, id, issuedAt } = task;
  const step = { kind: 'record-admission', executor } as const;
  const said = reportedEnd(situation, task);
  if (said !== null) return act({ ...step, outcome: said.outcome, reason: said.why });
  const hasBegun = situation.status.nodes[executor]?.status?.lastMaintenance?.id === id;
  const late = overdue(hasBegun, Math.abs(situation.now - issuedAt), authenticationSeconds);
  if (late !== null) return act({ ...step, outcome: 'failed', reason: late });
  return waitFor(reason('admission_under_way', { executor }));
}
