import t from 'tap';
import { HandshakeTurns } from '../../src/connections/handshake-turns.ts';

const limits = { ofAddress: 2, ofAll: 3 };

t.test('R18: one address begins few handshakes at the same time, and others begin beside it', async (t) => {
  const turns = new HandshakeTurns<string>(limits);
  t.same(turns.arrive('a1', 'a'), ['a1']);
  t.same(turns.arrive('a2', 'a'), ['a2']);
  t.same(turns.arrive('a3', 'a'), []);
  t.same(turns.arrive('b1', 'b'), ['b1']);
});

t.test('R18: all together begin few handshakes at the same time, and the address with fewest comes next', async (t) => {
  const turns = new HandshakeTurns<string>(limits);
  for (const connection of ['a1', 'a2', 'a3', 'a4']) turns.arrive(connection, 'a');
  t.same(turns.arrive('b1', 'b'), ['b1']);
  t.same(turns.arrive('c1', 'c'), []);
  t.same(turns.end('b1', 'b'), ['c1'], 'another address comes before one that has its share');
  t.same(turns.end('a1', 'a'), ['a3']);
  t.same(turns.arrive('d1', 'd'), []);
  t.same(turns.end('a2', 'a'), ['d1']);
  t.same(turns.end('c1', 'c'), ['a4']);
});

t.test('a connection that ends while it waits gets no turn, and takes none away', async (t) => {
  const turns = new HandshakeTurns<string>(limits);
  for (const connection of ['a1', 'a2', 'a3', 'a4']) turns.arrive(connection, 'a');
  t.same(turns.end('a3', 'a'), []);
  t.same(turns.end('a1', 'a'), ['a4']);
  t.same([turns.end('a2', 'a'), turns.end('a4', 'a')], [[], []]);
  t.same(turns.end('a4', 'a'), [], 'its end counts once');
  t.same(turns.arrive('a5', 'a'), ['a5']);
});
