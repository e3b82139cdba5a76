import type { AnyReason, Say } from './reason.ts';

/** Why a member's life is ended, and why it must not be (R3). */
export const replacementReasons = {
  replaced_by: ({ by }: { readonly by: string }) => `${by} replaces it`,
  said_lost: ({ by }: { readonly by: string }) => `${by} says that it is lost`,
  place_taken: ({ nodeId, token }: { readonly nodeId: string; readonly token: string }) =>
    `another machine joins in the place of node ${nodeId}, by the join token ${token}`,
  only_voter: () => 'it is the only voter, and what it holds is the cluster',
  one_of_two: () => 'it is one of two voters, and only one voter would remain; to replace it all the same, add --force',
  too_few_stay: ({
    others,
    able,
    needed,
  }: {
    readonly others: number;
    readonly able: number;
    readonly needed: number;
  }) => `of the ${others} voters that would stay ${able} ${able === 1 ? 'serves' : 'serve'}, and they need ${needed}`,
  no_majority_to_remove: ({
    agreeing,
    all,
    quorum,
  }: {
    readonly agreeing: number;
    readonly all: number;
    readonly quorum: number;
  }) => `etcd has no majority to remove it by: ${agreeing} of ${all} voters serve, and it needs ${quorum}`,
  replaced_already: ({ why }: { readonly why: AnyReason }, say: Say) => `it is being replaced already: ${say(why)}`,
  no_member: () => 'it is no member of etcd, so that there is nothing to replace',
  being_added: () => 'it is being added just now, with an empty data dir',
  founds_empty: ({ cluster }: { readonly cluster: string }) =>
    `it founds the cluster; one that cannot is given up by \`picket cluster reset ${cluster}\``,
  founds_of_snapshot: ({ nodeId }: { readonly nodeId: string | null }) =>
    `it founds the cluster from a snapshot; if its machine is lost: \`picket node evict ${nodeId ?? 'ID'} --lost\``,
} as const;
