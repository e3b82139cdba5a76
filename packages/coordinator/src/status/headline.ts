import { readFacts } from '@picket/shared/answered-reads.ts';
import { isOverdue } from '@picket/shared/overdue.ts';
import type { ClusterState, NextCommand } from '@picket/shared/protocol/clusters.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { freshReads, isMajorityLost, knownMembers } from '../controller/restore/voter-evidence.ts';
import { alarmedBy } from '../controller/space/full-databases.ts';
import { reachable, serving, voters, withoutData } from '../model/health.ts';
import { strangeVoters } from '../model/member-names.ts';
import type { Situation } from '../model/situation.ts';
import { freshFor, longestAgentPause } from '../model/waits.ts';

/** The state of a cluster in one word, what it rests on, and the one command to run next; null if there is none. */
export interface Headline {
  readonly state: ClusterState;
  readonly why: Reason;
  readonly next: NextCommand | null;
}

/** What a coordinator knows of itself when it judges a cluster. */
export interface Listener {
  /** For how long it has run, by one clock, in milliseconds. */
  readonly runsFor: number;
  /** How often nodes report while nothing changes. */
  readonly reportEverySeconds: number;
  /** The ID of a node that waits for its re-adoption; null if there is none. */
  readonly awaited: string | null;
}

/** An agent that finds no coordinator may be silent for this long although it runs. */
const listensFor = freshFor + longestAgentPause;

/** The first state that applies, in the order of what an operator has to know first. Pure. */
export function headline(situation: Situation, { runsFor, reportEverySeconds, awaited }: Listener): Headline {
  const { spec, progress } = situation;
  const watch: NextCommand = { command: `picket status ${spec.name} --watch`, on: null };
  if (progress.frozen !== null) {
    const command = awaited === null ? `picket cluster unfreeze ${spec.name}` : `picket node readopt ${awaited}`;
    return { state: 'frozen', why: reason('stays_frozen', { why: progress.frozen }), next: { command, on: null } };
  }
  const count = tally(situation);
  const { all, able, failing, quorum } = count;
  if (all === 0) return { state: 'forming', why: reason('not_founded'), next: nextJoin(situation) ?? watch };
  const unheard = unheardSinceStart(situation, runsFor);
  if (unheard.length > 0) {
    const seconds = Math.ceil((listensFor - runsFor) / 1000);
    return { state: 'unknown', why: reason('still_listening', { unheard, seconds }), next: watch };
  }
  // Before the quorum is judged: etcd calls itself unhealthy while this alarm is raised.
  const corrupt = alarmedBy(situation, 'CORRUPT') ?? [];
  if (corrupt.length > 0) {
    const next = onMember(situation, corrupt[0], 'etcdctl endpoint hashkv --cluster -w table');
    return { state: 'read-only', why: reason('data_disagrees', { members: corrupt }), next };
  }
  if (able < quorum && freshReads(situation).length === 0) return withoutQuorum(situation, count);
  const full = alarmedBy(situation, 'NOSPACE') ?? [];
  if (full.length > 0) return { state: 'read-only', why: reason('takes_no_writes'), next: watch };
  if (failing.length > 0) return withFailures(situation, count);
  const [doomed] = withoutData(situation);
  if (doomed !== undefined) {
    const next = onMember(situation, doomed, 'picket-agent status');
    return { state: 'at-risk', why: reason('data_dir_is_missing', { members: withoutData(situation) }), next };
  }
  const declared = spec.members.length;
  if (!spec.members.every(({ name }) => progress.members[name]?.phase === 'voter')) {
    const why = reason('members_missing', { voters: all, declared });
    return { state: 'forming', why, next: nextJoin(situation) ?? watch };
  }
  const late = overdue(situation, reportEverySeconds);
  return { state: 'healthy', why: reason('all_serve', { count: all, late }), next: null };
}

interface Tally {
  readonly all: number;
  readonly able: number;
  readonly quorum: number;
  /** Of the others, by name, or by ID if somebody else added it and etcd knows no name of it. */
  readonly failing: readonly string[];
}

/** Every voter that etcd lists counts for the quorum, declared or not (R3). */
function tally(situation: Situation): Tally {
  const known = voters(situation);
  const strange = strangeVoters(situation.progress).map(({ id, name }) => name || id);
  const failing = known.flatMap(([name, member]) =>
    serving(member, situation.status.nodes[name], situation).ok ? [] : [name],
  );
  const all = known.length + strange.length;
  return {
    all,
    able: known.length - failing.length,
    quorum: Math.floor(all / 2) + 1,
    failing: [...failing, ...strange],
  };
}

function withoutQuorum(situation: Situation, { able, all, quorum, failing }: Tally): Headline {
  const cluster = situation.spec.name;
  if (isMajorityLost(knownMembers(situation))) {
    const next = { command: `picket snapshot list ${cluster}`, on: null };
    return { state: 'no-quorum', why: reason('majority_lost', { cluster, able, all, quorum }), next };
  }
  const next = look(situation);
  const isHeard = voters(situation).some(([name]) => hears(situation, name));
  if (!isHeard) return { state: 'unknown', why: reason('nobody_reports'), next };
  const off = failing.filter((name) => isShutDown(situation, name));
  return { state: 'no-quorum', why: reason('no_quorum', { able, all, quorum, off }), next };
}

function withFailures(situation: Situation, { able, all, quorum, failing }: Tally): Headline {
  const refusing = failing.filter((name) => refusesPicket(situation, name));
  if (refusing.length > 0) {
    const next = onMember(situation, refusing[0], 'etcdctl auth disable --user root');
    return { state: 'at-risk', why: reason('authentication_is_on', { members: refusing }), next };
  }
  if (able < quorum) {
    const { serving: who } = readFacts(freshReads(situation), freshFor);
    return { state: 'at-risk', why: reason('reads_prove_quorum', { able, all, serving: who }), next: look(situation) };
  }
  const off = failing.filter((name) => isShutDown(situation, name));
  return { state: 'at-risk', why: reason('some_fail', { able, all, quorum, failing, off }), next: look(situation) };
}

/**
 * First a look at the machine of the first voter that fails: only that machine can tell what happened (R16). null if all
 * that fail were shut down.
 */
function look(situation: Situation): NextCommand | null {
  const failing = voters(situation).flatMap(([name, member]) =>
    serving(member, situation.status.nodes[name], situation).ok ? [] : [name],
  );
  if (failing.length === 0) return onMember(situation, firstServing(situation), 'etcdctl member list -w table');
  const on = failing.find((name) => !isShutDown(situation, name));
  return on === undefined ? null : onMember(situation, on, 'picket-agent status');
}

function isShutDown({ status, now }: Situation, name: string): boolean {
  const reach = reachable(status.nodes[name], now);
  return !reach.ok && reach.why.code === 'machine_stopped';
}

/** The voters whose next report should have come. They may have lost their power a moment ago. */
function overdue(situation: Situation, reportEverySeconds: number): readonly string[] {
  const { status, now } = situation;
  return voters(situation).flatMap(([name]) => {
    const at = status.nodes[name]?.receivedAt ?? null;
    return at !== null && isOverdue(now - at, reportEverySeconds) ? [name] : [];
  });
}

/** The voters that have not reported since this coordinator started, while they may not have had the time to. */
function unheardSinceStart(situation: Situation, runsFor: number): readonly string[] {
  if (runsFor >= listensFor) return [];
  return voters(situation).flatMap(([name]) => {
    const at = situation.status.nodes[name]?.receivedAt ?? null;
    const hasReported = at !== null && situation.now - at <= runsFor;
    return hasReported || hears(situation, name) ? [] : [name];
  });
}

function hears({ status, now }: Situation, name: string): boolean {
  return reachable(status.nodes[name], now).ok;
}

function refusesPicket(situation: Situation, name: string): boolean {
  return hears(situation, name) && situation.status.nodes[name]?.status?.service.authenticationOn === true;
}

function firstServing(situation: Situation): string | undefined {
  return voters(situation).find(([name, member]) => serving(member, situation.status.nodes[name], situation).ok)?.[0];
}

/** While a declared member has no machine yet, the next thing is its join. */
function nextJoin({ spec, status }: Situation): NextCommand | null {
  return spec.members.some(({ name }) => status.nodes[name] === undefined)
    ? { command: `picket token create ${spec.name}`, on: null }
    : null;
}

function onMember({ spec }: Situation, member: string | undefined, command: string): NextCommand | null {
  const declared = spec.members.find(({ name }) => name === member) ?? spec.members[0];
  return declared === undefined ? null : { command, on: { member: declared.name, address: declared.address } };
}
