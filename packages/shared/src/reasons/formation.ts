import { nodeSays } from './health.ts';
import type { AnyReason, Say } from './reason.ts';

type Why = { readonly member: string; readonly why: AnyReason };

/** What the founding of a cluster waits for, and why it is given up. */
export const formationReasons = {
  former_etcd_stops: (
    {
      member,
      nodeId,
      obstacle,
    }: { readonly member: string; readonly nodeId: string; readonly obstacle: AnyReason | null },
    say: Say,
  ) => {
    const why = obstacle === null ? '' : ` (its agent waits: ${nodeSays(obstacle, say)})`;
    return `${member} to confirm that its etcd is stopped${why}; if the machine is lost for good: picket node evict ${nodeId} --lost`;
  },
  claim_taken_back: ({ member, nodeId }: { readonly member: string; readonly nodeId: string }) =>
    `${member} to take back what it claims, before one founds the cluster; or an operator: picket node evict ${nodeId}`,
  follows_restored: ({ member }: { readonly member: string }) =>
    `${member} to follow the restored coordinator, before one founds the cluster`,
  first_to_join: ({ members }: { readonly members: readonly string[] }) =>
    `the first node to join will found the cluster: ${members.join(', ')}`,
  ready_to_found: ({ member, why }: Why, say: Say) => `${member} to be ready to found the cluster: ${say(why)}`,
  founds: ({ member, why }: Why, say: Say) => `${member} to found the cluster: ${say(why)}`,
  restores: ({ member, snapshot, why }: Why & { readonly snapshot: string }, say: Say) =>
    `${member} to restore the snapshot ${snapshot} and found the cluster: ${say(why)}`,
  nothing_founded: () => 'nothing has been founded yet',
  founded_of_snapshot: ({ snapshot }: { readonly snapshot: string }) =>
    `it is of the snapshot ${snapshot}, which a reset would lose: restore it again, with --force`,
  second_voter_possible: () => 'it has, or may have, a second voter',
} as const;
