import { conditionWords, effectWords } from './advisory-words.ts';
import type { Cluster, Numbers, Texts, Why } from './facts.ts';
import type { Sayers } from './reason.ts';
import { megabytes } from './sizes.ts';
import { targetInWords } from './target-in-words.ts';

type Version = Texts<'version'>;
/** The minor version to which etcd's own downgrade goes; null: the downgrade ends. */
export type DowngradeTarget = { readonly to: string | null };

/** What a voter's etcd is asked for. */
export function downgradeInWords(to: string | null): string {
  return to === null ? 'to end etcd’s downgrade' : `to lower the cluster version of etcd to ${to}`;
}

interface OfRelease {
  /** The release that the declaration names; null: it names the packages. */
  readonly version: string | null;
  /** The release that its members run, or `package`; null if none is heard. */
  readonly runs: string | null;
  readonly paused: boolean;
}

/** Machines without the wanted package, and what installs it there; null: Picket knows no command for their system. */
interface Boards {
  readonly members: readonly string[];
  readonly command: string | null;
}

interface PackagesOfBoards {
  readonly boards: readonly Boards[];
  /** The members whose package of that minor version Picket does not start. Omitted if there is none. */
  readonly faulty?: readonly string[];
}

interface TargetFault {
  readonly severity: string;
  readonly effect: keyof typeof effectWords;
  readonly concerns: keyof typeof conditionWords;
}

interface MixedMinors extends Texts<'minor'> {
  readonly members: readonly string[];
  /** An upgrade is under way that knows nothing of them. */
  readonly upgrades: boolean;
  /** They run an earlier minor version, to which a downgrade brings all. Left out by an earlier coordinator. */
  readonly falls?: boolean;
}

/** What upgrades of etcd do, wait for, and are refused for (R17). */
export const upgradeReasons = {
  stage_installs: ({ version, least }: Version & { readonly least: string | null }) =>
    `every member runs etcd ${version}` +
    (least === null
      ? ''
      : `, because etcd’s guide asks for ${least} or later on every member before the next minor version`),
  stage_evens: ({ version, minor }: Version & Texts<'minor'>) =>
    `every member runs etcd ${version}, because some run etcd ${minor} without an order`,
  stage_leaves_packages: ({ version, members }: Version & { readonly members: readonly string[] }) =>
    `every member runs the release etcd ${version}, because the package on the machine${members.length === 1 ? '' : 's'} of ${members.join(', ')} has another minor version now and could not start the member again`,
  stage_keeps_way_back:
    'every member runs the release etcd {version}: with the next package installed, a machine has no other etcd to go back to',
  stage_takes_packages: ({ minor, boards, faulty = [] }: Texts<'minor'> & PackagesOfBoards) =>
    `every member runs etcd ${minor} from the package of its system` +
    boards.map((one) => `. Where that package is missing, ${typeThere(one)}`).join('') +
    (faulty.length === 0
      ? ''
      : `. Picket does not start the faulty one on ${faulty.join(', ')}: install a later one there`),
  package_awaited: ({
    member,
    minor,
    installed,
    command,
  }: Texts<'member' | 'minor'> & { readonly installed: string | null; readonly command: string | null }) =>
    `the package of etcd ${minor} on ${member}, which has ${installed === null ? 'none' : `etcd ${installed}`}: ${typeThere({ members: [member], command })}. Picket notices the package, and then restarts the member`,
  package_too_faulty: (
    { cluster, member, minor, installed, why }: Cluster & Texts<'member' | 'minor' | 'installed'> & Why,
    say,
  ) =>
    `a later package of etcd ${minor} on ${member}. Picket does not start etcd ${installed}: ${say(why)}. Install a later package there, and Picket notices it. If its system has none, upgrade to a release: picket rollout abort ${cluster}, then picket cluster upgrade ${cluster} --to VERSION`,
  package_unseen:
    'a report from {member} of the etcd in its package; an older agent does not report it: upgrade that agent',
  stage_restarts:
    'every member restarts once more: only then is each one’s record of itself right in the store. Without this, the member that was changed last can fail to start with the next minor version ("too many learner members in cluster")',
  stage_writes_raft_snapshots:
    'every member restarts with snapshot-count 1 and writes a raft snapshot. The next minor version cannot read the entries that etcd 3.5 wrote into the log before it, and would end with "unmarshal should never fail". With the next stage each member gets its own snapshot-count back',
  stage_downgrades:
    'etcd lowers its cluster version and the version of its data to {minor}: only then does etcd {minor} start with the data',
  stage_goes_back: ({ version }: { readonly version: string | null }) =>
    `every member runs ${version === null ? 'the etcd of its system’s package' : `etcd ${version}`} again`,
  back_by_abort: 'picket rollout abort {cluster}',
  back_until_last: ({ cluster, minor }: Cluster & Texts<'minor'>) =>
    `picket rollout abort ${cluster}, until etcd’s cluster version is ${minor}: soon after the last member runs it. From then on: picket cluster downgrade ${cluster} --to VERSION`,
  back_until_down:
    'picket rollout abort {cluster}, until every member runs etcd {minor}; after that: picket cluster upgrade {cluster} --to VERSION',
  back_is_over: ({ cluster }: Cluster) =>
    `none by an abort: etcd’s cluster version has risen, or no quorum shows that it has not. Once the upgrade is complete: picket cluster downgrade ${cluster} --to VERSION. The snapshot with the data from before is listed by: picket snapshot list ${cluster}`,
  going_back: 'it is going back',
  upgrade_pauses_after_first:
    'an operator, to look at the first member with etcd {version}. To continue: picket rollout resume {cluster}; to go back: picket rollout abort {cluster}',
  upgrade_pauses_before_last:
    'an operator, before {member} gets etcd {version}: it is the last member with the former one, and until it changes, every member can go back. To continue: picket rollout resume {cluster}; to go back: picket rollout abort {cluster}',
  upgrade_restarts_paused: ({ cluster, members }: Cluster & { readonly members: readonly string[] }) =>
    `an operator, who paused the upgrade before ${members.join(', ')} restart${members.length === 1 ? 's' : ''}: picket rollout resume ${cluster}`,
  upgrade_after_alarm: 'the alarm {alarm} to be off, before another member gets the next minor version of etcd',
  last_gets_minor: 'the last member gets etcd {minor}',
  snapshot_taken_first: 'a voter that serves and can take a snapshot, before {why}',
  cluster_version_rises: 'etcd to raise its cluster version to {minor}',
  cluster_version_unseen: ({
    members,
    minor,
  }: {
    readonly members: readonly string[];
    readonly minor: string | null;
  }) =>
    `a report from ${members.join(', ')} that etcd’s cluster version is ${minor}; an older agent does not report it: upgrade that agent`,
  raft_snapshot_awaited: ({ members, index }: { readonly members: readonly string[] } & Numbers<'index'>) =>
    `a raft snapshot past the index ${index} on ${members.join(', ')}; etcd writes one with the next changes of the data`,
  raft_snapshot_first:
    'a raft snapshot on {member} with the present etcd, before it gets etcd {minor}, which cannot read what etcd 3.5 wrote into the log',
  no_way_back_by_swap:
    '{why}. It does not get its former etcd back, which may refuse the data: no quorum shows that etcd’s cluster version is still the former one',
  goes_back_by_order:
    'an operator: {member} does not serve with the next minor version of etcd, and gets etcd {minor} back only by an order. In a cluster of one or two voters, no quorum can show that the cluster version has not risen. To order it: picket rollout abort {cluster}',
  minors_mixed: ({ cluster, members, minor, upgrades, falls = false }: Cluster & MixedMinors) =>
    `${members.join(', ')} ${members.length === 1 ? 'runs' : 'run'} another minor version than etcd ${minor}, without an order; the cluster serves, and ${members.length === 1 ? 'this member is' : 'these members are'} not restarted. To bring all members to one version: ${upgrades ? `picket rollout abort ${cluster}, then ` : ''}picket cluster ${falls ? 'downgrade' : 'upgrade'} ${cluster} --to VERSION`,
  release_without_order: ({ cluster, version, minor, runs, paused }: Cluster & Texts<'minor'> & OfRelease) =>
    `an operator: the declaration names ${version === null ? 'the packages of the machines, which are of another minor version' : `etcd ${version}`}, the cluster runs etcd ${minor}, and no order brings another minor version. No member gets it. To declare what runs: picket cluster set ${cluster} etcd=${runs === 'package' ? runs : `release:${runs ?? 'VERSION'}`}${paused ? `, then picket rollout resume ${cluster}` : ''}`,
  stage_waits_for: '{member} to do this stage: {why}',
  runs_other_etcd: 'it runs etcd {runs}, and not {version}',
  cluster_version_falls: 'etcd to lower its cluster version and the version of its data to {minor} on every voter',
  cluster_version_to_fall: 'etcd lowers its cluster version to {minor}',
  downgrade_ordered: ({ executor, to }: Texts<'executor'> & DowngradeTarget) => `${executor} ${downgradeInWords(to)}`,
  downgrade_not_ordered: ({ executor, to, why }: Texts<'executor'> & DowngradeTarget & Why, say) =>
    `another try, since ${executor} could not be asked ${downgradeInWords(to)}: ${say(why)}`,
  downgrade_to_end: 'etcd to end its downgrade',
  downgrade_paused:
    'an operator, who paused the downgrade before etcd lowers its cluster version: picket rollout resume {cluster}',
  newcomer_after_downgrade:
    'etcd’s downgrade to be over: until then etcd lets no member with the later version enter. To take it back: picket rollout abort {cluster}',
  newcomer_after_stage: 'every member that is there to run the same minor version of etcd',
  /** These follow "… is not upgraded …: " and "… is not downgraded …: ". */
  upgrade_runs_already: 'every member runs that version, and the declaration names it',
  upgrade_within_packages:
    'its members run etcd {minor}; to run it from the packages of the machines: picket cluster set {cluster} etcd=package',
  upgrade_without_package: ({
    cluster,
    members,
    minor,
  }: Cluster & Texts<'minor'> & { readonly members: readonly string[] }) =>
    `the system${members.length === 1 ? '' : 's'} of ${members.join(', ')} ${members.length === 1 ? 'has' : 'have'} no package of etcd ${minor}; upgrade to a release: picket cluster upgrade ${cluster} --to VERSION`,
  upgrade_goes_down:
    'its members run etcd {runs}; to go to an earlier version: picket cluster downgrade {cluster} --to {to}',
  downgrade_goes_up:
    'its members run etcd {runs}; to go to a later version: picket cluster upgrade {cluster} --to {to}',
  downgrade_below_least:
    'a cluster goes back to etcd {least} or a later one of etcd {minor}: only from these is the next minor version safe again. Choose one, and add it if the release store lacks it: picket release add FILE --sums SHA256SUMS',
  upgrade_of_mixed:
    'its members run etcd {runs}, and Picket knows no safe way from there while the cluster serves. If the coordinator was restored from a backup, restore it from a newer one',
  upgrade_level_missing: ({
    minor,
    least,
    release = least,
  }: Texts<'minor' | 'least'> & {
    /** The one to add. Left out by an earlier coordinator. */
    readonly release?: string;
  }) =>
    `before etcd ${minor}, every member must run etcd ${least} or a later patch release, and the release store has none of these for this cluster. Add one: \`curl -fLO https://github.com/etcd-io/etcd/releases/download/v${release}/SHA256SUMS\`, then \`picket release fetch ${release} --sums SHA256SUMS\`. If the coordinator has no internet, download the archive yourself: \`picket release add FILE --sums SHA256SUMS\``,
  upgrade_not_known:
    'this version of Picket knows no safe way from etcd {runs} to etcd {minor} while the cluster serves',
  upgrade_needs_cluster:
    'the cluster is not founded yet; declare the version: picket cluster set {cluster} etcd=release:VERSION',
  upgrade_after_learner: '{member} is a learner, and must become a voter or leave first',
  upgrade_after_agents: ({ members }: { readonly members: readonly string[] }) =>
    `the agent${members.length === 1 ? '' : 's'} of ${members.join(', ')} ${members.length === 1 ? 'is' : 'are'} of an earlier version, which starts no other minor version of etcd; upgrade ${members.length === 1 ? 'it' : 'them'} first: paste the command of \`picket installer --upgrade\` on each machine`,
  upgrade_after_departure:
    '{member} is to leave or to be replaced, and must be gone first: picket status {cluster} shows it',
  upgrade_after_rollout: 'a rollout is not over, or is paused: picket status {cluster} shows it',
  upgrade_beside: ({ to }: Texts<'to'>) => `its etcd is being changed to ${targetInWords(to)}`,
  downgrade_by_hand:
    'somebody has ordered etcd’s downgrade to {target} without Picket; to end that: etcdctl downgrade cancel',
  upgrade_lacks_room: ({ member, freeBytes, neededBytes }: Texts<'member'> & Numbers<'freeBytes' | 'neededBytes'>) =>
    `the disk of ${member} has ${megabytes(freeBytes)} free, and ${megabytes(neededBytes)} are needed: for a copy of the database, which the leader may send it after a restart, and for etcd’s log. Make room on that disk`,
  /** These follow "Picket has not checked: ". */
  unchecked_room: ({ members }: { readonly members: readonly string[] }) =>
    `the free space on the disk of ${members.join(', ')}, which ${members.length === 1 ? 'does' : 'do'} not report it: df -h /var/lib/picket`,
  unchecked_hashes:
    'whether the keys of all members are the same: on a member, `etcdctl endpoint hashkv --cluster --rev REVISION` shows their hashes, with a REVISION that `etcdctl endpoint status --write-out json` shows',
  /** One known fault of the etcd that an upgrade brings. */
  target_fault: ({ version, id, severity, effect, concerns }: Version & Texts<'id'> & TargetFault) =>
    `etcd ${version} has ${id} (${severity}): ${effectWords[effect] ?? effect}, ${conditionWords[concerns] ?? concerns}; picket explain ${id}`,
  unchecked_clients:
    'whether each of your clients works with etcd {minor}: look at them while the upgrade waits before the last member',
  alarm_raised: 'etcd has raised the alarm {alarm}',
  abort_too_late:
    'etcd’s cluster version has risen, or no quorum shows that it has not, so the former etcd may refuse the data',
} as const satisfies Sayers;

function typeThere({ members, command }: Boards): string {
  const there = members.join(', ');
  return command === null ? `install it on ${there}` : `type \`${command}\` on ${there}`;
}
