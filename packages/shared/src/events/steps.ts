import { changedInWords, type OfChange } from '../reasons/changed-settings.ts';
import { hashesInWords, type Unheard, type VoterHash } from '../reasons/corruption.ts';
import { durationOf } from '../reasons/durations.ts';
import type { Flags, Member, Numbers, Reasons, Texts, Why } from '../reasons/facts.ts';
import { heldBy } from '../reasons/permits.ts';
import type { Sayers } from '../reasons/reason.ts';
import { shownTime } from '../reasons/shown-time.ts';
import { targetInWords } from '../reasons/target-in-words.ts';
import { type DowngradeTarget, downgradeInWords } from '../reasons/upgrade.ts';

type Executor = Texts<'executor'>;
type Stage =
  | { readonly kind: 'restart' }
  | { readonly kind: 'raft-snapshot' }
  | { readonly kind: 'downgrade'; readonly to: string }
  | { readonly kind: 'install'; readonly version: string | null; readonly packageMinor?: string };
type Because = Reasons<'reason'>;
type Change = { readonly mutation: Member & Texts<'kind'> };
type Revision = { readonly configuration: Numbers<'revision'> };
type Node = Texts<'nodeId' | 'name'>;
interface HashesShown {
  readonly hashes: readonly VoterHash[];
  readonly unheard: readonly Unheard[];
  readonly revision: number;
  readonly finding: 'agree' | 'named' | 'undecided';
  readonly agreeing: readonly string[];
  readonly differing: readonly string[];
}

type HoldOrder = Texts<'member' | 'by'> & {
  readonly why: string | null;
  readonly seconds: number;
  readonly stop: boolean;
};

function holdsFor({ member, by, why, seconds, stop }: HoldOrder): string {
  const stopped = stop ? ', with its etcd stopped' : '';
  return `${by} holds ${member} for ${durationOf(seconds * 1000)}${stopped}${why === null ? '' : `: ${why}`}`;
}

/** Events about the steps of the controller that an operator may need. The facts are those of the step. */
export const stepEvents = {
  'record-cluster': '{member} founded the cluster {clusterId} as member {memberId}',
  'end-cluster': ({ snapshot }: { readonly snapshot: string | null }) =>
    `the cluster ends: every node must stop its etcd; ${snapshot === null ? 'no last snapshot was taken' : `its last snapshot is ${snapshot}`}`,
  'let-go': '{name} (node {nodeId}) runs no etcd of this cluster any more and is let go',
  'free-name': ({ filedAs, nodes }: { readonly filedAs: string; readonly nodes: readonly Node[] }) =>
    `the cluster is deleted, its name is free, and its records are kept as ${filedAs}` +
    (nodes.length === 0
      ? ''
      : `; not confirmed that etcd is stopped: ${nodes.map(({ name, nodeId }) => `${name} (node ${nodeId})`).join(', ')}`),
  'record-version': ({ minor, ends }: Texts<'minor'> & { readonly ends?: string }) =>
    `the cluster runs etcd ${minor}${ends === undefined ? '' : `, so the change to etcd ${ends}, which was planned from another minor version, ends`}`,
  'pause-upgrade': ({ at, member }: Member & { readonly at: 'after-first' | 'before-last' }) =>
    at === 'before-last'
      ? `the upgrade waits for an operator before ${member}, the last member with the former etcd, gets the new one`
      : 'the upgrade waits for an operator after its first member',
  'end-upgrade-stage': ({ stage, minor }: { readonly stage: Stage; readonly minor: string | null }) =>
    (stage.kind === 'restart'
      ? 'every voter has restarted once more for the upgrade'
      : stage.kind === 'raft-snapshot'
        ? 'every voter has written a raft snapshot for the upgrade'
        : stage.kind === 'downgrade'
          ? `etcd has lowered its cluster version and the version of its data to ${stage.to} on every voter`
          : `every member runs ${stage.version === null ? `the etcd${stage.packageMinor === undefined ? '' : ` ${stage.packageMinor}`} of its system’s package` : `etcd ${stage.version}`}`) +
    (minor === null ? '' : `, and the cluster version of etcd is ${minor}`),
  'end-upgrade': ({ to, aborted, down }: Texts<'to'> & Flags<'aborted'> & { readonly down?: true }) =>
    `the ${down === true ? 'downgrade' : 'upgrade'} to etcd ${targetInWords(to)} ${aborted ? 'was taken back' : 'is complete'}`,
  'record-downgrade': (
    { executor, to, outcome, reason }: Executor & Because & DowngradeTarget & { readonly outcome: 'done' | 'failed' },
    say,
  ) =>
    outcome === 'done'
      ? `${executor} was asked ${downgradeInWords(to)}: ${say(reason)}`
      : `${executor} could not be asked ${downgradeInWords(to)}: ${say(reason)}`,
  'withdraw-assignment': ({ mutation, reason }: Change & Because, say) =>
    `the request to ${mutation.kind} ${mutation.member} is withdrawn: ${say(reason)}`,
  'record-unfit': '{member} will not be promoted: {reason}',
  'record-learner': '{member} is a learner ({memberId})',
  'record-lagging': '{member} lags behind the leader',
  'record-voter': '{member} is a voter',
  'record-undeclared': ({ members }: { readonly members: readonly Texts<'name' | 'id'>[] }) =>
    members.length === 0
      ? 'etcd no longer lists a voter that is not declared'
      : `etcd lists voters that are not declared: ${members.map(({ name, id }) => `${name || 'not started'} (${id})`).join(', ')}`,
  'record-removed': '{member} ({memberId}) has left etcd: {reason}',
  'release-node': ({ member, nodeId }: Member & { readonly nodeId: string | null }) =>
    nodeId === null
      ? `${member} is removed`
      : `${member} is removed: its etcd is stopped, and its node ${nodeId} is evicted`,
  'grant-permit': ({ member, by, upgrade }: Member & { readonly by?: string; readonly upgrade?: true }) =>
    `${member} may restart its etcd${by === undefined ? '' : `, as ${by} has ordered`}${upgrade === undefined ? '' : ' once more, for the upgrade'}`,
  'withdraw-permit': ({ member, reason, hold }: Member & Because & { readonly hold?: 'begun' | 'not-begun' }, say) => {
    if (hold === 'begun') return `the hold of ${member} ends: ${say(reason)}`;
    if (hold === 'not-begun') return `the hold of ${member} does not begin: ${say(reason)}`;
    // It has done what the permit was for.
    if (reason.code === 'needs_no_restart') return `${member} needs no restart any more, so its permit ends`;
    return `the permit of ${member} is withdrawn: ${say(reason)}`;
  },
  'close-permit': ({ member, outcome }: Member & { readonly outcome: 'confirmed' | 'lapsed' }) =>
    outcome === 'confirmed' ? `${member} has restarted and stayed healthy` : `the permit of ${member} has expired`,
  'grant-hold': (order: HoldOrder) => holdsFor(order),
  'open-hold': ({ member, by, until }: Member & Texts<'by' | 'until'>) =>
    `${heldBy({ member, by, until, why: null })}, and the cluster can do without it`,
  'change-hold': ({ member, by, until, why }: Member & Texts<'by' | 'until'> & { readonly why: string | null }) =>
    `${by} changed the end of the hold of ${member} to ${shownTime(until)}${why === null ? '' : `: ${why}`}`,
  'end-hold': ({ member, outcome }: Member & { readonly outcome: 'ended' | 'lapsed' }) =>
    outcome === 'ended'
      ? `the hold of ${member} is over, and it serves`
      : `the hold of ${member} is over, and it does not serve: no other member is disrupted until it serves or is replaced`,
  'assign-handover': ({ member, executor, by }: Member & Executor & { readonly by: string | null }) =>
    by === null
      ? `${executor} leads and is to leave etcd: it is asked to hand the leadership over to ${member} first`
      : `${by} moves the leadership to ${member}: the leader ${executor} is asked to hand over`,
  'record-handover': (
    { member, executor, outcome, reason }: Member & Executor & Because & { readonly outcome: 'done' | 'failed' },
    say,
  ) =>
    outcome === 'done'
      ? `${executor} handed the leadership over to ${member}`
      : `${executor} did not hand the leadership over to ${member}: ${say(reason)}`,
  'withdraw-snapshot': 'the request for the snapshot is withdrawn: {reason}',
  'record-snapshot': 'the snapshot {id} was checked and stored',
  'release-configuration': ({ member, configuration }: Member & Revision) =>
    `${member} gets revision ${configuration.revision} of the settings`,
  'confirm-configuration': '{member} runs with its new settings',
  'put-back-configuration': ({ member, changed, reason }: Member & Because & OfChange, say) =>
    `${member} returns to its last good ${changedInWords(changed)}, and the rollout stops: ${say(reason)}`,
  'settle-configuration': ({ configuration }: Revision) =>
    `all members have revision ${configuration.revision} of the settings`,
  'record-no-space': ({ members }: { readonly members: readonly string[] }) =>
    `the database of ${members.join(', ')} is full (NOSPACE): etcd takes no writes until the database has room`,
  'withdraw-maintenance': 'the request for maintenance is withdrawn: {reason}',
  'record-compaction': '{member} dropped the history of the keys: {reason}',
  'grant-defragmentation': '{member} may defragment its database: {why}',
  'record-defragmentation': (
    { member, outcome, reason }: Member & Because & { readonly outcome: 'done' | 'failed' },
    say,
  ) =>
    outcome === 'done'
      ? `${member} defragmented its database (${say(reason)}) and serves`
      : `${member} did not defragment its database: ${say(reason)}`,
  'record-space': ({ by }: { readonly by: string | null }) =>
    by === null
      ? 'somebody other than Picket disarmed NOSPACE: etcd takes writes again'
      : `${by} disarmed NOSPACE: etcd takes writes again`,
  'assign-comparison': ({ members, revision }: { readonly members: readonly string[]; readonly revision: number }) =>
    `etcd has raised CORRUPT and takes no writes: ${members.join(', ')} ${members.length === 1 ? 'is' : 'are'} asked for the hash of the keys at revision ${revision}`,
  'record-comparison': ({ hashes, unheard, revision, finding, agreeing, differing }: HashesShown, say) => {
    const proof = `hashes of the keys at revision ${revision}: ${hashesInWords(hashes, unheard, say)}`;
    if (finding === 'agree') return `all voters have the same data; ${proof}`;
    if (finding === 'undecided') return `it is not proven whose data differs; ${proof}`;
    return `the data of ${differing.join(', ')} differs from the data of ${agreeing.join(', ')}, which agree; ${proof}`;
  },
  'withdraw-disarming': 'the request to disarm CORRUPT is withdrawn: {reason}',
  'record-no-corruption': ({ by }: { readonly by: string | null }) =>
    by === null
      ? 'somebody other than Picket disarmed CORRUPT: etcd takes writes again'
      : `${by} disarmed CORRUPT: etcd takes writes again`,
  'record-admission': (
    { executor, outcome, reason }: Executor & Because & { readonly outcome: 'done' | 'failed' },
    say,
  ) =>
    outcome === 'done'
      ? `${executor} gave Picket its user of etcd`
      : `${executor} did not give Picket its user of etcd: ${say(reason)}`,
  'assign-authentication': ({ executor, enable, why }: Executor & Flags<'enable'> & Why, say) =>
    `${executor} is asked to switch etcd's authentication ${enable ? 'on' : 'off'}: ${say(why)}`,
  'record-authentication': (
    {
      executor,
      enable,
      outcome,
      reason,
    }: Executor & Because & { readonly enable: boolean; readonly outcome: 'done' | 'seen' | 'failed' | 'unknown' },
    say,
  ) => {
    const wanted = enable ? 'on' : 'off';
    switch (outcome) {
      case 'done':
        return `${executor} switched etcd's authentication ${wanted}`;
      case 'seen':
        return `etcd's authentication is ${wanted}, by the reports of the voters; ${executor} did not report its order: ${say(reason)}`;
      case 'failed':
        return `${executor} did not switch etcd's authentication ${wanted}: ${say(reason)}`;
      case 'unknown':
        return `it is not known whether ${executor} switched etcd's authentication ${wanted}: ${say(reason)}`;
    }
  },
  freeze: 'the cluster is frozen: {reason}',
  quarantine: 'the node {nodeId} of {name} is quarantined: {reason}',
  'end-quarantine': 'the node {nodeId} of {name} is no longer quarantined: {reason}',
} as const satisfies Sayers;
