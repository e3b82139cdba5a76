import type { Mutant } from './mutant.ts';

const beforeHooks = 'packages/coordinator/test/api/before-hooks.test.ts';

export const connections: readonly Mutant[] = [
  {
    id: 'answers-expectations',
    rule: 'R18',
    does: 'lets Node.js answer requests with an unknown expectation, which nothing counts',
    file: 'packages/coordinator/src/app.ts',
    find: 'ignoreExpectations(app.server);',
    replace: '',
    caughtBy: beforeHooks,
  },
  {
    id: 'refuses-hosts-uncounted',
    rule: 'R18',
    does: 'lets Node.js refuse requests without a host, which nothing counts',
    file: 'packages/coordinator/src/app.ts',
    find: 'requireHostHeader: false,',
    replace: '',
    caughtBy: beforeHooks,
  },
  {
    id: 'keeps-unroutable-connections',
    rule: 'R18',
    does: 'keeps the connection of a request whose path cannot be decoded',
    file: 'packages/coordinator/src/api/before-hooks.ts',
    find: "reply.header('connection', 'close');",
    replace: '',
    caughtBy: beforeHooks,
  },
  {
    id: 'uncounted-before-hooks',
    rule: 'R18',
    does: 'does not count what it refuses before any hook',
    file: 'packages/coordinator/src/api/before-hooks.ts',
    find: "await quotas.spend('strangers', countedAddress(remoteAddress));",
    replace: '',
    caughtBy: beforeHooks,
  },
];
