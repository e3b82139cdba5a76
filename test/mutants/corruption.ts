import type { Mutant } from './mutant.ts';

const shared = 'packages/shared/src';
const coordinator = 'packages/coordinator/src';

/** What finds a member whose data differs. */
export const corruption: readonly Mutant[] = [
  {
    id: 'compares-in-etcd-3-5-alone',
    rule: 'corruption',
    does: 'gives etcd 3.6 and later a key that they do not know',
    file: `${shared}/etcd-config/hash-check.ts`,
    find: 'major > 3 || minor > 5',
    replace: 'major > 3 && minor > 5',
    caughtBy: 'packages/coordinator/test/desired-state/node-state.test.ts',
  },
  {
    id: 'reads-conf-without-comparison',
    rule: 'corruption',
    does: 'runs etcd with a conf.yml in which the comparison is off',
    file: `${shared}/etcd-config/parse.ts`,
    find: 'return { hashCheck: check };',
    replace: 'return reader.problems.splice(0) && { hashCheck: check };',
    caughtBy: 'packages/shared/test/etcd-config/parse.test.ts',
  },
  {
    id: 'founds-as-etcd-3-5',
    rule: 'corruption',
    does: 'founds with a conf.yml that is another one as soon as the version is known',
    file: `${coordinator}/desired-state/node-state.ts`,
    find: 'progress.etcdMinor ?? installed ?? null',
    replace: 'progress.etcdMinor',
    caughtBy: 'packages/coordinator/test/desired-state/node-state.test.ts',
  },
];
