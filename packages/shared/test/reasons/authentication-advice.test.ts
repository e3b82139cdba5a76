import t from 'tap';
import { adviceOnAuthentication } from '../../src/reasons/authentication-advice.ts';
import { inWords } from '../../src/reasons/in-words.ts';
import { type AnyReason, reason } from '../../src/reasons/reason.ts';

const ready = reason('of_member', { member: 'x-k3s-m-3', why: reason('etcdctl_missing') });
const advice: readonly (readonly [what: string, cause: AnyReason, words: RegExp])[] = [
  ['it is on already', reason('authentication_is', { on: true }), /^No action needed\.$/],
  ['it is off already', reason('authentication_is', { on: false }), /^No action needed\.$/],
  ['no voter reports', reason('authentication_unseen'), /^`picket status x-k3s` shows why no voter reports/],
  ['the cluster is frozen', reason('is_frozen', { why: ready }), /^`picket status x-k3s` says what ends the freeze/],
  ['a voter is down', reason('all_serve_first', { ailments: [ready] }), /^When every voter serves, repeat/],
  ['no voter serves', reason('no_voter_serves'), /^When every voter serves, repeat/],
  ['a rollout runs', reason('settings_on_trial', { member: 'x-k3s-m-1' }), /^When the rollout is over, repeat/],
  ['another switch runs', reason('authentication_first'), /cluster waits for nothing, repeat this command\.$/],
  ['etcdctl is missing', reason('etcdctl_unready', { members: [ready] }), /^On each member that is named/],
  [
    'a user is like a server',
    reason('users_like_servers', { users: ['etcd x'] }),
    /^When these users are deleted, repeat/,
  ],
  ['another version says why', { code: 'not_in_this_version', facts: {} }, /repeat this command\.$/],
];

for (const [what, cause, words] of advice) {
  t.test(`R19: if ${what}, the advice goes by that, and speaks of no users`, async (t) => {
    const said = inWords(adviceOnAuthentication(cause, 'x-k3s'));
    t.match(said, words);
    t.notMatch(said, /etcdctl user add|--force/);
  });
}

t.test('only if clients would lose their access, it says how to give them users', async (t) => {
  const cause = reason('clients_without_role', { clients: ['client:app-1'] });
  t.match(inWords(adviceOnAuthentication(cause, 'x-k3s')), /etcdctl user add client:NAME --no-password.*--force/s);
});
