import type { Cluster, Flags, Member, Numbers, Texts } from './facts.ts';
import { heldBy } from './permits.ts';
import type { AnyReason, Sayers } from './reason.ts';
import { megabytes } from './sizes.ts';

type Quorum = Numbers<'able' | 'all' | 'quorum'>;

interface Off {
  /** The machines that were shut down. */
  readonly off: readonly string[];
}

type Moving = Numbers<'voters' | 'declared'>;

interface Leave {
  readonly leaving: readonly string[];
}

interface Failing {
  readonly failing: readonly string[];
  readonly lost: readonly string[];
  readonly damaged: readonly Texts<'member' | 'words'>[];
  readonly stopped: readonly string[];
  /** Left out if there is none. */
  readonly foreign?: readonly string[];
}

/** How a cluster whose majority is lost can be saved. */
export interface Rescue {
  /** A voter whose etcd answers, and of which no snapshot without a quorum was taken yet. */
  readonly survivor: string | null;
  /** The snapshot that was taken without a quorum, and of whom. */
  readonly rescue: Texts<'id' | 'member'> | null;
}

interface Disagreeing {
  readonly agreeing: readonly string[];
  readonly differing: readonly string[];
}

interface AllServe {
  readonly count: number;
  readonly late: readonly string[];
}

function allServe({ count, late }: AllServe): string {
  const serve = count === 1 ? 'The only voter serves' : `All ${count} voters serve`;
  return late.length === 0
    ? `${serve}.`
    : `${serve} by their last reports; the next report of ${late.join(', ')} is late.`;
}

/** What the state of a cluster rests on, in one or two sentences. */
export const headlineReasons = {
  not_founded: 'No member has founded the cluster yet.',
  members_missing: 'Voters: {voters} of {declared} declared members.',
  /** `coming`: the declared members that are no voters yet. `leaving`: the voters that are to leave. */
  members_change: ({ voters, coming, leaving }: Moving & Leave & { readonly coming: readonly string[] }) =>
    `All ${voters} voters serve. ${coming.join(', ')} ${coming.length === 1 ? 'becomes a voter' : 'become voters'}, and ${leave(leaving)}.`,
  /** Each declared member is a voter. `replaced`: those of them that leave. */
  members_leave: ({ voters, leaving, replaced }: Moving & Leave & { readonly replaced: readonly string[] }) =>
    [
      `All ${voters} voters serve.`,
      ...(leaving.length === 0 ? [] : [`${leave(leaving)} the cluster.`]),
      ...(replaced.length === 0 ? [] : [`${leave(replaced)} etcd to be replaced.`]),
    ].join(' '),
  /** `late`: those whose next report should have come. */
  all_serve: (its: AllServe) => allServe(its),
  /** Every voter has settings with which it serves. */
  /** `moved`: those that do not start again with the etcd that is installed. */
  serve_not_restartable: ({
    moved,
    installed,
    minor,
    ...its
  }: AllServe & Texts<'installed' | 'minor'> & { readonly moved: readonly string[] }) =>
    `${allServe(its)} But etcd ${installed} is installed on ${moved.join(', ')}, which run${moved.length === 1 ? 's' : ''} etcd ${minor}: ` +
    'an etcd that stops there, for example at a reboot, stays down.',
  serve_rollout_stopped: ({ member, revision, ...its }: AllServe & Member & Numbers<'revision'>) =>
    `${allServe(its)} The rollout of revision ${revision} has stopped at ${member}.`,
  /**
   * `lost`: those that report that their data is gone. `damaged`: those that report etcd's `words` for data that it cannot
   * use. `stopped`: those whose agent said that it was stopped. `foreign`: those that this coordinator did not add.
   */
  some_fail: ({ able, all, quorum, failing, off, lost, damaged, stopped, foreign = [] }: Quorum & Off & Failing) =>
    `${able} of ${all} voters are known to serve, not ${failing.join(', ')}. ${spare(able - quorum)}` +
    unseen(foreign) +
    mountOrReplace(lost) +
    damaged.map(unusable).join('') +
    startAgents(stopped) +
    switchOn(off),
  /** Only the member that is held does not serve. */
  held_fails: ({
    able,
    all,
    quorum,
    ...held
  }: Quorum & Texts<'member' | 'by' | 'until'> & { readonly why: string | null }) =>
    `${able} of ${all} voters are known to serve. ${heldBy(held)}. ${spare(able - quorum)}`,
  reads_prove_quorum: ({ able, all, serving, off }: Omit<Quorum, 'quorum'> & Off & Texts<'serving'>) =>
    `${able} of ${all} voters are known to serve, but the etcd of ${serving} answered a linearizable read, so a quorum served at that time.${switchOn(off)}`,
  /** `lost`: those of which an operator said that they are lost. A quorum needs one of them. */
  lost_one_serves: ({
    cluster,
    able,
    all,
    serving,
    lost,
  }: Omit<Quorum, 'quorum'> & Texts<'cluster' | 'serving'> & { readonly lost: readonly string[] }) =>
    `${able} of ${all} voters are known to serve, but the etcd of ${serving} answered a linearizable read. So a machine that was ` +
    `evicted as lost runs again (${lost.join(' or ')}), and clients can write. Join no new machine yet. Take a snapshot with ` +
    `\`picket snapshot take ${cluster}\`, switch that machine off, and continue the restore.`,
  /** `leaderless`: those that report that they have no leader, or that they serve no reads. `silent`: those that have not reported since then. */
  quorum_in_doubt: ({
    able,
    all,
    quorum,
    leaderless,
    silent,
    off,
  }: Quorum & Off & { readonly leaderless: readonly string[]; readonly silent: readonly string[] }) =>
    `${leaderless.join(', ')} ${leaderless.length === 1 ? 'sees' : 'see'} no quorum, and ${silent.join(', ')} ${silent.length === 1 ? 'has' : 'have'} not reported since then. ` +
    `If ${silent.length === 1 ? 'it is' : 'they are'} down, ${able} of ${all} voters serve; with fewer than ${quorum}, etcd takes no writes.${switchOn(off)}`,
  majority_lost: ({ cluster, able, all, quorum, survivor, rescue }: Quorum & Rescue & Cluster) =>
    `${withoutQuorum({ able, all, quorum })} A majority has lost its data${wayToSave(cluster, { survivor, rescue })}`,
  no_quorum: ({ off, ...quorum }: Quorum & Off) =>
    `${withoutQuorum(quorum)} A member that is unreachable or down may still have its data: bring it back.${switchOn(off)}`,
  takes_no_writes: 'The database is full (NOSPACE): etcd takes no writes except deletions.',
  /** `members`: those that etcd names; it may name none, and not the right one. */
  data_disagrees: ({ members }: { readonly members: readonly string[] }) =>
    `etcd has found that the data of ${members.length === 0 ? 'a member' : members.join(', ')} differs from the data of the other members (CORRUPT), and takes no writes. Picket compares the data of the voters.`,
  data_named: ({ agreeing, differing, revision }: Disagreeing & Numbers<'revision'>) =>
    `The data of ${differing.join(', ')} differs from the data of ${agreeing.join(', ')}, which agree at revision ${revision}. Until CORRUPT is disarmed, etcd takes no writes.`,
  data_undecided: ({
    revision,
    agreeing,
    unheard,
  }: {
    readonly revision: number;
    /** A majority; empty if there is none. */
    readonly agreeing: readonly string[];
    readonly unheard: readonly string[];
  }) => {
    const known =
      agreeing.length === 0
        ? 'no majority of all voters has the same data'
        : `${agreeing.join(', ')} have the same data`;
    const missing = unheard.length === 0 ? '' : `, and no hash came from ${unheard.join(', ')}`;
    return `etcd has raised CORRUPT and takes no writes, and it is not proven whose data differs. At revision ${revision} ${known}${missing}.`;
  },
  /** `isDisarmed`: Picket disarms the alarm, since each member whose data differed has left. */
  data_agrees: ({ revision, isDisarmed }: Numbers<'revision'> & Flags<'isDisarmed'>) =>
    isDisarmed
      ? `All voters have the same data at revision ${revision}. Picket disarms CORRUPT; until then etcd takes no writes.`
      : `etcd has raised CORRUPT and takes no writes, and all voters have the same data at revision ${revision}. Picket does not disarm an alarm whose cause it has not found.`,
  disk_is_full: ({ member, freeBytes }: Member & Numbers<'freeBytes'>) =>
    `The disk of ${member} is full (${megabytes(freeBytes)} free): its etcd ends when its log needs more room.`,
  nobody_reports: ({ off }: Off) =>
    off.length === 0
      ? 'No agent reports. If the nodes are on, the coordinator is unreachable for them; their etcd keeps running without it.'
      : `No agent reports.${switchOn(off)}`,
  /** `clockWasSet`: that began the wait, and not a start. */
  still_listening: ({
    unheard,
    seconds,
    clockWasSet,
  }: {
    readonly unheard: readonly string[];
    readonly seconds: number;
    readonly clockWasSet: boolean;
  }) => {
    const began = clockWasSet
      ? 'The clock of this coordinator was set a moment ago'
      : 'This coordinator has just started';
    const has = unheard.length === 1 ? 'has' : 'have';
    return `${began}, and ${unheard.join(', ')} ${has} not reported ${clockWasSet ? 'since' : 'yet'}. Wait up to ${seconds} s.`;
  },
  authentication_is_on: ({ members }: { readonly members: readonly string[] }) =>
    `etcd's authentication is on: etcd serves its clients and keeps Picket out on ${members.join(', ')}.`,
  /** `isBehind`: a seal proves that this store is not the newest. `besides`: what else is wrong; null if nothing is. */
  stays_frozen: (
    {
      why,
      isBehind,
      besides,
    }: { readonly why: AnyReason; readonly isBehind: boolean; readonly besides: AnyReason | null },
    say,
  ) => {
    const way = isBehind
      ? ' A seal proves that, so no command unfreezes it: put the newer store of the coordinator back. If it is lost, run ' +
        '`picket-coordinator backup` on this coordinator, then `picket-coordinator restore` with that backup.'
      : '';
    return `Picket takes no step in this cluster: ${say(why)}.${way}${besides === null ? '' : ` ${say(besides)}`}`;
  },
  /** `obstacle`: null if etcd can remove it now. */
  compromised_votes: ({ member, obstacle }: { readonly member: string; readonly obstacle: AnyReason | null }, say) => {
    const votes = `${member}, which was evicted as compromised, still votes in etcd`;
    return obstacle === null
      ? `${votes}; a voter is asked to remove it.`
      : `${votes}, and must not leave yet: ${say(obstacle)}. Bring the other voters back.`;
  },
  compromised_alone:
    '{member}, which was evicted as compromised, is the only voter, so only it has the data. To continue without it, restore a snapshot, which loses all that was written since: `picket cluster restore {cluster} --snapshot ID --force`.',
  restores_snapshot: 'The cluster is being restored from a snapshot, and no member has founded it again yet.',
} as const satisfies Sayers;

function wayToSave(cluster: string, { survivor, rescue }: Rescue): string {
  const restore = `\`picket cluster restore ${cluster} --snapshot ${rescue?.id ?? 'ID'}\``;
  if (rescue !== null)
    return `, and the snapshot ${rescue.id} was taken from ${rescue.member} without a quorum: restore it with ${restore}. What it lacks is lost.`;
  if (survivor !== null)
    return (
      `, and ${survivor} still has data: do not stop or restart its etcd. Take a snapshot from it with ` +
      `\`picket snapshot take ${cluster} --without-quorum\`, and restore that snapshot. What it lacks is lost.`
    );
  return `: restore a snapshot with ${restore} (\`picket snapshot list ${cluster}\` lists them). What was written since the snapshot is lost.`;
}

function leave(names: readonly string[]): string {
  return `${names.join(', ')} ${names.length === 1 ? 'leaves' : 'leave'}`;
}

function spare(more: number): string {
  if (more === 0) return 'If one more fails, etcd takes no writes.';
  return `${more} more can fail before etcd takes no writes.`;
}

function unseen(foreign: readonly string[]): string {
  if (foreign.length === 0) return '';
  const serve = foreign.length === 1 ? 'it serves' : 'they serve';
  return ` This coordinator did not add ${foreign.join(', ')}, and cannot see whether ${serve}.`;
}

function mountOrReplace(lost: readonly string[]): string {
  if (lost.length === 0) return '';
  return ` The data of ${lost.join(', ')} is gone: mount the disk if it is not mounted, otherwise replace the member.`;
}

function unusable({ member, words }: Failing['damaged'][number]): string {
  return ` etcd cannot use the data of ${member} ("${words}"): replace the member.`;
}

function startAgents(stopped: readonly string[]): string {
  if (stopped.length === 0) return '';
  return stopped.length === 1
    ? ` The agent of ${stopped.join()} was stopped: start it.`
    : ` The agents of ${stopped.join(', ')} were stopped: start them.`;
}

function switchOn(off: readonly string[]): string {
  return off.length === 0
    ? ''
    : ` Switch on ${off.join(', ')}: ${off.length === 1 ? 'it was' : 'they were'} shut down.`;
}

function withoutQuorum({ able, all, quorum }: Quorum): string {
  return `${able} of ${all} voters are known to serve. With fewer than ${quorum}, etcd takes no writes.`;
}
