import t from 'tap';
import { cutText } from '../../src/reasons/cut-text.ts';

t.test('a text that is short enough stays as it is', async (t) => {
  t.equal(cutText('four', 4), 'four');
  t.equal(cutText('fives', 4), 'fiv…');
});

t.test('a text is not cut within a character', async (t) => {
  t.equal(cutText('ab😀cd', 4), 'ab\ufffd…');
});
