import { noSaferThanOneLess } from './even-number.ts';
import type { Member, Numbers, Texts, Why } from './facts.ts';
import { nodeSays } from './health.ts';
import type { AnyReason, Say, Sayers } from './reason.ts';

/** A change of etcd’s members that a voter is asked to make. `why` is null if the change needs no reason. */
export interface ChangeFacts {
  readonly kind: 'add-learner' | 'promote' | 'remove-learner' | 'remove-voter';
  readonly member: string;
  readonly why: AnyReason | null;
}

/** What etcd lists of a member. Without a name it has not started. */
type Listed = Texts<'memberId' | 'name'> & {
  readonly role: 'voter' | 'learner';
  readonly peerUrls: readonly string[];
};

function hasMember({ role, memberId, name, peerUrls }: Listed): string {
  return `etcd has the ${role} ${memberId} (${name || 'not started'}, ${peerUrls.join(', ')})`;
}

function removal({ memberId }: Listed): string {
  return `with its copy of the data: etcdctl member remove ${memberId}`;
}

/** What changes of etcd’s members wait for, and why members leave (R3). */
export const membershipReasons = {
  /** `ailment`: null if every voter is healthy. */
  majority_shows_list: ({ ailment }: { readonly ailment: AnyReason | null }, say) =>
    withAilment('a majority of the voters to report the same list of members', ailment, say),
  voter_serves: ({ ailment }: { readonly ailment: AnyReason | null }, say) =>
    withAilment('a voter that serves', ailment, say),
  voter_removed_by_another_hand: 'somebody other than Picket removed {member} ({memberId}) from etcd',
  removed_by_another_hand: 'somebody other than Picket removed it from etcd',
  undeclared_member: ({ isRestored, ...its }: Listed & { readonly isRestored: boolean }) =>
    `an operator: ${hasMember(its)}` +
    (isRestored
      ? ', but the backup declares no host with that address; if the member was added or its address was corrected after the backup, declare it again: picket cluster apply'
      : ` that nobody declared. A person with etcdctl or another coordinator may have added it. To remove it, ${removal(its)}. To have its machine in this cluster, then declare it: picket member add`),
  /** At the address of `member`, which is declared. */
  member_added_elsewhere: ({ member, ...its }: Listed & Member) =>
    `an operator: ${hasMember(its)} at the address of ${member}, and this coordinator did not add it. To let Picket add ${member}, remove the other one, ${removal(its)}`,
  added_by_late_reply: 'a late request added it, and it belongs to no incarnation of this member',
  added_before_restore: 'the coordinator from before the restore added it, and this one does not know its incarnation',
  stray_removed: ({ memberId, executor }: { readonly memberId: string; readonly executor: string | null }) =>
    `${executor ?? 'a voter'} to remove the learner ${memberId}, which belongs to no member`,
  /** `said`: the answer of the executor, or null. */
  change_made: (
    { executor, said, ...change }: ChangeFacts & { readonly executor: string; readonly said: AnyReason | null },
    say,
  ) => `${executor} to ${changeInWords(change, say)}${said === null ? '' : `; etcd answered: ${nodeSays(said, say)}`}`,
  before_change: (change: ChangeFacts, say) => `asking a voter to ${changeInWords(change, say)}`,
  change_lapses: ({
    seconds,
    member,
    kind,
  }: Member & { readonly seconds: number; readonly kind: ChangeFacts['kind'] }) => {
    const done = kind === 'promote' ? 'promoted' : 'removed';
    return `${seconds} s to pass, after which the former request can no longer have ${member} ${done}`;
  },
  waits_for: 'it waits for {why}',
  rests_as_learner: (
    { member, missing, after }: Member & { readonly missing: readonly (Member & Why)[]; readonly after: number },
    say,
  ) => {
    const others = missing.map(({ member: other, why }) => `${other} (${say(why)})`).join(' or ');
    return (
      `${others || 'another member'} to be ready; until then ${member} stays a learner, because ` +
      noSaferThanOneLess(after, 'voters')
    );
  },
  became_voter:
    'an operator: {member} became a voter, but {why}; to replace it, which gives up its copy of the data: picket member replace {cluster} {member}',
  must_not_leave_yet: '{member} to leave etcd, which is not safe yet: {why}',
  addition_lapses:
    '{seconds} s to pass before {member} is let go, which was being added when it was removed from the declaration: a voter may still add it',
  leaves_after_newcomer: ({ member, newcomers }: Member & { readonly newcomers: readonly string[] }) =>
    `${member} to leave etcd: that waits until ${newcomers.join(' or ')} can be promoted to a voter in its place`,
  even_until_it_leaves: ({ member, why, voters }: Member & Why & Numbers<'voters'>, say) =>
    `${member} to leave etcd, which is not safe yet: ${say(why)}; until then, ${noSaferThanOneLess(voters, 'voters')}`,
  even_until_they_come: ({ newcomers, voters }: { readonly newcomers: readonly string[]; readonly voters: number }) =>
    `${newcomers.join(' or ')} to become a voter; until then, ${noSaferThanOneLess(voters, 'voters')}`,
  learner_waits_for_departure: (
    { member, leavers, after }: Member & { readonly leavers: readonly (Member & Why)[]; readonly after: number },
    say,
  ) => {
    const others = leavers.map(({ member: other, why }) => `${other} (${say(why)})`).join(' or ');
    return (
      `${others} to be able to leave etcd; until then ${member} stays a learner, because ` +
      noSaferThanOneLess(after, 'voters')
    );
  },
  promotion_refused: 'etcd has refused to promote it for {minutes} minutes, because it lags behind the leader',
  had_its_turn:
    'it lags behind the leader, although its promotion was first requested more than {minutes} minutes ago, and {next} waits to enter',
  not_caught_up: 'it has not caught up with the leader for {minutes} minutes',
  learner_catches_up: 'the learner {member} to start and catch up: {why}',
  lagged: 'it lagged behind the leader, and counts as caught up in {seconds} s if it no longer lags',
  learner_taken_out: '{seconds} s to pass before the learner {member} is removed: {why}',
  learner_full: 'its database is full, and etcd cannot defragment a learner; it is added again afterwards',
  all_serve_before_promotion: 'every voter to serve before {member} is promoted; {ailment}',
  all_serve_before_addition: 'every voter to serve before a member is added; {ailment}',
  enters_again: '{seconds} s to pass before {member} may enter again; it was removed because {why}',
  members_join: ({ members }: { readonly members: readonly string[] }) =>
    `the members that have not joined: ${members.join(', ')}`,
  no_data_and_unknown: 'its node has no data of it, and the backup does not know it',
} as const satisfies Sayers;

function withAilment(what: string, ailment: AnyReason | null, say: Say): string {
  return ailment === null ? what : `${what}; ${say(ailment)}`;
}

function changeInWords({ kind, member, why }: ChangeFacts, say: Say): string {
  const because = why === null ? '' : `: ${say(why)}`;
  switch (kind) {
    case 'add-learner':
      return `add ${member} as a learner`;
    case 'promote':
      return `promote ${member} to a voter`;
    case 'remove-learner':
      return `remove the learner ${member}${because}`;
    case 'remove-voter':
      return `remove the voter ${member}${because}`;
  }
}
