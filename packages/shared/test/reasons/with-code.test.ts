import t from 'tap';
import { failure, reasonOf } from '../../src/errors.ts';
import { type AnyReason, reason } from '../../src/reasons/reason.ts';
import { withCode } from '../../src/reasons/with-code.ts';

const silent = reason('silent', { seconds: 40 });

for (const [given, code] of [
  [silent, 'silent'],
  [reason('of_member', { member: 'x-k3s-m-3', why: silent }), 'silent'],
  [reason('voter_ails', { ailment: reason('of_member', { member: 'x-k3s-m-3', why: silent }) }), 'silent'],
  [reasonOf(failure('no_cluster', {})), 'no_cluster'],
  [reason('every_voter_must_serve', { ailment: silent }), 'every_voter_must_serve'],
  [{ code: 'of_member', facts: { why: 'old' } }, 'of_member'],
] as const satisfies readonly (readonly [AnyReason, string])[]) {
  t.test(`${code} stands behind the message of ${given.code}`, async (t) => {
    t.equal(withCode({ ...given, message: 'It waits.' }), `It waits. (${code})`);
  });
}
