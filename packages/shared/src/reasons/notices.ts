import { picketUser } from '../etcd-users/picket-user.ts';
import { hashesInWords, type Unheard, type VoterHash } from './corruption.ts';
import { noSaferThanOneLess } from './even-number.ts';
import type { Cluster, Member, Numbers, Texts } from './facts.ts';
import type { AnyReason, Sayers } from './reason.ts';
import { megabytes } from './sizes.ts';
import { targetInWords } from './target-in-words.ts';

type Versions = Member & Texts<'installed' | 'runs'>;

/** A snapshot from before the alarm CORRUPT, and the member that sent it. */
type SnapshotBefore = Texts<'id' | 'takenAt'> & { readonly by: string | null };

/** Notices: what an operator should know about a cluster although nothing waits for it. */
export const noticeReasons = {
  more_waits: '{count} more: `picket status {cluster}` lists all',
  more_told: '{count} more, for which this answer has no room',
  more_reported:
    'its report is shown without its longest texts, because this answer has no more room: see the log of its agent',
  one_member:
    'The cluster has one member: if that member is down, the cluster is down. Three members survive the loss of one.',
  even_count: ({ count }: Numbers<'count'>) => `${noSaferThanOneLess(count, 'members')}. Use an odd number of members.`,
  shared_addresses: ({ members, other }: { readonly members: readonly string[]; readonly other: string }) =>
    `${members.join(', ')}: the cluster ${other} has members with the same addresses and ports.`,
  joins_wait_while_frozen:
    'The cluster {cluster} is frozen ({why}). Until it is unfrozen, nodes that join wait or are refused.',
  every_member_joined:
    'Every declared member of {cluster} has joined. With this token no other machine can join. Only a token bound to a member replaces its machine: `picket token create {cluster} --member MEMBER`.',
  member_reports:
    '{member} is the node {nodeId}, which reports. With this token that machine can join again. Another machine can replace it only after that machine has been switched off for half a minute.',
  token_for_same_machine:
    '{member} is the node {nodeId}. With this token only that machine can join again. To replace it with another machine, an admin makes the token: `picket token create {cluster} --member {member}`.',
  way_some_lost: ({
    cluster,
    silent,
    survivor,
  }: Cluster & {
    readonly silent: readonly (Member & Texts<'nodeId'>)[];
    /** A voter whose etcd answers; null if there is none. */
    readonly survivor: string | null;
  }) => {
    const words = silent.map(({ member, nodeId }) => `\`picket node evict ${nodeId} --lost\` (${member})`);
    return (
      `If machines are lost: (1) evict each lost one, which gives up its data: ${words.join(', ')}; (2) if a majority of all voters is lost, ` +
      (survivor === null
        ? 'run '
        : `save the data of ${survivor} with \`picket snapshot take ${cluster} --without-quorum\`, then run `) +
      `\`picket cluster restore ${cluster} --snapshot ID\`, without --force, which loses all that was written since the snapshot; (3) join new machines, each with the install command that \`picket token create ${cluster} --member MEMBER\` prints.`
    );
  },
  way_all_lost:
    'If all machines are lost: (1) run `picket cluster restore {cluster} --snapshot ID --force`, which loses all that was written since the snapshot; (2) run `picket node evict ID --lost` for each; (3) join new machines, each with the install command that `picket token create {cluster} --member MEMBER` prints.',
  authentication_admits: () =>
    `etcd's authentication is on. Picket administers etcd as the user ${picketUser}, by a certificate that only root can read on each member.`,
  user_named_like_server:
    'The etcd user "{user}" has the name of a member\'s server certificate. From etcd 3.5.30 on, each call through etcd\'s JSON gateway has the rights of this user. Delete it: `etcdctl user delete "{user}"`.',
  voter_ails: '{ailment}.',
  silent_may_serve:
    'A node that does not report is off or unreachable, or its agent is down. Its etcd may still serve.',
  another_takes_place:
    'If the machine or the disk of {member} is lost, replace it with another machine: paste there the install command that `picket token create {cluster} --member {member}` prints.',
  data_dir_missing: ({ cluster, member, obstacle }: Cluster & Member & { readonly obstacle: AnyReason | null }, say) =>
    `The data directory of ${member} is missing. Its etcd still serves with the files that it has open, and cannot start again: ` +
    'do not stop or restart it. If the disk is not mounted, mount it again. If the data is deleted, ' +
    (obstacle === null
      ? `replace the member now: \`picket member replace ${cluster} ${member}\`.`
      : `take a snapshot now: \`picket snapshot take ${cluster}\`. The member cannot be replaced now: ${say(obstacle)}.`),
  data_unusable: (
    {
      cluster,
      member,
      words,
      obstacle,
    }: Cluster & Member & { readonly words: string; readonly obstacle: AnyReason | null },
    say,
  ) =>
    `The etcd of ${member} cannot use its data: "${words}". It does not come back with this data. ` +
    (obstacle === null
      ? `Replace the member: \`picket member replace ${cluster} ${member}\`.`
      : `The member cannot be replaced now: ${say(obstacle)}.`),
  not_rendered:
    '{name}: the desired state of its node {nodeId} cannot be rendered, so the node keeps its last one: {why} Correct the cause, or replace the node with another machine: `picket token create {cluster} --member {name}`.',
  restarted: ({ member, restarts, at }: Member & Numbers<'restarts'> & Texts<'at'>) => {
    const times = restarts === 1 ? 'once' : `${restarts} times`;
    return `The etcd of ${member} has died and was restarted ${times} within a day, last at ${at}.`;
  },
  other_minor_would_start: ({
    cluster,
    member,
    installed,
    runs,
    minor,
    command,
    release,
    upgrade = null,
  }: Cluster &
    Member &
    Texts<'installed' | 'minor'> & {
      /** null: its etcd is down, and is not started. */
      readonly runs: string | null;
      /** Installs the package of the minor version again; null: Picket knows none for its system. */
      readonly command: string | null;
      /** A version of the same minor version without known grave faults; null: none is known. */
      readonly release: string | null;
      /** The target of the upgrade that ends with the installed package; null: there is none. Left out by an earlier coordinator. */
      readonly upgrade?: string | null;
    }) =>
    (runs === null
      ? `${member}: etcd ${installed} is installed, but this member runs etcd ${minor}. Its etcd is down, and is not started with another minor version.`
      : `${both({ member, installed, runs })}. If it stops, for example at a reboot, it stays down: no member is started with another minor version.`) +
    (command === null
      ? ` \`picket-agent status\` on that machine says how it gets etcd ${minor} again.`
      : ` Install etcd ${minor} again on that machine: \`${command}\`.`) +
    (release === null
      ? ''
      : ` Or run etcd ${minor} from a release: \`picket release add FILE --sums SHA256SUMS\`, then \`picket cluster set ${cluster} etcd=release:${release}\`.`) +
    (upgrade === null
      ? ''
      : ` Or bring all members to etcd ${targetInWords(upgrade)}: \`picket cluster upgrade ${cluster} --to ${upgrade}\`.`),
  restart_brings_version: (versions: Versions) => `${both(versions)} until its restart, which waits for a permit.`,
  restart_changed_nothing: (versions: Versions) =>
    `${both(versions)}: its last restart has not changed that. Does the service start another etcd?`,
  agent_too_far:
    'The agent of {member} is version {agent} and this coordinator {version}, more than one minor version apart: paste the command of `picket installer --upgrade` there.',
  versions_run: ({ versions }: { readonly versions: readonly string[] }) =>
    `The members run different etcd versions: ${versions.join(', ')}.`,
  versions_installed: ({ versions }: { readonly versions: readonly string[] }) =>
    `The members run different versions of etcd, or have different versions installed: ${versions.join(', ')}.`,
  etcd_can_lose_data: ({
    cluster,
    versions,
    fixes,
    ids,
    count,
  }: Cluster &
    Numbers<'count'> & {
      readonly versions: readonly string[];
      /** The first versions without these faults; empty if there is none within the minor version. */
      readonly fixes: readonly string[];
      readonly ids: readonly string[];
    }) => {
    const more = count > ids.length ? ` and ${count - ids.length} more` : '';
    const [fix = null] = fixes;
    const install =
      fix === null
        ? ''
        : ` Install etcd ${fixes.join(' or ')}, or a later patch level. If your system’s package has none, let Picket hand the release out: ` +
          `\`picket release add FILE --sums SHA256SUMS\`, then \`picket cluster set ${cluster} etcd=release:${fix}\`.`;
    return (
      `etcd ${versions.join(', ')} has known faults by which this cluster can lose data, or a member may not start: ${ids.join(', ')}${more}.` +
      `${install} \`picket advisories ${cluster}\` says more.`
    );
  },
  etcd_has_known_faults: ({
    cluster,
    versions,
    id,
    count,
  }: Cluster & Texts<'id'> & Numbers<'count'> & { readonly versions: readonly string[] }) =>
    `etcd ${versions.join(', ')} has ${count === 1 ? `a known fault that concerns this cluster and loses no data: ${id}` : `${count} known faults that concern this cluster and lose no data, first of all ${id}`}. ` +
    `\`picket advisories ${cluster}\` says what to do.`,
  database_full: ({ members }: { readonly members: readonly string[] }) =>
    `The database of ${members.join(', ')} is full (NOSPACE): etcd takes no writes except deletions. Picket makes room step by step; ` +
    'the list above shows what the next step waits for.',
  /** The proof: who has which hash. */
  data_compared: (
    {
      revision,
      hashes,
      unheard,
    }: { readonly revision: number; readonly hashes: readonly VoterHash[]; readonly unheard: readonly Unheard[] },
    say,
  ) =>
    `Hashes of the keys at revision ${revision}: ${hashesInWords(hashes, unheard, say)}. ` +
    'See docs/how-to/repair-a-damaged-database.md.',
  /** `before`: the newest snapshot from before the alarm; null if there is none. */
  data_ways_out: ({ cluster, before }: Cluster & { readonly before: SnapshotBefore | null }) =>
    'No majority of the voters is proven to have the same data, so Picket replaces no member. If a voter is missing in the ' +
    'comparison, bring it back: Picket compares again. Otherwise restore a snapshot from before the damage, which loses all that was written since: ' +
    `\`picket cluster restore ${cluster} --snapshot ID --force\`. ` +
    (before === null
      ? 'Picket has no snapshot from before the alarm.'
      : `The newest one from before the alarm is ${before.id}, taken at ${before.takenAt}${before.by === null ? '' : ` from ${before.by}`}; ` +
        `the damage may be older than the alarm (\`picket snapshot list ${cluster}\`).`),
  often_full:
    'The database was full {times} times within a day. Raise quotaBackendBytes, or set a shorter autoCompactionRetention, which drops the history of the keys sooner.',
  near_quota: ({ member, bytes, inUseBytes, quotaBytes }: Member & Numbers<'bytes' | 'inUseBytes' | 'quotaBytes'>) =>
    `${member}: its database has ${megabytes(bytes)} (${megabytes(inUseBytes)} in use), and its quota is ` +
    `${megabytes(quotaBytes)}. At the quota etcd takes no writes.`,
  rollouts_paused:
    'Rollouts are paused: no member gets new settings until an operator runs `picket rollout resume {cluster}`.',
  snapshot_failed: (
    { why, count, lastAt }: { readonly why: AnyReason; readonly count: number; readonly lastAt: string | null },
    say,
  ) => {
    const before = lastAt === null ? 'this cluster has no snapshot yet' : `the last good one was taken at ${lastAt}`;
    return `The last snapshot failed${count === 1 ? '' : ` ${count} times in a row`} (${say(why)}); ${before}.`;
  },
  snapshot_late: 'The last snapshot was taken at {lastAt}, although one is due every {everyMinutes} minutes.',
  rehearsal_has_failed: (
    {
      snapshot,
      why,
      count,
      workedAt,
    }: {
      readonly snapshot: string;
      readonly why: AnyReason;
      readonly count: number;
      readonly workedAt: string | null;
    },
    say,
  ) => {
    const before = workedAt === null ? 'none has worked yet' : `the last one that worked was at ${workedAt}`;
    const times = count === 1 ? '' : ` (${count} have failed in a row)`;
    return `The snapshot ${snapshot} could not be restored in a rehearsal${times}: ${say(why)}; ${before}.`;
  },
  rehearsal_late:
    'The last rehearsal of a restore that worked was at {workedAt}, although one is due every {everyHours} hours.',
  restored_from_snapshot:
    'The cluster was restored from the snapshot {snapshot} of {takenAt} (formation {formations}).',
  could_restore_none: '{member} could not restore a snapshot: {why}.',
  newer_node_shows_itself:
    '{name}: a node that joined after the backup contacts this coordinator ({nodeId}). Run `picket token create {cluster} --member {name}`, and on that node `picket-agent join --again` with the join string.',
  node_to_readopt: ({
    name,
    nodeId,
    keys,
    isKnown,
  }: {
    readonly name: string;
    readonly nodeId: string;
    /** How many keys it has shown, and whether the backup knows the key if it is only one. */
    readonly keys: number;
    readonly isKnown: boolean;
  }) => {
    const one = isKnown
      ? 'It has shown the key that the backup knows.'
      : 'It has shown a key that the backup does not know, with a certificate of this coordinator’s CA.';
    const many = `It has shown ${keys} keys: there is a copy of the node.`;
    const how = keys === 0 ? 'It has not contacted this coordinator yet.' : keys > 1 ? many : one;
    return `${name}: its node ${nodeId} waits for re-adoption: \`picket node readopt ${nodeId}\`. ${how}`;
  },
} as const satisfies Sayers;

function both({ member, installed, runs }: Versions): string {
  return `${member}: etcd ${installed} is installed, but ${runs} runs`;
}
