import t from 'tap';
import { knownAddresses } from '../../src/connections/known-addresses.ts';

t.test('R18: an address gets new connections for each client that is known there', (t) => {
  const known = knownAddresses({ newConnectionsPerClientPerTenSeconds: 2 });
  const taken = (now: number) => Array.from({ length: 6 }, () => known.take('a', now)).filter(Boolean).length;
  t.equal(taken(0), 0, 'none for an address of strangers');
  known.note('node 1', 'a');
  t.equal(taken(0), 2);
  known.note('node 2', 'a');
  t.equal(taken(9_999), 2);
  t.equal(taken(10_000), 4, 'and again in the next ten seconds');
  known.forget('node 1');
  t.equal(taken(20_000), 2);
  known.forget('node 2');
  t.equal(taken(30_000), 0);
  t.end();
});

t.test('R18: of the addresses of one client, only the latest are known', (t) => {
  const known = knownAddresses({ newConnectionsPerClientPerTenSeconds: 1 });
  for (let number = 0; number < 100; number += 1) known.note('node 1', `a${number}`);
  const addresses = Array.from({ length: 100 }, (_, number) => `a${number}`);
  t.same(
    addresses.filter((address) => known.take(address, 0)),
    ['a96', 'a97', 'a98', 'a99'],
  );
  t.end();
});

t.test('a client is new at an address once', (t) => {
  const known = knownAddresses({ newConnectionsPerClientPerTenSeconds: 1 });
  t.same([known.note('node 1', 'a'), known.note('node 1', 'a'), known.note('node 2', 'a')], [true, false, true]);
  t.end();
});
