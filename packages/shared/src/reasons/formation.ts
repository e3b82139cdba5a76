import { nodeSays } from './health.ts';
import { wayOfTheSilent } from './long-silence.ts';
import type { AnyReason, Sayers } from './reason.ts';

/** What the founding of a cluster waits for, and why it cannot be reset. */
export const formationReasons = {
  former_etcd_stops: (
    {
      member,
      nodeId,
      obstacle,
      unheard,
    }: {
      readonly member: string;
      readonly nodeId: string;
      /** What its agent waits for; null if it has not said. */
      readonly obstacle: AnyReason | null;
      /** Why its agent does not report; null if it does. */
      readonly unheard: AnyReason | null;
    },
    say,
  ) => {
    const stops = `${member} to confirm that its etcd is stopped`;
    if (unheard !== null) return `${stops}; ${say(unheard)}${wayOfTheSilent(unheard, nodeId)}`;
    return obstacle === null ? stops : `${stops} (its agent waits: ${nodeSays(obstacle, say)})`;
  },
  claim_taken_back:
    '{member} to withdraw its claim before a node founds the cluster; or an operator, to give up its data: picket node evict {nodeId}',
  follows_restored: '{member} to follow the restored coordinator before a node founds the cluster',
  first_to_join: ({ members }: { readonly members: readonly string[] }) =>
    `the first node to join, which will found the cluster: one of ${members.join(', ')}`,
  ready_to_found: '{member} to be ready to found the cluster: {why}',
  founds: '{member} to found the cluster: {why}',
  restores: '{member} to restore the snapshot {snapshot} and found the cluster: {why}',
  nothing_founded: 'no founding has started yet',
  founded_of_snapshot:
    'it is being founded from the snapshot {snapshot}, which a reset would lose; if no machine can found it, restore that snapshot again, with --force --instead-of {snapshot}: all that was written since the snapshot is lost then',
  has_served_since:
    'it was founded from the snapshot {snapshot} and has served since, and a reset would lose all that it holds',
  second_voter_possible: 'it has, or may have, a second voter',
} as const satisfies Sayers;
