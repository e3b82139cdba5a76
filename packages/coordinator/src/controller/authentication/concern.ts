import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import {
  type AuthenticationProgress,
  type AuthenticationStep,
  type AuthenticationTask,
  noAuthentication,
} from '../../model/authentication-progress.ts';
import type { Concern } from '../../model/concern.ts';
import type { Instant } from '../../model/instant.ts';
import { maintenanceOrder, newTask } from '../../model/task.ts';
import { authenticationSeconds } from '../../model/waits.ts';
import { switching } from './switching.ts';

type RecordedEnd = Extract<AuthenticationStep, { readonly kind: 'record-authentication' }>;

/** What an operator orders for etcd's authentication. */
export const authenticationConcern = {
  decide: { switching },
  apply: {
    'assign-authentication': (_progress, { executor, enable, clients }, moment) => ({
      authentication: { task: { ...newTask(executor, moment), enable, clients }, failure: null },
    }),
    'record-authentication': ({ authentication: { task } }, { outcome, reason }, { now }) => ({
      authentication: { task: null, failure: task && failureOf(task, outcome, reason, now) },
    }),
  },
  instants: { authentication: { task: { issuedAt: true } } },
  orders: ({ authentication: { task } }, member) => {
    if (task?.executor !== member) return {};
    return maintenanceOrder(
      task.id,
      task.enable ? { kind: 'enable-authentication', clients: [...task.clients] } : { kind: 'disable-authentication' },
      authenticationSeconds,
    );
  },
  busy: ({ progress }) => (progress.authentication.task === null ? null : reason('authentication_first')),
  audited: ({ authentication: { task } }) => ({ authentication: task && { order: task.id, enable: task.enable } }),
  onFreeze: ({ authentication }) => ({ authentication: { ...authentication, task: null } }),
  onTakeOver: () => noAuthentication,
  onReset: () => noAuthentication,
} satisfies Concern<'authentication'>;

function failureOf(
  { id }: AuthenticationTask,
  outcome: RecordedEnd['outcome'],
  why: Reason,
  at: Instant,
): AuthenticationProgress['authentication']['failure'] {
  if (outcome === 'done' || outcome === 'seen') return null;
  return { id, at, reason: why, ...(outcome === 'unknown' ? { unknown: true } : {}) };
}
