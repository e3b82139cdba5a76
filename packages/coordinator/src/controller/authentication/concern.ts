import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { admissionDue } from '../../model/admission-due.ts';
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
import { admission } from './admission.ts';
import { switching } from './switching.ts';

type RecordedEnd = Extract<AuthenticationStep, { readonly kind: 'record-authentication' }>;

/** What an operator orders for etcd's authentication. */
export const authenticationConcern = {
  decide: { switching, admission },
  apply: {
    'assign-authentication': ({ authentication }, { executor, enable, clients }, moment) => ({
      authentication: {
        ...authentication,
        task: { ...newTask(executor, moment), enable, clients },
        failure: null,
      },
    }),
    'record-authentication': ({ authentication }, { outcome, reason }, { now }) => ({
      authentication: {
        ...authentication,
        task: null,
        failure: authentication.task && failureOf(authentication.task, outcome, reason, now),
      },
    }),
    'assign-admission': ({ authentication }, { executor, incarnation }, moment) => {
      const { admission: former } = authentication;
      const tries = former?.incarnation === incarnation ? former.tries + 1 : 1;
      const task = newTask(executor, moment);
      return {
        authentication: { ...authentication, admission: { incarnation, task, signed: false, tries, last: null } },
      };
    },
    'record-admission': ({ authentication }, { reason }, { now: at }) => {
      const { admission: former } = authentication;
      if (former === undefined) return {};
      return { authentication: { ...authentication, admission: { ...former, task: null, last: { at, reason } } } };
    },
  },
  instants: {
    authentication: { task: { issuedAt: true }, admission: { task: { issuedAt: true }, last: { at: true } } },
  },
  orders: (progress, member) => {
    const admitting = admissionDue(progress);
    if (admitting?.executor === member)
      return maintenanceOrder(admitting.id, { kind: 'admit-picket' }, authenticationSeconds);
    const { task } = progress.authentication;
    if (task?.executor !== member) return {};
    return maintenanceOrder(
      task.id,
      task.enable ? { kind: 'enable-authentication', clients: [...task.clients] } : { kind: 'disable-authentication' },
      authenticationSeconds,
    );
  },
  busy: ({ progress }) => (progress.authentication.task === null ? null : reason('authentication_first')),
  audited: ({ authentication: { task } }) => ({ authentication: task && { order: task.id, enable: task.enable } }),
  onFreeze: ({ authentication: { admission: former, ...authentication } }) => ({
    authentication: { ...authentication, task: null, ...(former && { admission: { ...former, task: null } }) },
  }),
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
