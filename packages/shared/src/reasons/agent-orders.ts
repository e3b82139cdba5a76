import { picketUser } from '../etcd-users/picket-user.ts';
import { type Absent, absentInWords } from './agent-disruption.ts';
import { type Hash, hashInWords } from './corruption.ts';
import type { Numbers, Texts, Why } from './facts.ts';
import type { Sayers } from './reason.ts';
import { megabytes } from './sizes.ts';

/** What a step of the agent concerns; each kind of step has some of these. */
type Subject = Readonly<
  Partial<Record<'purpose' | 'path' | 'incarnation' | 'snapshot' | 'id' | 'change' | 'member', string>>
>;

/** How an agent's steps and the coordinator's orders end. */
export const agentOrderReasons = {
  step_failed: ({ why, ...step }: Subject & Texts<'step'> & Why, say) =>
    `${attempt(step)}: ${say(why).replace(/\.$/, '')}`,
  order_not_begun: 'another order of the coordinator: its order to {change} {member} was not started in time',
  order_awaits_etcd: 'etcd on this node to answer, for the order to {change} {member}',
  begun_too_late: 'it could not be started in time',
  no_client_certificate: 'this node has no client certificate for etcd',
  voters_just_connected: 'not before each voter has been connected for 5 s ("unhealthy cluster")',
  certificates_unread: 'the agent cannot read the certificates of this node',
  added_already: '{peerUrl} is already the member {memberId}',
  added_as: 'added as {memberId}',
  member_unknown: 'etcd has no member {memberId}',
  voter_already: '{memberId} is already a voter',
  made_voter: '{memberId} is a voter',
  removed_already: 'etcd no longer has a member {memberId}',
  voter_kept: '{memberId} is a voter, but only a learner may be removed',
  removed: '{memberId} was removed',
  last_voter: '{memberId} is the last voter',
  one_of_two_unforced: '{memberId} is one of two voters, and the order has no force',
  too_few_would_stay: (
    { stay, able, absent }: Numbers<'stay' | 'able'> & { readonly absent: readonly Absent[] },
    say,
  ) =>
    `of the ${stay} voters that would remain, ${able} ${able === 1 ? 'serves' : 'serve'}; ${absentInWords(absent, say)}`,
  agent_restarted: 'the agent was restarted before it was done',
  snapshot_sent: '{bytes} bytes',
  keys_compacted: 'the values of keys before revision {revision} are dropped',
  defragmented: ({ before, after }: Numbers<'before' | 'after'>) =>
    `${megabytes(before)} before, ${megabytes(after)} now`,
  disarmed: ({ count }: Numbers<'count'>) =>
    count === 1 ? 'one member had raised NOSPACE' : `${count} members had raised NOSPACE`,
  corrupt_disarmed: ({ count }: Numbers<'count'>) =>
    count === 1 ? 'CORRUPT was raised once' : `CORRUPT was raised ${count} times`,
  picket_admitted: () => `Picket administers etcd as the user ${picketUser}, which it has just got`,
  authentication_enabled: () => `etcd's authentication is on, and Picket administers etcd as the user ${picketUser}`,
  authentication_disabled: "etcd's authentication is off",
  clients_without_role: ({ clients }: { readonly clients: readonly string[] }) =>
    `${clients.join(', ')} would lose ${clients.length === 1 ? 'its' : 'their'} access: there is no etcd user with a role for ` +
    `${clients.length === 1 ? 'this certificate' : 'these certificates'}`,
  users_like_servers: ({ users }: { readonly users: readonly string[] }) =>
    `etcd users have the names of server certificates, which etcd's gateway would give their rights: ${users.join(', ')}. ` +
    'Delete them with `etcdctl user delete`',
  etcd_downgrades: ({ to }: { readonly to: string | null }) =>
    to === null ? 'no downgrade of etcd is under way' : `etcd lowers its cluster version to ${to}`,
  leadership_handed_over: '{memberId} leads now',
  keys_hashed: ({ hash, revision, compactRevision }: Hash) =>
    `the hash of the keys at revision ${revision} is ${hashInWords(hash, compactRevision)}`,
} as const satisfies Sayers;

function attempt({
  step,
  purpose,
  path,
  incarnation,
  snapshot,
  id,
  change,
  member,
}: Subject & { step: string }): string {
  switch (step) {
    case 'obtain-credential':
      return `the ${purpose} certificate could not be obtained`;
    case 'prove-credential':
      return `the renewal of the ${purpose} certificate is not finished`;
    case 'write-file':
      return `${path} could not be written`;
    case 'link-client-key':
      return 'client-key.pem could not be linked';
    case 'install-service':
      return 'the service could not be installed';
    case 'stop-etcd':
      return 'etcd could not be stopped';
    case 'make-data-dir':
      return `the data directory of ${incarnation} could not be created`;
    case 'clear-unborn':
      return `the unfinished data of ${incarnation} could not be moved away`;
    case 'restore-data':
      return `the data directory of ${incarnation} could not be created from the snapshot ${snapshot}`;
    case 'take-snapshot':
      return `the snapshot ${id} could not be started`;
    case 'maintenance':
      return `the maintenance ${id} of etcd’s database could not be started`;
    case 'start-etcd':
      return 'etcd could not be started';
    case 'restart-etcd':
      return 'etcd could not be restarted';
    case 'change-membership':
      return `the order to ${change} ${member} could not be carried out`;
    default:
      return step;
  }
}
