import t from 'tap';
import { handshakeTurns } from '../../src/connections/handshake-turns.ts';

const limits = { ofAddress: 2, ofAll: 3, longest: 1000 };

t.test('R18: one address begins few handshakes at the same time, and others begin beside it', async (t) => {
  const turns = handshakeTurns<string>(limits);
  t.same(turns.arrive('a1', 'a', 0), ['a1']);
  t.same(turns.arrive('a2', 'a', 0), ['a2']);
  t.same(turns.arrive('a3', 'a', 0), []);
  t.same(turns.arrive('b1', 'b', 0), ['b1']);
});

t.test('R18: all together begin few handshakes at the same time, and the address with fewest comes next', async (t) => {
  const turns = handshakeTurns<string>(limits);
  for (const connection of ['a1', 'a2', 'a3', 'a4']) turns.arrive(connection, 'a', 0);
  t.same(turns.arrive('b1', 'b', 0), ['b1']);
  t.same(turns.arrive('c1', 'c', 0), []);
  t.same(turns.end('b1', 'b', 0), ['c1'], 'another address comes before one that has its share');
  t.same(turns.end('a1', 'a', 0), ['a4'], 'the newest one');
  t.same(turns.arrive('d1', 'd', 0), []);
  t.same(turns.end('a2', 'a', 0), ['d1']);
  t.same(turns.end('c1', 'c', 0), ['a3']);
});

t.test('a connection that ends while it waits gets no turn, and takes none away', async (t) => {
  const turns = handshakeTurns<string>(limits);
  for (const connection of ['a1', 'a2', 'a3', 'a4']) turns.arrive(connection, 'a', 0);
  t.same(turns.end('a3', 'a', 0), []);
  t.same(turns.end('a1', 'a', 0), ['a4']);
  t.same([turns.end('a2', 'a', 0), turns.end('a4', 'a', 0)], [[], []]);
  t.same(turns.end('a4', 'a', 0), [], 'its end counts once');
  t.same(turns.arrive('a5', 'a', 0), ['a5']);
});

t.test('R18: who keeps others of its address waiting is overdue', async (t) => {
  const turns = handshakeTurns<string>(limits);
  for (const connection of ['a1', 'a2']) turns.arrive(connection, 'a', 0);
  turns.arrive('b1', 'b', 0);
  t.same(turns.overdue(5000), [], 'nobody waits');
  turns.arrive('b2', 'b', 5000);
  t.same(turns.overdue(5000), ['a1', 'a2', 'b1'], 'all turns are taken');
  turns.end('a1', 'a', 5000);
  turns.arrive('b3', 'b', 5000);
  t.same(turns.overdue(5999), ['a2', 'b1'], 'not the one that has begun just now');
});

t.test('R18: who keeps nobody waiting is not overdue', async (t) => {
  const turns = handshakeTurns<string>({ ...limits, ofAll: 9 });
  for (const connection of ['a1', 'a2', 'a3']) turns.arrive(connection, 'a', 0);
  turns.arrive('b1', 'b', 0);
  t.same(turns.overdue(999), []);
  t.same(turns.overdue(1000), ['a1', 'a2']);
});
