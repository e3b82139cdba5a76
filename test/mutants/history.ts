import type { Mutant } from './mutant.ts';

const tests = 'packages/coordinator/test/history';
const ring = 'packages/coordinator/src/history/ring.ts';
const recent = 'packages/coordinator/src/history/recent.ts';
const book = 'packages/coordinator/src/history/history-book.ts';

export const histories: readonly Mutant[] = [
  {
    id: 'keeps-each-point',
    rule: 'R18',
    does: 'keeps every point of a history',
    file: ring,
    in: 'kept',
    guard: 'most[resolution]',
    without: 'Number.MAX_SAFE_INTEGER',
    caughtBy: `${tests}/ring.test.ts`,
  },
  {
    id: 'keeps-points-of-the-future',
    rule: 'a history in order',
    does: 'lets the points of a clock that was wrong push out those of the right one',
    file: ring,
    in: 'bounded',
    guard: 'slot > present',
    without: 'slot > Number.MAX_SAFE_INTEGER',
    caughtBy: `${tests}/ring.test.ts`,
  },
  {
    id: 'waits-with-any-number-of-points',
    rule: 'R18',
    does: 'keeps all points in memory while the store takes none',
    file: recent,
    in: 'add',
    guard: 'points.size <= mostWaiting',
    without: 'points.size > 0',
    caughtBy: `${tests}/recent.test.ts`,
  },
  {
    id: 'remembers-each-former-node',
    rule: 'R18',
    does: 'keeps a place in memory for every node that has ever reported',
    file: recent,
    in: 'recentFigures.take',
    guard: 'nodes.delete(nodeId);',
    without: 'continue;',
    caughtBy: `${tests}/recent.test.ts`,
  },
  {
    id: 'loses-reports-with-the-history',
    rule: 'R16',
    does: 'takes reports for stored whose commit failed with that of the history',
    file: book,
    in: 'store',
    guard: 'statuses.giveBack(reports);',
    without: '',
    caughtBy: `${tests}/history-book.test.ts`,
  },
  {
    id: 'keeps-the-history-of-the-removed',
    rule: 'R18',
    does: 'keeps the history of members that are no longer declared, and of deleted clusters',
    file: book,
    in: 'store',
    guard: 'await within.history.remove(gone);',
    without: '',
    caughtBy: 'packages/coordinator/test/api/history.test.ts',
  },
];
