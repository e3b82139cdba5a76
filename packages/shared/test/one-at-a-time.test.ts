import t from 'tap';
import { oneAtATime } from '../src/one-at-a-time.ts';

t.test('a work starts when the one before has ended, even if that failed', async (t) => {
  const inTurn = oneAtATime();
  const seen: string[] = [];
  const { promise, reject } = Promise.withResolvers<never>();
  const first = inTurn(() => {
    seen.push('first');
    return promise;
  });
  const second = inTurn(async () => {
    seen.push('second');
    return 2;
  });
  await Promise.resolve();
  t.strictSame(seen, ['first']);
  reject(new Error('no'));
  await t.rejects(first, { message: 'no' });
  t.equal(await second, 2);
  t.strictSame(seen, ['first', 'second']);
});
