import type { Mutant } from './mutant.ts';

export const restoring: readonly Mutant[] = [
  {
    id: 'restores-beside-former',
    rule: 'R1',
    does: 'founds from a snapshot while a former etcd may still run',
    file: 'packages/coordinator/src/controller/formation.ts',
    find: 'const standing = stillStanding(situation);',
    replace: 'const standing = stillStanding(situation).slice(0, 0);',
    caughtBy: 'packages/coordinator/test/controller/restore.test.ts',
  },
];
