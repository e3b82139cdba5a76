import t from 'tap';
import { adviceOnAuthentication } from '../../src/reasons/authentication-advice.ts';
import { inWords } from '../../src/reasons/in-words.ts';
import { type AnyReason, reason } from '../../src/reasons/reason.ts';

const ready = reason('of_member', { member: 'x-k3s-m-3', why: reason('etcdctl_missing') });
const all = reason('repeat_when_all_serve', { cluster: 'x-k3s', place: 'elsewhere' });
const idle = reason('repeat_when_idle', { cluster: 'x-k3s', place: 'elsewhere' });
const advice: readonly (readonly [what: string, cause: AnyReason, advice: AnyReason])[] = [
  ['it is on already', reason('authentication_is', { on: true }), reason('authentication_as_wanted')],
  ['it is off already', reason('authentication_is', { on: false }), reason('authentication_as_wanted')],
  ['no voter reports', reason('authentication_unseen'), reason('repeat_when_seen', { cluster: 'x-k3s' })],
  ['the cluster is frozen', reason('is_frozen', { why: ready }), reason('repeat_when_unfrozen', { cluster: 'x-k3s' })],
  ['a voter is down', reason('all_serve_first', { ailments: [ready] }), all],
  ['no voter serves', reason('no_voter_serves'), all],
  [
    'a rollout runs',
    reason('settings_on_trial', { member: 'x-k3s-m-1' }),
    reason('repeat_after_rollout', { cluster: 'x-k3s', place: 'elsewhere' }),
  ],
  ['another switch runs', reason('authentication_first'), idle],
  ['etcdctl is missing', reason('etcdctl_unready', { members: [ready] }), reason('make_etcdctl_ready')],
  ['a user is like a server', reason('users_like_servers', { users: ['etcd x'] }), reason('repeat_without_users')],
  ['another version says why', { code: 'not_in_this_version', facts: {} }, idle],
  [
    'clients would lose their access',
    reason('clients_without_role', { clients: ['client:app-1'] }),
    reason('give_clients_users'),
  ],
];

for (const [what, cause, next] of advice) {
  t.test(`R19: if ${what}, the advice goes by that`, async (t) => {
    t.strictSame(adviceOnAuthentication(cause, 'x-k3s'), next);
  });
}

t.test('only where users are missing does the advice say how to give them', async (t) => {
  const ways = /etcdctl user add|--force/;
  for (const [, cause, next] of advice) t.equal(ways.test(inWords(next)), cause.code === 'clients_without_role');
});
