import { failure } from '@picket/shared/errors.ts';
import t from 'tap';
import { asAgentPrints, asPicketPrints, printedError } from './printed-error.ts';

const error = failure('revision_conflict', { cluster: 'x-k3s', actual: 3, expected: 2 });
const found = { code: 'revision_conflict', facts: { cluster: 'x-k3s', actual: '3', expected: '2' } };

t.test('an error is found by the words that a program printed', async (t) => {
  t.strictSame(printedError(asAgentPrints(error)), found);
  t.strictSame(printedError(`A note.\n${asPicketPrints(error)}more\n`), found);
  t.equal(printedError('A note.\n  Another one.\n'), null);
});

t.test('an error with other words, in its message or in its hint, is none of the table', async (t) => {
  const text = asAgentPrints(error);
  t.throws(() => printedError(text.replace('revision', 'version')), /not the words of one error/);
  t.throws(() => printedError(text.replace(/hint: .*/, 'hint: Try again.')), /not the words of one error/);
  // A fact that stands twice is the same.
  t.throws(() => printedError(text.replace(/x-k3s(?=.*hint)/s, 'other')), /not the words of one error/);
});
