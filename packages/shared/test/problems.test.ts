import t from 'tap';
import { problemList, quote } from '../src/problems.ts';

t.test('a quoted value shows what is invisible', async (t) => {
  t.equal(quote('a\u200bb\u2028\ufeff\n"'), '"a\\u200bb\\u2028\\ufeff\\n\\""');
});

t.test('R11: a long value is not repeated whole', async (t) => {
  t.equal(quote('k'.repeat(5000)), `"${'k'.repeat(64)}…"`);
});

t.test('one problem stands on the line of its message', async (t) => {
  t.equal(problemList(['a']), 'a');
});

t.test('several problems have a line each', async (t) => {
  t.equal(problemList(['a', 'b']), '\n- a\n- b');
});

t.test('problems without end are cut after twenty', async (t) => {
  t.equal(
    problemList(Array.from({ length: 25 }, (_, n) => `p${n}`))
      .split('\n')
      .at(-1),
    '- and 5 more',
  );
});
