import t from 'tap';
import { unreadAnswers } from '../../src/connections/unread-answers.ts';

const mib = 1024 * 1024;
const book = () => unreadAnswers<string>({ unreadMib: 10, unreadMibPerClient: 4 });

t.test('R18: a client that does not read loses its oldest answers to its newest', (t) => {
  const unread = book();
  t.same(unread.begin('a1', 'a', 2 * mib), []);
  t.same(unread.begin('a2', 'a', 2 * mib), []);
  t.same(unread.begin('b1', 'b', 2 * mib), []);
  t.same(unread.begin('a3', 'a', 3 * mib), ['a1', 'a2']);
  t.same(unread.begin('c1', 'c', 5 * mib), []);
  t.same(unread.begin('d1', 'd', 1), ['c1'], '10 MiB were unread');
  t.end();
});

t.test('R18: an answer that alone is more than a client may leave unread is given all the same', (t) => {
  const unread = book();
  unread.begin('a1', 'a', mib);
  t.same(unread.begin('a2', 'a', 7 * mib), ['a1']);
  t.same(unread.begin('a3', 'a', mib), ['a2']);
  t.end();
});

t.test('R18: of all clients together, the one that has most unread loses its oldest answer', (t) => {
  const unread = book();
  unread.begin('a1', 'a', mib);
  unread.begin('b1', 'b', 2 * mib);
  unread.begin('b2', 'b', 2 * mib);
  unread.begin('c1', 'c', 3 * mib);
  t.same(unread.begin('d1', 'd', 3 * mib), ['b1']);
  t.same(unread.begin('f1', 'f', mib), [], '9 MiB were unread');
  t.same(unread.begin('e1', 'e', 11 * mib), ['e1'], 'also the one that begins');
  t.end();
});

t.test('what is read counts no longer', (t) => {
  const unread = book();
  unread.begin('a1', 'a', 3 * mib);
  unread.end('a1');
  unread.end('a1');
  t.same(unread.begin('a2', 'a', 10 * mib), []);
  t.same(unread.begin('b1', 'b', 1), ['a2'], 'it was counted off once');
  t.end();
});
