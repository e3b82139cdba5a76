import t from 'tap';
import { inWords } from '../../src/reasons/in-words.ts';
import { type AnyReason, reason } from '../../src/reasons/reason.ts';

t.test('a reason is told in words, with those that it rests on', async (t) => {
  const silent = reason('of_member', { member: 'x-k3s-m-3', why: reason('silent', { seconds: 40 }) });
  t.equal(
    inWords(reason('all_serve_before_restart', { ailment: silent })),
    'every voter to serve before one restarts; x-k3s-m-3: its agent has not reported for 40 s',
  );
});

t.test('a reason of a coordinator that is newer is told by its code', async (t) => {
  const newer: AnyReason = { code: 'not_known_yet', facts: {} };
  t.equal(inWords(newer), 'not_known_yet');
  const ofObject: AnyReason = { code: 'constructor', facts: {} };
  t.equal(inWords(ofObject), 'constructor');
});

t.test('a reason that another version has stored with other facts is told by its code', async (t) => {
  const stored: AnyReason = { code: 'members_join', facts: { names: ['x-k3s-m-3'] } };
  t.equal(inWords(stored), 'members_join');
});

t.test('a reason comes back from JSON as it was', async (t) => {
  const before = reason('rests_as_learner', {
    member: 'x-k3s-m-2',
    missing: [{ member: 'x-k3s-m-3', why: reason('not_joined') }],
    after: 2,
  });
  t.equal(inWords(JSON.parse(JSON.stringify(before))), inWords(before));
});
