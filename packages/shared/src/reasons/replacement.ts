import type { Cluster, Member, Numbers, Texts } from './facts.ts';

type LastWithFormer = Cluster & Member & Texts<'former' | 'minor'>;

/** Why a member’s incarnation is ended, and why it must not be ended (R3). */
export const replacementReasons = {
  replaced_by: '{by} replaces it',
  removed_by: '{by} removed it from the declaration',
  only_one_would_stay: 'only one voter would remain, and other declared members are not voters yet',
  no_declared_voter_stays:
    'no declared voter serves that is to stay: bring one back or replace it, or declare this member again',
  said_lost: '{by} says that it is lost',
  said_compromised: '{by} says that somebody else controls its machine',
  place_taken: 'another machine replaces node {nodeId}, with the join token {token}',
  evicted_already: 'node {nodeId} is already evicted',
  not_leaving: 'no replacement of {member} is ordered',
  removal_begun: 'a voter was asked to remove it, and may have done so',
  only_voter: 'it is the only voter, so only it has the data of the cluster',
  one_of_two: 'it is one of two voters, and only one voter would remain; to replace it all the same, add --force',
  last_with_former_minor: (facts: LastWithFormer) =>
    `${wayBackEnds(facts)}. To replace it all the same, run ${replacing(facts)}`,
  lost_with_former_minor: (facts: LastWithFormer) =>
    `${wayBackEnds(facts)}. To evict it all the same, first run ${replacing(facts)}`,
  too_few_stay: ({ others, able, needed }: Numbers<'others' | 'able' | 'needed'>) =>
    `of the ${others} voters that would remain, ${able} ${able === 1 ? 'serves' : 'serve'}, and ${needed} are needed`,
  no_majority_to_remove: 'etcd has no majority to remove it: {agreeing} of {all} voters serve, and {quorum} are needed',
  replaced_already: '{member} is already being replaced: {why}',
  no_member: 'it is not a member of etcd, so it has nothing to replace',
  being_added: 'it is being added now, with an empty data directory',
  founds_empty:
    'it founds the cluster; if it cannot, give the formation up, with all that was written to it: `picket cluster reset {cluster}`',
  founds_of_snapshot: ({ nodeId }: { readonly nodeId: string | null }) =>
    `it founds the cluster from a snapshot; if its machine is lost, give up its data: \`picket node evict ${nodeId ?? 'ID'} --lost\``,
} as const;

function wayBackEnds({ cluster, former, minor }: LastWithFormer): string {
  return `it is the last member with etcd ${former}: once etcd has removed it, etcd’s cluster version rises to ${minor}, and no member can go back to etcd ${former}. To go back, run \`picket rollout abort ${cluster}\` and wait until the others run etcd ${former}`;
}

function replacing({ cluster, member }: LastWithFormer): string {
  return `\`picket member replace ${cluster} ${member} --force\`, which gives up its copy of the data`;
}
