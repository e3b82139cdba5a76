import t from 'tap';
import { said } from '../../../../test/support/said.ts';
import { fits } from '../../src/protocol/check.ts';
import { largestReason, ReportedReason } from '../../src/protocol/reason.ts';
import { inWords } from '../../src/reasons/in-words.ts';
import { reason } from '../../src/reasons/reason.ts';
import { reasonWithin, sizeOf } from '../../src/reasons/within.ts';

t.test('a reason that is small enough stays as it is', async (t) => {
  const small = said('short');
  t.equal(reasonWithin(small, largestReason), small);
});

t.test('R18: the texts of a large reason are cut until a coordinator takes it', async (t) => {
  const large = reason('several', { reasons: Array.from({ length: 5 }, () => said('x'.repeat(3000))) });
  t.notOk(fits(ReportedReason, large));
  const cut = reasonWithin(large, largestReason);
  t.ok(fits(ReportedReason, cut));
  t.match(inWords(cut), /^x+…; x+…/);
});

t.test('R18: one with too many facts is shown as its code', async (t) => {
  const many = reason('several', { reasons: Array.from({ length: 1000 }, () => said('x')) });
  t.strictSame(reasonWithin(many, largestReason), { code: 'several', facts: {} });
});

t.test('R18: one that is nested without end is refused, and cut', async (t) => {
  let deep: object = {};
  for (let depth = 0; depth < 50_000; depth += 1) deep = { deep };
  const hostile = { code: 'error_says', facts: deep };
  t.equal(sizeOf(hostile), Number.POSITIVE_INFINITY);
  t.notOk(fits(ReportedReason, hostile));
  t.strictSame(reasonWithin(hostile, largestReason), { code: 'error_says', facts: {} });
});

t.test('R18: facts that no function of the table expects are shown as the code', async (t) => {
  for (const facts of [{}, { reasons: 7 }, { reasons: [null] }, { reasons: { map: 'x' } }])
    t.equal(inWords({ code: 'several', facts }), 'several');
  t.equal(inWords({ code: 'error_says', facts: { text: 7 } }), '7');
});
