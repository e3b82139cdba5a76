import type { Mutant } from './mutant.ts';

export const conditions: readonly Mutant[] = [
  {
    id: 'calls-silent-at-its-start',
    rule: 'R14',
    does: 'calls nodes silent that had no time to report since its start, or since its clock was set',
    file: 'packages/coordinator/src/conditions/sight.ts',
    find: 'return runsFor >= freshFor + longestAgentPause;',
    replace: 'return runsFor >= 0;',
    caughtBy: 'packages/coordinator/test/executor/conditions.test.ts',
  },
  {
    id: 'old-reports-are-news',
    rule: 'R14',
    does: 'makes events of reports from before its start',
    file: 'packages/coordinator/src/conditions/sight.ts',
    find: 'return receivedAt === null || old[node.nodeId]?.receivedAt === receivedAt ? null : { receivedAt, status };',
    replace: 'return receivedAt === null || Object.keys(old).length > 100 ? null : { receivedAt, status };',
    caughtBy: 'packages/coordinator/test/conditions/conditions-now.test.ts',
  },
  {
    id: 'a-refusal-loses-the-quorum',
    rule: 'R16',
    does: 'says that the quorum is lost although etcd may serve others than its agents',
    file: 'packages/coordinator/src/conditions/quorum.ts',
    find: "return etcd === null ? service.state !== 'running' :",
    replace: 'return etcd === null ? true :',
    caughtBy: 'packages/coordinator/test/conditions/conditions-now.test.ts',
  },
  {
    id: 'tells-each-flap',
    rule: 'R18',
    does: 'stores an event for each change of a node, however often it changes',
    file: 'packages/coordinator/src/conditions/within-hour.ts',
    find: 'if (spent > 0 && spent + cost > most) {',
    replace: 'if (spent > 0 && spent + cost > 1_000_000) {',
    caughtBy: 'packages/coordinator/test/conditions/conditions-now.test.ts',
  },
  {
    id: 'a-permit-is-a-death',
    rule: 'planned restarts',
    does: 'calls the planned restart of etcd a death',
    file: 'packages/coordinator/src/conditions/node-conditions.ts',
    find: 'if (times <= 0 || disturbed || !isItsLife)',
    replace: 'if (times <= 0 || !isItsLife)',
    caughtBy: 'packages/coordinator/test/conditions/conditions-now.test.ts',
  },
];
