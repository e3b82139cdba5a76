import { noAuthentication } from '../../model/authentication-progress.ts';
import { type Concern, unchanged } from '../../model/concern.ts';
import { authenticationSeconds, leaseSeconds } from '../../model/waits.ts';
import { switching } from './switching.ts';

/** What an operator orders for etcd's authentication. */
export const authenticationConcern = {
  decide: { switching },
  apply: {
    'assign-authentication': (_progress, { executor, enable, clients }, { now, fresh }) => ({
      authentication: { task: { id: fresh.id, executor, enable, clients, issuedAt: now }, failure: null },
    }),
    'record-authentication': ({ authentication: { task } }, { outcome, reason }, { now }) => ({
      authentication: { task: null, failure: task && outcome === 'failed' ? { id: task.id, at: now, reason } : null },
    }),
  },
  orders: ({ authentication: { task } }, member) => {
    if (task?.executor !== member) return {};
    const within = { id: task.id, validForSeconds: leaseSeconds, deadlineSeconds: authenticationSeconds };
    return {
      maintenance: task.enable
        ? { kind: 'enable-authentication', clients: [...task.clients], ...within }
        : { kind: 'disable-authentication', ...within },
    };
  },
  onFreeze: ({ authentication }) => ({ authentication: { ...authentication, task: null } }),
  onClockStep: ({ authentication: { task, failure } }, shift) => ({
    authentication: { task: task && { ...task, issuedAt: shift(task.issuedAt) }, failure },
  }),
  onStart: unchanged,
  onTakeOver: () => noAuthentication,
  onReset: () => noAuthentication,
} satisfies Concern<'authentication'>;
