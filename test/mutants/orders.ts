import type { Mutant } from './mutant.ts';

const judge = 'packages/coordinator/src/controller/permits/judge-disruption.ts';
const judgeTest = 'packages/coordinator/test/controller/permits/judge-disruption.test.ts';
const underWay = 'packages/coordinator/src/controller/permits/under-way.ts';

/** The guards of what operators order of one member. */
export const orders: readonly Mutant[] = [
  {
    id: 'orders-beside-a-sick-voter',
    rule: 'R2',
    does: 'restarts a member by order while another voter does not serve',
    file: judge,
    find: 'const [ailment] = risks(situation);',
    replace: 'const [ailment] = risks(situation).slice(9);',
    caughtBy: judgeTest,
  },
  {
    id: 'orders-without-downtime',
    rule: 'R2',
    does: 'restarts one of two members by order, and no operator allows downtime',
    file: judge,
    find: 'if (count <= 2 && !spec.allowDowntime)',
    replace: 'if (count <= 0 && !spec.allowDowntime)',
    caughtBy: judgeTest,
  },
  {
    id: 'orders-another-version',
    rule: 'R17',
    does: 'restarts a member by order where another minor version would start',
    file: judge,
    find: 'if (minor !== null && installed !== null)',
    replace: 'if (minor !== null && installed === null)',
    caughtBy: judgeTest,
  },
  {
    id: 'orders-beside-a-permit',
    rule: 'R2',
    does: 'restarts a member by order while another has a permit',
    file: underWay,
    find: 'if (permit !== null) {',
    replace: 'if (permit !== null && permit.id === "") {',
    caughtBy: judgeTest,
  },
  {
    id: 'orders-beside-a-trial',
    rule: 'R6',
    does: 'restarts a member by order while another has new settings on trial',
    file: underWay,
    find: 'if (configuration.trial !== null)',
    replace: 'if (configuration.trial === undefined)',
    caughtBy: judgeTest,
  },
  {
    id: 'orders-beside-a-change',
    rule: 'R3',
    does: 'restarts a member by order while a change of membership may still happen',
    file: underWay,
    find: 'return stillUnderWay(situation)[0] ?? null;',
    replace: 'return stillUnderWay(situation)[9] ?? null;',
    caughtBy: judgeTest,
  },
  {
    id: 'confirms-any-permit',
    rule: 'R2',
    does: 'takes an ordered restart for done that its node has not done',
    file: 'packages/coordinator/src/controller/permits/permits.ts',
    find: 'said?.service.lastPermit !== permit.id',
    replace: 'said?.service.lastPermit === permit.id',
    caughtBy: 'packages/coordinator/test/controller/permits/permits.test.ts',
  },
  {
    id: 'disrupts-during-a-handover',
    rule: 'R2',
    does: 'grants a permit while the leadership moves',
    file: 'packages/coordinator/src/controller/leadership/await-handover.ts',
    find: "if (end === null) return hold(reason('hands_over', { member, executor }));",
    replace: 'if (end === null) return agreed;',
    caughtBy: 'packages/coordinator/test/controller/leadership/leadership.test.ts',
  },
  {
    id: 'restarts-twice-by-order',
    rule: 'R2',
    does: 'uses an ordered permit again after it has restarted etcd by it',
    file: 'packages/agent/src/reconcile/plan/etcd/restart.ts',
    find: 'document.permit?.asked === true && document.permit.id !== journal.lastPermit',
    replace: 'document.permit?.asked === true',
    caughtBy: 'packages/agent/test/reconcile/plan/plan.test.ts',
  },
];
