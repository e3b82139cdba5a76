import { failure } from '@picket/shared/errors.ts';
import type { InitSystem } from './host.ts';

/**
 * For a node without a member. It runs no etcd and does not even look at another one on the machine (R13). Every method
 * that would touch a service fails.
 */
export const noInit: InitSystem = {
  name: 'none',
  install: refuse,
  state: async () => ({ kind: 'absent' }),
  altered: async () => [],
  start: refuse,
  stop: refuse,
  lastLog: async () => [],
};

async function refuse(): Promise<never> {
  throw failure('init_system_unsupported', { init: 'none', problem: 'this node is a client and runs no etcd' });
}
