import type { Mutant } from './mutant.ts';

const board = 'packages/coordinator/src/executor/status-board.ts';
const boardTest = 'packages/coordinator/test/executor/status-board.test.ts';
const news = 'packages/coordinator/src/executor/report-news.ts';
const newsTest = 'packages/coordinator/test/executor/report-news.test.ts';

/** What the store has of the reports when the coordinator is started again. */
export const storedReports: readonly Mutant[] = [
  {
    id: 'stores-no-news',
    rule: 'R5',
    does: 'stores what a node reports of its generation and its life only once an hour',
    file: board,
    find: ' || isNews(stored.status, status)',
    replace: '',
    caughtBy: boardTest,
  },
  {
    id: 'no-news-of-generations',
    rule: 'R5',
    does: 'takes what an agent reports of itself for no news',
    file: news,
    find: 'function withNumbers({ machine: _machine,',
    replace: 'function withNumbers({ agent: _agent, machine: _machine,',
    caughtBy: newsTest,
  },
  {
    id: 'stores-no-last-report',
    rule: 'R16',
    does: 'does not store the last report of a node that has fallen silent',
    file: board,
    find: 'isSilent(nodeId) || age(nodeId) >= atLeast',
    replace: 'age(nodeId) >= atLeast',
    caughtBy: boardTest,
  },
  {
    id: 'stores-no-last-numbers',
    rule: 'R16',
    does: 'does not store how far a member without a quorum has come, which a rescue goes by',
    file: news,
    find: ': servesAsVoter(etcd));',
    replace: ': true);',
    caughtBy: newsTest,
  },
  {
    id: 'alarms-without-a-time',
    rule: 'R16',
    does: 'does not store when a member with an alarm has last reported',
    file: news,
    find: 'return etcd.alarms.length > 0 || !',
    replace: 'return !',
    caughtBy: newsTest,
  },
  {
    id: 'ends-without-the-reports',
    rule: 'R16',
    does: 'stores only what is due before it ends',
    file: 'packages/coordinator/src/open-coordinator.ts',
    // The history stores up to a thousand reports too.
    find: [
      '        await history',
      "          .keep('all')",
      '          .catch((error: unknown) =>',
      "            log.warn({ err: error }, 'the history of the members since it was last stored is lost'),",
      '          );',
      "        await keepReports(statuses, inventory.reports, 'all');",
    ].join('\n'),
    replace: "        await keepReports(statuses, inventory.reports, 'due');",
    caughtBy: 'packages/coordinator/test/executor/executor.test.ts',
  },
  {
    id: 'takes-the-refused-for-stored',
    rule: 'R14',
    does: 'takes a report for stored although the store keeps one of a time to come',
    file: board,
    find: 'if ((kept.get(nodeId)?.receivedAt ?? 0) <= one.receivedAt) kept.set',
    replace: 'kept.set',
    caughtBy: boardTest,
  },
  {
    id: 'stores-each-report',
    rule: 'R18',
    does: 'stores each report, which wears out an SD card',
    file: board,
    find: "which === 'all' ? [...unkept] : due()",
    replace: '[...unkept]',
    caughtBy: boardTest,
  },
];
