import type { Mutant } from './mutant.ts';

const file = 'packages/coordinator/src/api/waiting-polls.ts';
const waiting = 'packages/coordinator/test/api/waiting-polls.test.ts';

/** Of the answer that most polls get, which says that a node's leases go on. */
export const polls: readonly Mutant[] = [
  {
    id: 'believes-who-waited',
    rule: 'R8',
    does: 'tells a node that was evicted while its poll waited that nothing has changed',
    file,
    in: 'waitingPolls.endsUnchanged',
    guard: 'const present = app.nodeStill(request);',
    without: 'const present = node;',
    caughtBy: waiting,
  },
  {
    id: 'tells-the-frozen',
    rule: 'R5',
    does: 'tells a node that nothing has changed, though its cluster was frozen while its poll waited',
    file,
    in: 'waitingPolls.endsUnchanged',
    guard: 'if (present === null) return false; mayBeTold(nodeId, present.cluster);',
    without: 'if (present === null) return false;',
    caughtBy: waiting,
  },
  {
    id: 'extends-the-undecided',
    rule: 'R2',
    does: 'extends the leases of a cluster of which nothing could be decided for an hour',
    file,
    in: 'waitingPolls.endsUnchanged',
    guard: '!deps.executor.isFresh(present.cluster) || deps.logs.awaits(nodeId)',
    without: 'deps.logs.awaits(nodeId)',
    caughtBy: waiting,
  },
  {
    id: 'keeps-log-orders',
    rule: 'R18',
    does: 'lets a node wait on while somebody waits for its log',
    file,
    in: 'waitingPolls.endsUnchanged',
    guard: '!deps.executor.isFresh(present.cluster) || deps.logs.awaits(nodeId)',
    without: '!deps.executor.isFresh(present.cluster)',
    caughtBy: 'packages/coordinator/test/api/logs.test.ts',
  },
  {
    id: 'counts-polls-twice',
    rule: 'R18',
    does: 'counts a poll that has news twice against its quota',
    file: 'packages/coordinator/src/api/mutual-tls.ts',
    in: 'mutualTls.admitPoll',
    guard: 'countedPolls.add(raw);',
    without: '',
    caughtBy: 'packages/coordinator/test/api/quotas.test.ts',
  },
  {
    id: 'polls-without-quota',
    rule: 'R18',
    does: 'lets a node poll as often as it likes as long as nothing changes',
    file: 'packages/coordinator/src/api/mutual-tls.ts',
    in: 'mutualTls.admitPoll',
    guard: "await quotas.spend('polls', node.uri);",
    without: 'await order.turn(node.uri);',
    caughtBy: 'packages/coordinator/test/api/quotas.test.ts',
  },
];
