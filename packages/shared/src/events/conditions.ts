import { picketUser } from '../etcd-users/picket-user.ts';
import { durationOf } from '../reasons/durations.ts';
import type { Flags, Numbers, Texts, Why } from '../reasons/facts.ts';
import type { AnyReason, Sayers } from '../reasons/reason.ts';
import { gigabytes } from '../reasons/sizes.ts';

/** A machine: of a member, or of a client. */
type Node = Texts<'nodeId' | 'name'>;
type Member = Texts<'nodeId' | 'member'>;
/** How long the condition lasted that has ended, in milliseconds. */
type For = Numbers<'forMs'>;
type Disk = Node & Numbers<'freeBytes' | 'totalBytes'>;
/** `able`: the voters that serve by their last reports. `lastRead`: when a member last answered a linearizable read. */
type Quorum = Numbers<'able' | 'all' | 'quorum'> & { readonly lastRead: string | null };

/** The snapshot from which the cluster was restored just before, if that has caused the change. */
type Restored = { readonly restored?: string | null };

/** Events about conditions: what nodes report that begins, lasts for a while, and ends. No operator and no step caused it. */
export const conditionEvents = {
  /** `stops`: what its agent said last; null if it said nothing, as after a loss of power or network. */
  'node-silent': ({
    nodeId,
    name,
    kind,
    stops,
    since,
  }: Node & {
    readonly kind: 'member' | 'client';
    readonly stops: 'agent' | 'machine' | null;
    readonly since: string;
  }) => {
    const node = `${name} (node ${nodeId})`;
    if (stops === 'machine') return `the machine of ${node} was shut down at ${since}`;
    const etcd = kind === 'member' ? '; its etcd may still serve' : '';
    return stops === 'agent'
      ? `the agent of ${node} was stopped at ${since}, and none has reported since${etcd}`
      : `the agent of ${node} has not reported since ${since}${etcd}`;
  },
  /** `restarted`: whether another run of the agent reports now. */
  'node-returned': ({ nodeId, name, forMs, restarted }: Node & For & Flags<'restarted'>) => {
    const how = restarted ? 'it was restarted meanwhile' : 'it was not restarted meanwhile';
    return `the agent of ${name} (node ${nodeId}) reports again after ${durationOf(forMs)}; ${how}`;
  },
  'agent-restarted': 'the agent of {name} (node {nodeId}) was restarted, as version {version}',
  /** `why`: what the agent reports about the end; null if it does not know. */
  'etcd-restarted': (
    { member, times, why }: Member & { readonly times: number; readonly why: AnyReason | null },
    say,
  ) =>
    `the etcd of ${member} ended unexpectedly and was restarted${times === 1 ? '' : `, ${times} times`}${why === null ? '' : `: ${say(why)}`}`,
  'voter-down': ({ member, why }: Member & Why, say) => `the voter ${member} does not serve: ${say(why)}`,
  'voter-up': ({ member, forMs }: Member & For) => `the voter ${member} serves again after ${durationOf(forMs)}`,
  /** etcd still runs with the files that it has open: that is no loss yet. */
  'data-missing': ({ member, why }: Member & { readonly why: AnyReason | null }, say) =>
    `the data directory of ${member} is missing while its etcd runs${why === null ? '' : `: ${say(why)}`}`,
  'data-found': ({ member }: Member) => `the data directory of ${member} is there again`,
  'data-lost': ({ member, why }: Member & { readonly why: AnyReason | null }, say) =>
    `the data of ${member} is lost${why === null ? '' : `: ${say(why)}`}`,
  'disk-low': ({ name, freeBytes, totalBytes }: Disk) =>
    `the disk of ${name} is nearly full: ${gigabytes(freeBytes)} of ${gigabytes(totalBytes)} GB are free`,
  'disk-full': ({ name, freeBytes, totalBytes }: Disk) =>
    `the disk of ${name} is full: ${gigabytes(freeBytes)} of ${gigabytes(totalBytes)} GB are free, too little for etcd’s log`,
  'disk-free': ({ name, freeBytes, totalBytes }: Disk) =>
    `the disk of ${name} has room again: ${gigabytes(freeBytes)} of ${gigabytes(totalBytes)} GB are free`,
  /** `why`: the agent itself doubts its clock; null if the clock only differs from the coordinator's. */
  'clock-wrong': (
    { name, offsetMs, why }: Node & { readonly offsetMs: number | null; readonly why: AnyReason | null },
    say,
  ) => {
    if (why !== null) return `the clock of ${name} is in doubt: its agent waits for ${say(why)}`;
    const offset = offsetMs ?? 0;
    return `the clock of ${name} is ${durationOf(Math.abs(offset))} ${offset > 0 ? 'ahead of' : 'behind'} the coordinator’s`;
  },
  'clock-right': ({ name, forMs }: Node & For) => `the clock of ${name} is right again after ${durationOf(forMs)}`,
  'quorum-lost': ({ able, all, quorum, lastRead }: Quorum) =>
    `etcd has lost its quorum and takes no writes: ${able} of ${all} voters serve, and ${quorum} are needed${lastReadClause(lastRead)}`,
  'quorum-unknown': ({ able, all, quorum, lastRead }: Quorum) =>
    `it is not known whether etcd has a quorum: ${able} of ${all} voters report that they serve, and ${quorum} are needed${lastReadClause(lastRead)}`,
  /** `known`: whether the quorum was reported as lost before, and not only as unknown. */
  'quorum-regained': ({ forMs, known }: For & Flags<'known'>) =>
    `${known ? 'etcd has a quorum again' : 'a member shows a quorum again'} after ${durationOf(forMs)}`,
  /** `member`: the one whose agent saw it first. `refused`: whether etcd keeps that agent out. */
  'authentication-on': ({ member, refused, restored = null }: Restored & Texts<'member'> & Flags<'refused'>) =>
    (refused
      ? `etcd’s authentication is on: etcd refuses the agent of ${member}`
      : `etcd’s authentication is on: the agent of ${member} logs in as ${picketUser}`) + asRestored(restored),
  'authentication-off': ({ member, restored = null }: Restored & Texts<'member'>) =>
    `etcd’s authentication is off again: etcd answers the agent of ${member}${asRestored(restored)}`,
  /** `former`: the leader before. `elections`: by how much the term has risen. */
  'leader-changed': ({
    leader,
    former,
    term,
    elections,
  }: Texts<'leader' | 'former'> & Numbers<'term' | 'elections'>) => {
    const held = elections === 1 ? '1 election' : `${elections} elections`;
    return leader === former
      ? `${leader} was elected leader again, in term ${term} (${held}); no step of Picket caused it`
      : `${leader} leads instead of ${former}, in term ${term} (${held}); no step of Picket caused it`;
  },
  /** `name`: null for the cluster as a whole. */
  'more-changes': ({
    name,
    count,
    since,
  }: {
    readonly nodeId: string | null;
    readonly name: string | null;
    readonly count: number;
    readonly since: string;
  }) =>
    `the state of ${name ?? 'the cluster'} has changed ${count === 1 ? 'once' : `${count} times`} more since ${since}; only the first changes of an hour get an event`,
} as const satisfies Sayers;

function lastReadClause(lastRead: string | null): string {
  return lastRead === null ? '' : `; the last known read was at ${lastRead}`;
}

function asRestored(snapshot: string | null): string {
  return snapshot === null ? '' : `, as in the snapshot ${snapshot}, from which the cluster was restored`;
}
