import t from 'tap';
import { networkCode, networkProblem } from '../src/network-problem.ts';

const coded = (code: string, more: object = {}) => Object.assign(new Error('x'), { code, ...more });

for (const [what, error, code] of [
  ['an error of the system', coded('ECONNREFUSED'), 'ECONNREFUSED'],
  ['an error that only has a code', { code: 'ECONNRESET' }, 'ECONNRESET'],
  ['an attempt at several addresses', new AggregateError([coded('EHOSTUNREACH'), coded('ETIMEDOUT')]), 'EHOSTUNREACH'],
  ['the cause of an error', new Error('x', { cause: coded('EPIPE') }), 'EPIPE'],
  ['a defect', new TypeError('x'), ''],
  ['nothing', null, ''],
] as const) {
  t.test(`the code of ${what}`, async (t) => {
    t.equal(networkCode(error), code);
  });
}

t.test('a code that tells of no connection is not known', async (t) => {
  t.equal(networkProblem('ENOSPC'), undefined);
  t.equal(networkProblem('constructor'), undefined);
  t.equal(networkProblem('ENOTFOUND'), 'unknown-name');
});
