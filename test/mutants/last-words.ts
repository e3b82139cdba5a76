import type { Mutant } from './mutant.ts';

const file = 'packages/agent/src/host/log-tail.ts';
const caughtBy = 'packages/agent/test/host/etcd-log.test.ts';

export const lastWords: readonly Mutant[] = [
  {
    id: 'trace-before-cause',
    rule: 'The true reason:',
    does: 'keeps the stack trace within a line of etcd’s log',
    file,
    in: 'shortened',
    guard: '{ stacktrace: _trace, ...said }',
    without: 'said',
    caughtBy,
  },
  {
    id: 'torn-line',
    rule: 'The true reason:',
    does: 'cuts a line of etcd’s log so that nothing reads it any more',
    file,
    in: 'shortened',
    guard: 'forms.find',
    without: 'forms.slice(0, 1).find',
    caughtBy,
  },
  {
    id: 'usage-after-the-refused-flag',
    rule: 'The true reason:',
    does: 'takes the last line of etcd’s usage for its last words',
    file,
    in: 'withoutTraces',
    guard: '!inTrace && !inUsage',
    without: '!inTrace',
    caughtBy,
  },
];
