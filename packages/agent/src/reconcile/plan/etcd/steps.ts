import { type AnyReason, type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { clientKeyTarget, differing, wantedFiles } from '../../../model/managed-files.ts';
import type { AgentStep, ManagedFile, Plan, StepOf } from '../../../model/model.ts';
import type { EtcdSituation } from './facts.ts';

export type StartStep = StepOf<'start-etcd'>;

export const nothing: Plan = { steps: [], waits: [], restartPending: false };

/** A plan that waits for this after these steps. */
export function waiting(why: AnyReason, steps: readonly AgentStep[] = []): Plan {
  return { ...nothing, steps, waits: [why] };
}

/** Why no etcd can be started here. */
export function noEtcd({ etcdProblem, etcdRemedy }: EtcdSituation['current']): Reason {
  if (etcdProblem != null) return reason('etcd_cannot_run', { why: etcdProblem });
  return reason('etcd_to_install', { remedy: etcdRemedy });
}

export function retire(incarnation: string): AgentStep {
  return { kind: 'stop-etcd', of: 'retired', why: reason('incarnation_retired', { incarnation }) };
}

/** The files that are not as wanted, in their order. */
export function fileChanges({ accepted, current, paths }: EtcdSituation): readonly ManagedFile[] {
  return differing(wantedFiles(accepted.document, paths), current.files);
}

export function writes(situation: EtcdSituation): readonly AgentStep[] {
  const write = (file: ManagedFile): AgentStep => ({ kind: 'write-file', ...file });
  return [...fileChanges(situation).map(write), ...link(situation)];
}

export function link({ current }: EtcdSituation): readonly AgentStep[] {
  return current.clientKeyLink === clientKeyTarget ? [] : [{ kind: 'link-client-key' }];
}

/** True if something other than this agent may start an etcd that is down. */
export function comesBack({ service }: EtcdSituation['current']): boolean {
  return service.kind === 'crashed' || (service.kind === 'stopped' && service.atBoot === true);
}
