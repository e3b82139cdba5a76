import t from 'tap';
import { writtenIn } from '../../bench/sd-writes/card.ts';
import { megabytesPerDay } from '../../bench/sd-writes/outcome.ts';

t.test('what the block layer has written is counted in sectors of 512 bytes', async (t) => {
  const stat =
    '     108        3     3224        5       77       41     1000       21        0       30       27 0 0 0 0 9 1\n';
  t.equal(writtenIn(stat), 512_000);
  t.throws(() => writtenIn(''), { message: 'the block layer does not tell what was written' });
});

t.test('a day is made of the hours that were watched', async (t) => {
  t.equal(megabytesPerDay({ bytes: 500_000, hours: 6 }), 2);
});
