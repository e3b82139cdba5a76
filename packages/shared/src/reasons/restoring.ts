import { longestSilenceSeconds } from '../presence/silence.ts';
import type { Why } from './facts.ts';
import { nodeSays } from './health.ts';
import { wayOfTheSilent } from './long-silence.ts';
import type { AnyReason, Sayers } from './reason.ts';

/** Why a snapshot is not restored, and why a node cannot restore one (R16). */
export const restoringReasons = {
  several: ({ reasons }: { readonly reasons: readonly AnyReason[] }, say) => reasons.map(say).join('; '),
  is_frozen: 'it is frozen: {why}',
  cannot_run_stored_tool: ({ why }: Why, say) =>
    `it has no etcdutl, and cannot run the one from the release store: ${nodeSays(why, say)}`,
  no_tool_to_restore: ({ architecture }: { readonly architecture: string | null }) => {
    const wanted = architecture === null ? '' : ` --arch ${architecture}`;
    return `it has no etcdutl; add one with \`picket release add FILE --sha256 HEX${wanted}\``;
  },
  /** `format`: the minor version of the format of the snapshot's data. */
  snapshot_needs_other_etcd:
    'the snapshot has data of etcd {format}, and etcd {installed}, which is installed on it, cannot serve that data; choose another snapshot, or run etcd {format} there',
  restore_ability_not_said: 'its agent has not reported yet whether it can restore; repeat the command in a minute',
  not_taken_over: 'the coordinator was restored, and does not know yet who its voters are',
  picket_kept_out: 'etcd’s authentication keeps Picket out',
  voters_unknown: ({ waits }: { readonly waits: readonly AnyReason[] }, say) =>
    `${waits.map(say).join('; ')}; its voters since the backup are not known; if the missing ones are lost, add --force: their data is given up, and all that was written since the snapshot is lost`,
  quarantined_and_heard:
    '{member} (node {nodeId}) is quarantined and still reports, so the coordinator cannot order it to stop its etcd. Repair it, or switch it off, wait {seconds} s, and evict it, which gives up its data: picket node evict {nodeId} --lost',
  nodes_await_readoption: ({
    nodes,
  }: {
    readonly nodes: readonly { readonly member: string; readonly nodeId: string | null }[];
  }) => {
    const each = nodes.map(({ member, nodeId }) => `${member} (node ${nodeId ?? 'unknown'})`).join(', ');
    return (
      `these nodes contact the coordinator and wait for re-adoption, and their etcd may serve: ${each}. ` +
      'Run `picket node readopt ID` for each. If a machine is not the node that it claims to be, switch the machine off, ' +
      `wait ${longestSilenceSeconds} s, and run the restore again`
    );
  },
  may_be_out_already: 'etcd may have removed it already, so its loss does not count',
  not_known_lost: (
    {
      member,
      nodeId,
      isVoter,
      why,
    }: { readonly member: string; readonly nodeId: string | null; readonly isVoter: boolean; readonly why: AnyReason },
    say,
  ) =>
    `${member}${isVoter ? '' : ', a learner'}${nodeId === null ? '' : ` (node ${nodeId})`}: ${say(why)}${wayOfTheSilent(why, nodeId)}`,
} as const satisfies Sayers;
