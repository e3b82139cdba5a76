import { reasonOf } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { AgentStep } from '../../model/model.ts';
import type { Applied } from './apply.ts';

/** A failed step, for the operator: what could not be done, and why. */
export function stepFailure({ step, error }: NonNullable<Applied['failed']>): Reason {
  return reason('step_failed', { step: step.kind, ...subjectOf(step), why: reasonOf(error) });
}

/** The subject of a step, for the log and the operator; never a file’s content. */
export function subjectOf(step: AgentStep): Readonly<Record<string, string>> {
  switch (step.kind) {
    case 'obtain-credential':
    case 'prove-credential':
      return { purpose: step.purpose };
    case 'write-file':
      return { path: step.path };
    case 'make-data-dir':
    case 'clear-unborn':
    case 'start-etcd':
      return { incarnation: step.incarnation };
    case 'take-hold':
    case 'restart-etcd':
      return { incarnation: step.incarnation, permit: step.permitId };
    case 'change-membership':
      return { id: step.step.id, change: step.step.kind, member: step.step.member };
    case 'restore-data':
      return { incarnation: step.incarnation, snapshot: step.order.snapshot };
    case 'take-snapshot':
      return { id: step.order.id };
    case 'maintenance':
      return { id: step.order.id, order: step.order.kind };
    case 'install-service':
      return { altered: step.altered.join(' ') };
    case 'put-data-away':
      return { incarnations: step.incarnations.join(' ') };
    case 'stop-etcd':
    case 'remove-files':
    case 'link-client-key':
      return {};
  }
}
