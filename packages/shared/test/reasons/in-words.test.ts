import t from 'tap';
import { failure } from '../../src/errors.ts';
import { inWords } from '../../src/reasons/in-words.ts';
import { type AnyReason, reason } from '../../src/reasons/reason.ts';

t.test('a reason is put into words, with those that it rests on', async (t) => {
  const silent = reason('of_member', { member: 'x-k3s-m-3', why: reason('silent', { seconds: 40 }) });
  t.equal(
    inWords(reason('all_serve_before_restart', { ailment: silent })),
    'every voter to serve before one restarts; x-k3s-m-3: its agent has not reported for 40 s',
  );
});

t.test('a long time is written in days, hours and minutes', async (t) => {
  t.equal(inWords(reason('silent', { seconds: 599 })), 'its agent has not reported for 599 s');
  t.equal(inWords(reason('silent', { seconds: 600 })), 'its agent has not reported for 10 min');
  const quota = { most: 30, what: 'certificates', seconds: 86_400, retryAfterSeconds: 7_320 };
  t.match(failure('too_many_requests', quota), { message: /within 1 day\./, hint: /^Try again in 2 h 2 min\./ });
});

t.test('a step that failed with a sentence ends in the midst of the words around it', async (t) => {
  const why = reason('error_says', { text: 'EIO.' });
  t.equal(inWords(reason('step_failed', { step: 'stop-etcd', why })), 'etcd could not be stopped: EIO');
});

t.test('a reason of a coordinator that is newer is shown as its code', async (t) => {
  const newer: AnyReason = { code: 'not_known_yet', facts: {} };
  t.equal(inWords(newer), 'not_known_yet');
  const ofObject: AnyReason = { code: 'constructor', facts: {} };
  t.equal(inWords(ofObject), 'constructor');
});

t.test('a reason that another version has stored with other facts is shown as its code', async (t) => {
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

for (const [offsetMs, words] of [
  [1_520, '1.5 s ahead of'],
  [-59_900, '59.9 s behind'],
  [-90_000, '1 min behind'],
  [7_200_000, '2 h ahead of'],
  [9_660_000, '2 h 41 min ahead of'],
  [-86_400_000, '1 day behind'],
  [190_000_000, '2 days ahead of'],
] as const) {
  t.test(`a clock difference of ${offsetMs} ms is said in the unit that a person would use`, async (t) => {
    const said = inWords(reason('clock_off', { member: 'x-k3s-m-1', offsetMs }));
    t.equal(said, `x-k3s-m-1: its clock is ${words} the coordinator’s.`);
  });
}

for (const [after, words] of [
  [2, '2 voters are no safer than 1: with either number, etcd takes no writes if 1 of them fails'],
  [4, '4 voters are no safer than 3: with either number, etcd takes no writes if 2 of them fail'],
  [6, '6 voters are no safer than 5: with either number, etcd takes no writes if 3 of them fail'],
] as const) {
  t.test(`a member that would be voter ${after} stays a learner, since nothing would be gained`, async (t) => {
    const missing = [{ member: 'x-k3s-m-9', why: reason('not_joined') }];
    t.equal(
      inWords(reason('rests_as_learner', { member: 'x-k3s-m-2', missing, after })),
      `x-k3s-m-9 (it has not joined) to be ready; until then x-k3s-m-2 stays a learner, because ${words}`,
    );
  });
}

t.test('one of two voters is not replaced without force, and the words say which option that is', async (t) => {
  t.match(inWords(reason('one_of_two')), /only one voter would remain.*--force$/);
});

t.test('why a member does not go back to an earlier etcd', async (t) => {
  t.match(
    inWords(reason('no_way_back', { back: '3.5', cluster: '3.6' })),
    /etcd 3\.5, .* the cluster version is 3\.6\./,
  );
  t.match(inWords(reason('no_way_back', { back: '3.5', cluster: null })), /it refuses this data/);
  const unknown = { back: '3.5', agreeing: 1, needed: 2, voters: 3 };
  t.match(inWords(reason('way_back_unknown', unknown)), /if 2 of them say .* and 1 says so\./);
  t.match(inWords(reason('way_back_unknown', { ...unknown, agreeing: 0 })), /and none says so/);
  t.match(inWords(reason('way_back_unknown', { ...unknown, voters: 2 })), /this cluster has two voters/);
  t.match(inWords(reason('way_back_unknown', { ...unknown, needed: 1, voters: 1 })), /one voter/);
});
