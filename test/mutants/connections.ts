import type { Mutant } from './mutant.ts';

const guard = 'packages/coordinator/src/connections/guard-connections.ts';
const guardTest = 'packages/coordinator/test/connections/guard-connections.test.ts';
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
  {
    id: 'one-address-spends-for-all',
    rule: 'R18',
    does: 'lets refused connections of one address use up the new connections of all',
    file: guard,
    find: "await quotas.spend('connectionsOfAddress', address);\n      await quotas.spend('connections', '');",
    replace: "await quotas.spend('connections', '');\n      await quotas.spend('connectionsOfAddress', address);",
    caughtBy: guardTest,
  },
  {
    id: 'counts-each-address',
    rule: 'R18',
    does: 'keeps a counter for each address, however many there are',
    file: guard,
    find: "if (await quotas.isSpent('connections', '')) return false;",
    replace: '',
    caughtBy: guardTest,
  },
  {
    id: 'known-addresses-share',
    rule: 'R18',
    does: 'counts the connections from the addresses of known clients as those of strangers',
    file: guard,
    find: 'if (!known.take(address, monotonic())) {',
    replace: 'if (address !== null) {',
    caughtBy: guardTest,
  },
  {
    id: 'known-by-any-number-of-addresses',
    rule: 'R18',
    does: 'remembers every address that a client ever had',
    file: 'packages/coordinator/src/connections/known-addresses.ts',
    find: 'own.length > addressesPerClient ? own.shift() : undefined',
    replace: 'undefined',
    caughtBy: 'packages/coordinator/test/connections/known-addresses.test.ts',
  },
  {
    id: 'knows-addresses-of-the-shut-out',
    rule: 'R18',
    does: 'keeps new connections for the address of a client that was shut out',
    file: guard,
    find: 'known.forget(client);',
    replace: '',
    caughtBy: guardTest,
  },
];
