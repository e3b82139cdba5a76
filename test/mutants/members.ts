import type { Mutant } from './mutant.ts';

/** Members are spec: what may change of them, and when. */
export const members: readonly Mutant[] = [
  {
    id: 'adds-before-founding',
    rule: 'R1',
    does: 'lets another member be declared while nobody knows who has founded',
    file: 'packages/coordinator/src/operations/begun.ts',
    find: 'mayGrow: rests || formation?.clusterId != null',
    replace: 'mayGrow: true',
    caughtBy: 'packages/coordinator/test/operations/begun.test.ts',
  },
  {
    id: 'moves-a-living-member',
    rule: 'R3',
    does: 'changes the address of a member by which etcd knows it',
    file: 'packages/coordinator/src/declaration/make-spec.ts',
    find: 'if (living.includes(name)) refuse(',
    replace: 'if (living.length < 0) refuse(',
    caughtBy: 'packages/coordinator/test/declaration/make-spec.test.ts',
  },
  {
    id: 'even-unasked',
    rule: 'R3',
    does: 'makes an even number of members that nobody has asked for',
    file: 'packages/cli/src/commands/member.ts',
    find: 'members.length % 2 === 0 && options.allowEven !== true',
    replace: 'members.length === 0',
    caughtBy: 'packages/cli/test/change-members.test.ts',
  },
];
