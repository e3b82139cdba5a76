import type { Mutant } from './mutant.ts';

const caughtBy = 'packages/agent/test/host/run-as-user.test.ts';

export const etcdUser: readonly Mutant[] = [
  {
    id: 'asks-etcd-as-root',
    rule: 'The true reason:',
    does: 'runs etcd as root to see whether its user can',
    file: 'packages/agent/src/host/programs.ts',
    in: 'readEtcdVersion',
    guard: '{ owner: user, patienceMs }',
    without: '{ owner: null, patienceMs }',
    caughtBy,
  },
  {
    id: 'joins-with-closed-etcd',
    rule: 'The true reason:',
    does: 'joins although etcd’s user cannot run etcd',
    file: 'packages/agent/src/preflight/preflight.ts',
    in: 'look',
    guard: 'uid === 0 ? owner : null',
    without: 'uid === -1 ? owner : null',
    caughtBy: 'packages/agent/test/preflight/preflight.test.ts',
  },
  {
    id: 'old-stamp',
    rule: 'The true reason:',
    does: 'does not notice that a mode was changed',
    file: 'packages/agent/src/observe/etcd-version.ts',
    in: 'etcdVersionReader.installed',
    guard: '[ctimeMs, size, ino]',
    without: '[size, ino, ctimeMs * 0]',
    caughtBy,
  },
];
