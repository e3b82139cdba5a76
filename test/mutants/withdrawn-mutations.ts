import type { Mutant } from './mutant.ts';

const controller = 'packages/coordinator/src/controller';
const caughtBy = 'packages/coordinator/test/controller/membership/withdrawn-mutations.test.ts';

/** What was asked for of etcd's membership may be made until the lease of it is over. */
export const withdrawnMutations: readonly Mutant[] = [
  {
    id: 'freeze-forgets-what-was-asked',
    rule: 'R3',
    does: 'forgets with a freeze what a voter was asked for',
    file: `${controller}/membership/concern.ts`,
    find: 'onFreeze: (part, now) => withoutAssignment(part, now)',
    replace: 'onFreeze: () => ({ assignment: null })',
    caughtBy,
  },
  {
    id: 'lets-a-promoted-machine-go',
    rule: 'R3',
    does: 'lets another machine come for a learner that etcd may have promoted',
    file: `${controller}/membership/departures.ts`,
    find: 'asIfOff(asIfPromoted(situation), name)',
    replace: 'asIfOff(situation, name)',
    caughtBy,
  },
  {
    id: 'withdrawn-is-not-made',
    rule: 'R3',
    does: 'takes a promotion that is no longer asked for as one that was not made',
    file: `${controller}/membership/withdrawn-mutations.ts`,
    find: '[progress.assignment, ...progress.withdrawn]',
    replace: '[progress.assignment]',
    caughtBy,
  },
  {
    id: 'stray-hides-a-removal',
    rule: 'R3',
    does: 'forgets what a voter was asked for when a stray learner is taken out first',
    file: `${controller}/membership/apply.ts`,
    find: '...(same ? {} : withoutAssignment(progress, now)),',
    replace: '',
    caughtBy,
  },
  {
    id: 'start-ends-leases',
    rule: 'R3',
    does: 'counts a lease by a wall clock that may have been set while it was not running',
    file: `${controller}/membership/concern.ts`,
    find: 'withdrawn.map((one) => ({ ...one, at: now }))',
    replace: 'withdrawn.map((one) => ({ ...one }))',
    caughtBy,
  },
  {
    id: 'restarts-beside-a-change',
    rule: 'R2',
    does: 'lets a voter restart while a promotion that is no longer asked for may be made',
    file: `${controller}/permits/permits.ts`,
    find: 'if (changes.length > 0) return hold(...changes);',
    replace: 'if (changes.length > 99) return hold(...changes);',
    caughtBy,
  },
  {
    id: 'defragments-beside-a-change',
    rule: 'R2',
    does: 'lets a voter defragment while a promotion that is no longer asked for may be made',
    file: `${controller}/defragmentation/defragmentation.ts`,
    find: 'if (changes.length > 0) return remark(...changes);',
    replace: 'if (changes.length > 99) return remark(...changes);',
    caughtBy: 'packages/coordinator/test/controller/space/maintenance.test.ts',
  },
  {
    id: 'confirms-unheard',
    rule: 'R2',
    does: 'ends a permit before its holder has heard of that, though it may use it for what comes meanwhile',
    file: `${controller}/permits/permits.ts`,
    find: 'const hasHeard = knows && permit.generation',
    replace: 'const hasHeard = node !== undefined || knows && permit.generation',
    caughtBy: 'packages/coordinator/test/controller/permits/permits.test.ts',
  },
  {
    id: 'confirms-unpublished',
    rule: 'R2',
    does: 'takes a permit whose end was not published for one that its holder has given back',
    file: `${controller}/permits/permits.ts`,
    find: 'node.generation > permit.generation;',
    replace: 'node.generation >= permit.generation;',
    caughtBy: 'packages/coordinator/test/controller/permits/permits.test.ts',
  },
];
