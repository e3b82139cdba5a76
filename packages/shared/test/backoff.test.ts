import t from 'tap';
import { doublingPauseMs } from '../src/backoff.ts';

t.test('a pause doubles with each failure, up to the longest', (t) => {
  const pauses = [0, 1, 2, 3, 4, 5000].map((failures) => doublingPauseMs(failures, 1000, 7000));
  t.strictSame(pauses, [1000, 1000, 2000, 4000, 7000, 7000]);
  t.end();
});
