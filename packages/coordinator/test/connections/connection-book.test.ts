import t from 'tap';
import { type ConnectionLimits, connectionBook } from '../../src/connections/connection-book.ts';

/** The connections of the test have words as names. */
function bookWith(limits: Partial<ConnectionLimits> = {}) {
  return connectionBook<string>({
    connections: 100,
    strangers: 100,
    strangersPerAddress: 100,
    connectionsPerClient: 100,
    strangerSeconds: 60,
    ...limits,
  });
}

t.test('R18: beyond the strangers of one address, its oldest is closed for the newest', async (t) => {
  const book = bookWith({ strangersPerAddress: 2 });
  book.open('first', 'a', 0);
  book.open('second', 'a', 0);
  book.open('elsewhere', 'b', 0);
  t.same(book.open('third', 'a', 0), ['first']);
  t.same(book.overdue(60_000), ['second', 'elsewhere', 'third']);
});

t.test('R18: beyond all strangers, the oldest of the address with the most is closed', async (t) => {
  const book = bookWith({ strangers: 3 });
  book.open('lonely', 'a', 0);
  book.open('crowd 1', 'b', 0);
  book.open('crowd 2', 'b', 0);
  t.same(book.open('newcomer', 'c', 0), ['crowd 1']);
});

t.test('R18: strangers never replace a known client', async (t) => {
  const book = bookWith({ connections: 2 });
  for (const name of ['agent 1', 'agent 2']) {
    book.open(name, 'a', 0);
    book.recognise(name, name);
  }
  t.same(book.open('stranger', 'b', 0), ['stranger']);
  t.ok(book.isKnown('agent 1') && book.isKnown('agent 2'));
});

t.test('R18: at the limit of all connections a stranger is closed first', async (t) => {
  const book = bookWith({ connections: 2 });
  book.open('agent', 'a', 0);
  book.recognise('agent', 'node 1');
  book.open('stranger', 'b', 0);
  t.same(book.open('next agent', 'a', 0), ['stranger']);
});

t.test('R18: beyond the connections of one client, its own oldest is closed', async (t) => {
  const book = bookWith({ connectionsPerClient: 2 });
  const closed = ['1', '2', '3'].flatMap((name) => {
    book.open(name, 'a', 0);
    return [...book.recognise(name, 'node 1')];
  });
  t.same(closed, ['1']);
  t.same(book.of('node 1'), ['2', '3']);
});

t.test('R18: a stranger’s time ends, however busy its connection is', async (t) => {
  const book = bookWith({ strangerSeconds: 60 });
  book.open('early', 'a', 0);
  book.open('late', 'a', 1);
  t.same(book.overdue(59_999), []);
  t.same(book.overdue(60_000), ['early']);
  t.same(book.overdue(60_000), [], 'it is returned only once');
});

t.test('a known client keeps its connection', async (t) => {
  const book = bookWith();
  book.open('agent', 'a', 0);
  book.recognise('agent', 'node 1');
  t.same(book.overdue(1_000_000), []);
});

t.test('a closed connection no longer counts', async (t) => {
  const book = bookWith({ strangersPerAddress: 1, connectionsPerClient: 1 });
  book.open('first', 'a', 0);
  book.close('first');
  t.same(book.open('agent', 'a', 0), []);
  book.recognise('agent', 'node 1');
  book.close('agent');
  book.open('again', 'a', 0);
  t.same(book.recognise('again', 'node 1'), []);
});
