import { messageOf } from '@picket/shared/problems.ts';
import type { AgentStep } from '../../model/model.ts';
import type { Applied } from './apply.ts';

/** A step that failed, as a clause for the operator: what could not be done, and why. */
export function stepFailure({ step, error }: NonNullable<Applied['failed']>): string {
  const why = messageOf(error);
  return `${attempt(step)}: ${why.replace(/\.$/, '')}`;
}

function attempt(step: AgentStep): string {
  switch (step.kind) {
    case 'obtain-credential':
      return `the ${step.purpose} certificate could not be obtained`;
    case 'prove-credential':
      return `the renewal of the ${step.purpose} certificate has not come to its end`;
    case 'write-file':
      return `${step.path} could not be written`;
    case 'link-client-key':
      return 'client-key.pem could not be linked';
    case 'install-service':
      return 'the service could not be installed';
    case 'stop-etcd':
      return 'etcd could not be stopped';
    case 'make-data-dir':
      return `the data dir of ${step.incarnation} could not be made`;
    case 'clear-unborn':
      return `what etcd had begun for ${step.incarnation} could not be moved away`;
    case 'restore-data':
      return `the data dir of ${step.incarnation} could not be made from the snapshot ${step.order.snapshot}`;
    case 'take-snapshot':
      return `the snapshot ${step.order.id} could not be begun`;
    case 'upkeep':
      return `the upkeep ${step.order.id} of etcd’s database could not be begun`;
    case 'start-etcd':
      return 'etcd could not be started';
    case 'restart-etcd':
      return 'etcd could not be restarted';
    case 'change-membership':
      return `the order to ${step.step.kind} ${step.step.member} could not be carried out`;
  }
}
