import type { AnyReason, Say } from './reason.ts';
import { megabytes } from './sizes.ts';

type Member = { readonly member: string };
type Cluster = { readonly cluster: string };
type Versions = Member & { readonly installed: string; readonly runs: string };

/** What an operator should know of a cluster, and that nothing waits for. */
export const noticeReasons = {
  more_waits: ({ cluster, count }: Cluster & { readonly count: number }) =>
    `${count} more: \`picket status ${cluster}\` lists all`,
  one_member: () => 'One member: when it is down, so is the cluster. Three survive the loss of one.',
  even_count: ({ count }: { readonly count: number }) =>
    `${count} members survive the loss of ${Math.ceil(count / 2) - 1}, as many as ${count - 1} do: ` +
    'a majority needs one more. An odd number is better.',
  shared_addresses: ({ members, other }: { readonly members: readonly string[]; readonly other: string }) =>
    `${members.join(', ')}: the cluster ${other} has members at the same addresses and ports.`,
  joins_wait_while_frozen: ({ cluster, why }: Cluster & { readonly why: AnyReason }, say: Say) =>
    `The cluster ${cluster} is frozen (${say(why)}): until it is not, nodes that join wait or are refused.`,
  member_reports: ({ member, nodeId }: Member & { readonly nodeId: string }) =>
    `${member} is the node ${nodeId}, which reports. By this token that machine can join again; ` +
    'another takes its place only once it is switched off, and has been for half a minute.',
  reads_prove_quorum: ({
    able,
    all,
    serving,
  }: {
    readonly able: number;
    readonly all: number;
    readonly serving: string;
  }) =>
    `${able} of ${all} voters are known to serve. The etcd of ${serving} answered a linearizable read, so a quorum served at that time.`,
  majority_lost: ({ cluster, able, all, quorum }: Cluster & Quorum) =>
    `${withoutQuorum(able, all, quorum)} A majority has lost its data: restore a snapshot by ` +
    `\`picket cluster restore ${cluster} --snapshot ID\` (\`picket snapshot list ${cluster}\`).`,
  no_quorum: ({ able, all, quorum }: Quorum) =>
    `${withoutQuorum(able, all, quorum)} A member that is silent or down may still have its data: bring it back.`,
  way_some_lost: ({
    cluster,
    silent,
  }: Cluster & { readonly silent: readonly (Member & { readonly nodeId: string })[] }) => {
    const words = silent.map(({ member, nodeId }) => `\`picket node evict ${nodeId} --lost\` (${member})`);
    return (
      `If machines are lost: (1) evict each lost one: ${words.join(', ')}; (2) once a majority of all voters is lost, ` +
      `\`picket cluster restore ${cluster} --snapshot ID\`, without --force; (3) join new machines by the line of \`picket token create ${cluster}\`.`
    );
  },
  way_all_lost: ({ cluster }: Cluster) =>
    `If all machines are lost: (1) \`picket cluster restore ${cluster} --snapshot ID --force\`; (2) \`picket node evict ID --lost\` for each; ` +
    `(3) join new ones by the line of \`picket token create ${cluster}\`.`,
  voter_ails: ({ ailment }: { readonly ailment: AnyReason }, say: Say) => `${say(ailment)}.`,
  silent_may_serve: () =>
    'A node that does not report is off or cut off, or its agent is down; its etcd may serve all the same.',
  another_takes_place: ({ cluster, member }: Cluster & Member) =>
    `If the machine or the disk of ${member} is lost for good, another takes its place by the line of ` +
    `\`picket token create ${cluster} --member ${member}\`.`,
  nobody_reports: () =>
    'No agent has reported of late. If the nodes are on, it is the coordinator that is cut off; their etcd goes on without it.',
  not_rendered: (
    {
      cluster,
      name,
      nodeId,
      why,
    }: Cluster & { readonly name: string; readonly nodeId: string; readonly why: AnyReason },
    say: Say,
  ) =>
    `${name}: what its node ${nodeId} should have cannot be rendered, so it goes on by its last desired state: ${say(why)} ` +
    `Correct that, or give its place to another machine: \`picket token create ${cluster} --member ${name}\`.`,
  restarted: ({ member, restarts }: Member & { readonly restarts: number }) => {
    const times = restarts === 1 ? 'once' : `${restarts} times`;
    return `The etcd of ${member} has died and been started again ${times} since its host came up.`;
  },
  other_minor_would_start: ({ minor, ...versions }: Versions & { readonly minor: string }) =>
    `${both(versions)}. No member is started with another minor version: install etcd ${minor} again. \`picket-agent status\` there prints the command.`,
  restart_brings_version: (versions: Versions) => `${both(versions)} until its restart, which waits for a permit.`,
  restart_changed_nothing: (versions: Versions) =>
    `${both(versions)}: its last restart has not changed that. Does the service start another etcd?`,
  agent_too_far: ({ member, agent, version }: Member & { readonly agent: string; readonly version: string }) =>
    `The agent of ${member} is version ${agent} and this coordinator ${version}, more than one minor version apart: ` +
    'paste the line of `picket installer --upgrade` there.',
  versions_run: ({ versions }: { readonly versions: readonly string[] }) =>
    `The members run different etcd versions: ${versions.join(', ')}.`,
  versions_installed: ({ versions }: { readonly versions: readonly string[] }) =>
    `The members run or have installed different etcd versions: ${versions.join(', ')}.`,
  database_full: ({ members }: { readonly members: readonly string[] }) =>
    `The database of ${members.join(', ')} is full (NOSPACE): etcd takes no writes but deletions. Room is made by steps; ` +
    'what they wait for stands above.',
  data_differs: ({ members }: { readonly members: readonly string[] }) =>
    `${members.join(', ')}: etcd has found that its data differs from that of the others (CORRUPT). This alarm is never ` +
    'disarmed by itself. Take no step that you cannot undo; see docs/how-to/repair-a-damaged-database.md.',
  often_full: ({ times }: { readonly times: number }) =>
    `The database was full ${times} times within a day: raise quotaBackendBytes, or have history dropped ` +
    'sooner by a shorter autoCompactionRetention.',
  near_quota: ({
    member,
    bytes,
    inUseBytes,
    quotaBytes,
  }: Member & { readonly bytes: number; readonly inUseBytes: number; readonly quotaBytes: number }) =>
    `${member}: its database has ${megabytes(bytes)} of the ${megabytes(quotaBytes)} that it may have, ` +
    `${megabytes(inUseBytes)} of them in use; at the quota etcd takes no writes.`,
  rollouts_paused: ({ cluster }: Cluster) =>
    `Rollouts are paused: new settings reach no member until \`picket rollout resume ${cluster}\`.`,
  snapshot_failed: (
    { why, count, lastAt }: { readonly why: AnyReason; readonly count: number; readonly lastAt: string | null },
    say: Say,
  ) => {
    const before = lastAt === null ? 'there is none of this cluster yet' : `the last good one is of ${lastAt}`;
    return `The last snapshot failed${count === 1 ? '' : ` ${count} times in a row`} (${say(why)}); ${before}.`;
  },
  snapshot_late: ({ lastAt, everyMinutes }: { readonly lastAt: string; readonly everyMinutes: number }) =>
    `The last snapshot is of ${lastAt}, although one is due every ${everyMinutes} minutes.`,
  restored_from_snapshot: ({
    snapshot,
    takenAt,
    formations,
  }: {
    readonly snapshot: string;
    readonly takenAt: string;
    readonly formations: number;
  }) => `It was restored from the snapshot ${snapshot} of ${takenAt}: formation ${formations}.`,
  could_restore_none: ({ member, why }: Member & { readonly why: AnyReason }, say: Say) =>
    `${member} could restore no snapshot: ${say(why)}.`,
  newer_node_shows_itself: ({ cluster, name, nodeId }: Cluster & { readonly name: string; readonly nodeId: string }) =>
    `${name}: a node that joined after the backup shows itself (${nodeId}): \`picket token create ${cluster} --member ${name}\`, and on it \`picket-agent join --again\`.`,
  node_to_readopt: ({
    name,
    nodeId,
    keys,
    isKnown,
  }: {
    readonly name: string;
    readonly nodeId: string;
    /** How many keys it shows, and whether the backup knows the only one. */
    readonly keys: number;
    readonly isKnown: boolean;
  }) => {
    const one = isKnown
      ? 'It shows the key that the backup knows.'
      : 'It shows a key of this coordinator’s CA that the backup does not know.';
    const many = `It shows ${keys} keys: there is a copy of the node.`;
    const how = keys === 0 ? 'It has not shown itself yet.' : keys > 1 ? many : one;
    return `${name}: its node ${nodeId} waits to be taken up again: \`picket node readopt ${nodeId}\`. ${how}`;
  },
} as const;

interface Quorum {
  readonly able: number;
  readonly all: number;
  readonly quorum: number;
}

function withoutQuorum(able: number, all: number, quorum: number): string {
  return `As far as is known ${able} of ${all} voters serve: with fewer than ${quorum} etcd takes no writes.`;
}

function both({ member, installed, runs }: Versions): string {
  return `${member}: etcd ${installed} is installed, and ${runs} runs`;
}
