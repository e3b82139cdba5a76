import type { Cluster, Flags, Reasons, Texts, Why } from './facts.ts';
import type { Sayers } from './reason.ts';

type Node = Texts<'member' | 'nodeId'>;
type Followed = Texts<'claimed' | 'published'> & { readonly what: 'inventory' | 'epoch' | 'generation' };

/** Why a node, or a cluster, is frozen, and what an operator can do (R1, R5). */
export const quarantineReasons = {
  cluster_frozen: 'frozen: {why}',
  claims_unpublished: 'it claims what was not published to it',
  claim_unproven: ({ what, claimed, published }: Followed) => {
    const of = what === 'inventory' ? `the inventory ${claimed}` : `${what} ${claimed}`;
    const known = what === 'inventory' ? published : `${what} ${published}`;
    return `it claims to follow ${of}, this coordinator has published ${known} to it, and no seal proves the claim`;
  },
  evicted: 'it was evicted',
  taken_back: 'it withdraws the claim',
  quarantine_ends: '{seconds} s before the quarantine of {member} (node {nodeId}) ends: it withdraws the claim',
  store_in_doubt: ({ members }: { readonly members: readonly string[] }) =>
    `an operator: ${members.join(', ')} claim more than this coordinator has published, so its own store may have been put back to ` +
    'an older state. Before you replace a node, look for a newer store or a newer backup: stop this coordinator and put ' +
    'the newer store back, or run picket-coordinator restore with the newest backup; see ' +
    'docs/how-to/release-a-quarantined-node.md',
  node_quarantined: ({ member, nodeId, why, way }: Node & Reasons<'why' | 'way'>, say) =>
    `an operator: ${member} (node ${nodeId}) is quarantined: ${say(why)}. ${say(way)}`,
  way_evict: ({ nodeId }: Texts<'nodeId'>) => `Repair it, or evict it: ${evict(nodeId)}`,
  way_reset: 'Repair it, or give up the founding, with all that was written to it: `picket cluster reset {cluster}`',
  way_evict_lost:
    'Repair it, or switch it off and evict it, which gives up its data: `picket node evict {nodeId} --lost`',
  way_once_out: ({ nodeId }: Texts<'nodeId'>) => `It is being replaced; once it is out of etcd: ${evict(nodeId)}`,
  way_other_machine:
    'Repair it, or switch it off, and give its place to another machine: `picket token create {cluster} --member {member}`',
  way_replace: ({ cluster, member, nodeId, force }: Node & Cluster & Flags<'force'>) =>
    `Repair it, or replace it while its etcd runs, which gives up its copy of the data: \`picket member replace ${cluster} ${member}${force ? ' --force' : ''}\`; ` +
    `then, once it is out of etcd, ${evict(nodeId)}`,
  way_last: ({ cluster, nodeId, why }: Texts<'cluster' | 'nodeId'> & Why, say) =>
    `Repair it: ${say(why)}. If you cannot, ${giveUp(cluster, nodeId)}`,
  way_blocked: ({ cluster, nodeId, why }: Texts<'cluster' | 'nodeId'> & Why, say) =>
    `Repair it: it cannot be replaced now, because ${say(why)}. Bring the other voters back first; if they are lost, ${giveUp(cluster, nodeId)}`,
  reports_other_cluster: ({
    clusterId,
    able,
    recorded,
  }: {
    readonly clusterId: string;
    readonly able: readonly string[];
    readonly recorded: string | null;
  }) =>
    `it reports the cluster ID ${clusterId}, and ${able.join(', ')} ${able.length === 1 ? 'serves' : 'serve'} ${recorded}`,
  member_of_other_cluster: ({
    member,
    clusterId,
    recorded,
  }: Texts<'member' | 'clusterId'> & { readonly recorded: string | null }) =>
    `${member} reports the cluster ID ${clusterId}, and this cluster is ${recorded}`,
  voter_serves_recorded: ({
    member,
    clusterId,
    recorded,
    open,
  }: Texts<'member' | 'clusterId'> & { readonly recorded: string | null; readonly open: readonly string[] }) =>
    `a voter to serve ${recorded}, before anything else is done: ${member} reports the cluster ID ` +
    `${clusterId}, and ${open.join(', ')} may still restart or report`,
  follows_other_inventory: '{member} follows the coordinator inventory {inventory}, and this one is {own}',
  follows_later_epoch:
    '{member} follows a coordinator that was restored later than this one, or from another copy (epoch {number}, {name}): only one of them may run',
  follows_later_generation:
    '{member} has seen generation {generation}, and this coordinator has only published {published}: its store was put back to an older state',
  follows_other_generation:
    '{member} follows another generation {generation} than this coordinator published to it: this store or another copy of it was put back to an older state',
} as const satisfies Sayers;

function evict(nodeId: string): string {
  return `\`picket node evict ${nodeId}\`, which gives up its access and the data of its etcd`;
}

function giveUp(cluster: string, nodeId: string): string {
  return `switch it off, then \`picket node evict ${nodeId} --lost\` and \`picket cluster restore ${cluster} --snapshot ID\`, which loses all that was written since the snapshot`;
}
