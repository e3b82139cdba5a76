import { randomUUID } from 'node:crypto';
import t from 'tap';
import { followBook, mostFollows } from '../../src/logs/follow-book.ts';

t.test('R18: of too many that follow, the one that has paused for longest makes room', async (t) => {
  let now = 0;
  const book = followBook(randomUUID, () => now);
  const one = { operator: 'ada', nodeId: 'n1', log: 'etcd' } as const;
  const ids = Array.from({ length: mostFollows }, () => {
    now += 1;
    return book.begin(one);
  });
  const [first = '', second = ''] = ids;
  now += 1;
  book.read(first, one);
  book.begin(one);
  t.equal(book.read(first, one), 'etcd', 'it has just read');
  t.throws(() => book.read(second, one), { code: 'log_follow_unknown' });
});
