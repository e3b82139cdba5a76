import { readFacts } from '@picket/shared/answered-reads.ts';
import type { Next } from '@picket/shared/diagnosis/rules/rule.ts';
import { grantsPicketUser } from '@picket/shared/etcd-users/picket-user.ts';
import { isOverdue } from '@picket/shared/overdue.ts';
import type { ClusterState, NextCommand } from '@picket/shared/protocol/clusters.ts';
import type { Rescue } from '@picket/shared/reasons/headline.ts';
import { type Reason, type ReasonCode, reason } from '@picket/shared/reasons/reason.ts';
import { startsAgent } from '@picket/shared/service-commands.ts';
import { presentComparison } from '../controller/corruption/present-comparison.ts';
import { memberNodes } from '../controller/deletion/deletion.ts';
import { keepsItFromLeaving } from '../controller/membership/departures.ts';
import { survivorOf } from '../controller/restore/survivor.ts';
import { freshReads, isMajorityLost, knownMembers } from '../controller/restore/voter-evidence.ts';
import { whoTakesIt } from '../controller/snapshots/snapshots.ts';
import { replacedMinor } from '../controller/version/version.ts';
import { alarmedBy, unnamedMember } from '../model/alarms.ts';
import type { Conditions } from '../model/conditions.ts';
import type { Deletion } from '../model/deletion-progress.ts';
import { isQuorumDenied } from '../model/denied-quorum.ts';
import {
  ailments,
  electorate,
  goneFrom,
  presentStatus,
  reachable,
  refusesPicket,
  serving,
  servingVoters,
  voters,
  withoutData,
} from '../model/health.ts';
import { heldWords, openHold } from '../model/held.ts';
import { presence, silentFor } from '../model/presence.ts';
import type { Situation } from '../model/situation.ts';
import { freshFor, longestSilence } from '../model/waits.ts';
import { beyondHelp } from './beyond-help.ts';
import { silentSinceLeaderLost } from './leader-lost.ts';
import { lostThatServe, snapshotTakenMeanwhile } from './lost-that-serve.ts';
import { saidOfMember } from './machine-notices.ts';
import { movedEtcd } from './moved-etcd.ts';
import { movement } from './movement.ts';
import { stoppedRollout } from './stopped-rollout.ts';

/** The state of a cluster in one word, what it rests on, and the one command to run next; null if there is none. */
export interface Headline {
  readonly state: ClusterState;
  readonly why: Reason;
  readonly next: NextCommand | null;
}

type Judged = Omit<Headline, 'state'>;

/** What a coordinator knows of itself when it judges a cluster. */
export interface Listener {
  /** For how long it has run, by one clock, in milliseconds. */
  readonly runsFor: number;
  /** That began when its clock was set, not when it started. */
  readonly clockWasSet: boolean;
  /** How often nodes report while nothing changes. */
  readonly reportEverySeconds: number;
  /** The ID of a node that waits for its re-adoption; null if there is none. */
  readonly awaited: string | null;
}

/** The first state that applies, in the order of what an operator has to know first. Pure. */
export function headline(situation: Situation, listener: Listener, conditions: Conditions): Headline {
  const { progress } = situation;
  const { runsFor, clockWasSet, reportEverySeconds, awaited } = listener;
  const watch = watching(situation);
  if (progress.frozen !== null) {
    const isBehind = progress.provenBehind !== null;
    const thawed = { ...situation, progress: { ...progress, frozen: null } };
    // After a restore, the reports of nodes do not count at first, and etcd is not judged by them.
    const inner = awaited === null && !areReportsUncounted(situation) ? headline(thawed, listener, conditions) : null;
    const besides = inner === null || inner.state === 'healthy' || inner.state === 'forming' ? null : inner.why;
    const why = reason('stays_frozen', { why: progress.frozen, isBehind, besides });
    // No command of `picket` puts a newer store back.
    return { state: 'frozen', why, next: isBehind ? null : wayOutOfFreeze(situation, awaited) };
  }
  if (progress.deletion !== null) return withDeletion(situation, progress.deletion);
  const count = tally(situation);
  const { all, able, failing, quorum } = count;
  if (all === 0) {
    const why = progress.restore == null ? reason('not_founded') : reason('restores_snapshot');
    return { state: 'forming', why, next: nextJoin(situation) ?? lookAtSilent(situation) ?? watch };
  }
  // Before the quorum is judged: etcd calls itself unhealthy while this alarm is raised.
  const corrupt = alarmedBy(situation, 'CORRUPT') ?? [];
  if (corrupt.length > 0) return { state: 'read-only', ...withCorruption(situation, corrupt) };
  const hasQuorum = able >= quorum || (readsOfThoseOn(situation).length > 0 && !isQuorumDenied(situation));
  const unheard = unheardSinceStart(situation, runsFor);
  if (unheard.length > 0 && failing.length > 0) {
    const seconds = Math.ceil((longestSilence - runsFor) / 1000);
    const why = reason('still_listening', { unheard, seconds, clockWasSet });
    return { state: hasQuorum ? 'at-risk' : 'unknown', why, next: watch };
  }
  const [evictedAsCompromised] = compromised(situation);
  if (evictedAsCompromised !== undefined && all === 1) return withOnlyCompromised(situation, evictedAsCompromised);
  if (!hasQuorum) return withoutQuorum(situation, count);
  if (evictedAsCompromised !== undefined)
    return { state: 'at-risk', ...withCompromised(situation, evictedAsCompromised) };
  if ((alarmedBy(situation, 'NOSPACE') ?? []).length > 0)
    return { state: 'read-only', why: reason('takes_no_writes'), next: watch };
  if (failing.length > 0) return { state: 'at-risk', ...withFailures(situation, count) };
  const [doomed] = withoutData(situation);
  if (doomed !== undefined) {
    const ailment = reason('of_member', { member: doomed, why: reason('runs_without_data') });
    const next = onMember(situation, doomed, 'picket-agent status');
    return { state: 'at-risk', why: reason('voter_ails', { ailment }), next };
  }
  for (const [name] of voters(situation))
    for (const { why, look } of saidOfMember(situation, name, conditions))
      if (look !== null) return { state: 'at-risk', why, next: onMember(situation, name, look) };
  const moving = movement(situation, all);
  if (moving !== null)
    return { state: 'forming', why: moving, next: nextJoin(situation) ?? lookAtSilent(situation) ?? watch };
  const late = overdue(situation, reportEverySeconds);
  const stopped = stoppedRollout(situation);
  if (stopped === null) {
    const { why, next } = notRestartable(situation) ?? { why: null, next: null };
    const served = { count: all, late };
    const words = why === null ? reason('all_serve', served) : reason('serve_not_restartable', { ...served, ...why });
    return { state: 'healthy', why: words, next };
  }
  const { member, revision, next } = stopped;
  const why = reason('serve_rollout_stopped', { count: all, late, member, revision });
  return { state: 'healthy', why, next: next === null ? null : nextOf(situation, next) };
}

/** A coordinator that was restored ends its freeze as soon as enough nodes are re-adopted and report: no command does so before. */
function wayOutOfFreeze({ spec, progress }: Situation, awaited: string | null): NextCommand {
  if (awaited !== null) return here(`picket node readopt ${awaited}`);
  if (progress.frozen?.code === 'restored_from_backup') return watching({ spec });
  return here(`picket cluster unfreeze ${spec.name}`);
}

function withDeletion(situation: Situation, deletion: Deletion): Headline {
  const { by, name, ended, wantsSnapshot, freed, force } = deletion;
  const nodes = memberNodes(situation);
  const again = (option: string) => here(`picket cluster delete ${name} ${option}`);
  if (ended === null) {
    const next = wantsSnapshot && whoTakesIt(situation) === null ? again('--without-snapshot') : watching(situation);
    return { state: 'deleting', why: reason('takes_last_snapshot', { by }), next };
  }
  const names = nodes.map((node) => node.name);
  const stopping = names.filter((member) => goneFrom(situation.status.nodes[member], situation.now) === null);
  const silent = names.filter((member) => !stopping.includes(member));
  const snapshot = ended.snapshot ?? situation.progress.snapshots.last?.id ?? null;
  const facts = { by, stopping, silent, snapshot };
  if (freed) return { state: 'deleted', why: reason('was_deleted', { ...facts, name }), next: null };
  const next = force || stopping.length > 0 ? watching(situation) : again('--force');
  return { state: 'deleting', why: reason('being_deleted', facts), next };
}

function nextOf(situation: Situation, { command, on }: Next): NextCommand | null {
  return on === null ? { command, on } : onMember(situation, on, command);
}

function watching({ spec }: Pick<Situation, 'spec'>): NextCommand {
  return here(`picket status ${spec.name} --watch`);
}

interface Tally {
  readonly all: number;
  readonly able: number;
  readonly quorum: number;
  /** The others. */
  readonly failing: readonly string[];
  /** Those of them that this coordinator did not add. */
  readonly strange: readonly string[];
}

function tally(situation: Situation): Tally {
  const { all, quorum, strange } = electorate(situation);
  const failing = [...ailments(situation).map(({ facts }) => facts.member), ...strange];
  return { all, able: all - failing.length, quorum, failing, strange };
}

/** How the data of a cluster whose majority is lost is saved: from the voter that has most of it, then by a restore. */
function nextRescue(situation: Situation): { readonly from: Rescue; readonly command: string } {
  const { name: cluster } = situation.spec;
  const { rescue } = situation.progress.snapshots;
  const survivor = survivorOf(situation);
  // A quorum may have served since that snapshot was taken.
  if (rescue !== null && (survivor === null || survivor.appliedIndex <= rescue.appliedIndex)) {
    const command = `picket cluster restore ${cluster} --snapshot ${rescue.id}`;
    return { from: { survivor: null, rescue: { id: rescue.id, member: rescue.by } }, command };
  }
  return survivor === null
    ? { from: { survivor: null, rescue: null }, command: `picket snapshot list ${cluster}` }
    : {
        from: { survivor: survivor.member, rescue: null },
        command: `picket snapshot take ${cluster} --without-quorum`,
      };
}

function withoutQuorum(situation: Situation, { able, all, quorum, failing }: Tally): Headline {
  const cluster = situation.spec.name;
  if (isMajorityLost(knownMembers(situation))) {
    const { from, command } = nextRescue(situation);
    const why = reason('majority_lost', { cluster, able, all, quorum, ...from });
    return { state: 'no-quorum', why, next: here(command) };
  }
  const next = look(situation, { withoutQuorum: true });
  const isHeard = voters(situation).some(([name]) => hears(situation, name));
  const off = failing.filter((name) => isShutDown(situation, name));
  if (!isHeard) return { state: 'unknown', why: reason('nobody_reports', { off }), next };
  return { state: 'no-quorum', why: reason('no_quorum', { able, all, quorum, off }), next };
}

function withFailures(situation: Situation, { able, all, quorum, failing: every, strange }: Tally): Judged {
  const held = openHold(situation);
  const failing = every.filter((name) => name !== held?.member);
  if (held !== null && failing.length === 0) {
    const why = reason('held_fails', { able, all, quorum, ...heldWords(situation.spec.name, held, held.hold).facts });
    return { why, next: watching(situation) };
  }
  const refusing = failing.filter((name) => refusesPicket(situation, name));
  if (refusing.length > 0) {
    const next = onMember(situation, refusing[0], letsIn(situation, refusing[0]));
    return { why: reason('authentication_is_on', { members: refusing }), next };
  }
  const off = failing.filter((name) => isShutDown(situation, name));
  if (able < quorum) {
    const { serving: who } = readFacts(readsOfThoseOn(situation), freshFor);
    const lost = lostThatServe(situation);
    if (lost.length > 0) {
      const { name: cluster } = situation.spec;
      const take = here(`picket snapshot take ${cluster}`);
      const next = snapshotTakenMeanwhile(situation) ? watching(situation) : take;
      return { why: reason('lost_one_serves', { cluster, able, all, serving: who, lost }), next };
    }
    return {
      why: reason('reads_prove_quorum', { able, all, serving: who, off }),
      next: look(situation),
    };
  }
  const { leaderless, silent } = silentSinceLeaderLost(situation);
  if (able - silent.length < quorum) {
    const why = reason('quorum_in_doubt', { able: able - silent.length, all, quorum, leaderless, silent, off });
    return { why, next: onMember(situation, silent[0], 'picket-agent status') };
  }
  const lost = failing.filter((name) => presentStatus(situation, name)?.service.state === 'lost-data');
  const beyond = beyondHelp(situation);
  const damaged = beyond.flatMap(({ member, words }) => (words === null ? [] : [{ member, words }]));
  const stopped = failing.filter((name) => whyUnheard(situation, name) === 'agent_stopped');
  const foreign = strange.length === 0 ? {} : { foreign: strange };
  const why = reason('some_fail', { able, all, quorum, failing, off, lost, damaged, stopped, ...foreign });
  // Another voter that may come back is looked at first: with it, the replacement leaves one to spare.
  const isAlone = failing.every((name) => beyond.some(({ member }) => member === name));
  const first = isAlone ? beyond.find(({ obstacle }) => obstacle === null) : undefined;
  const replace = here(`picket member replace ${situation.spec.name} ${first?.member}`);
  return { why, next: first === undefined ? look(situation) : replace };
}

/** Nobody reports on it, and etcd cannot remove it. */
function withOnlyCompromised(situation: Situation, member: string): Headline {
  const cluster = situation.spec.name;
  const next = here(`picket snapshot list ${cluster}`);
  return { state: 'unknown', why: reason('compromised_alone', { cluster, member }), next };
}

/** It votes until etcd has removed it. First come the others that must serve before it can leave. */
function withCompromised(situation: Situation, member: string): Judged {
  const obstacle = keepsItFromLeaving(situation, member, true);
  const why = reason('compromised_votes', { member, obstacle });
  const others = ailments(situation).some(({ facts }) => !compromised(situation).includes(facts.member));
  return { why, next: others ? look(situation) : watching(situation) };
}

/** The voters whose machines somebody else controls, by an operator's word. */
function compromised(situation: Situation): readonly string[] {
  return voters(situation).flatMap(([name, { leaving }]) => (leaving?.compromised === true ? [name] : []));
}

/** What a voter alone cannot mend, however well it is. */
const ofQuorum: readonly (string | undefined)[] = ['no_leader', 'no_reads'];

/**
 * First a look at the machine of the first voter that fails, and before those that report at one that does not: only that
 * machine can tell what happened (R16). Without a quorum, first comes one that is ill and reports, then one that is silent, as in
 * a diagnosis (R19): a voter that only sees no quorum is the cause only if nobody else is. Where an operator said that the machine is
 * lost, another one joins. null if all the others that fail were shut down. Nobody looks at a compromised machine, which can show
 * anything.
 */
function look(situation: Situation, { withoutQuorum = false } = {}): NextCommand | null {
  const whys = new Map(
    voters(situation).flatMap(([name, member]) => {
      const health = serving(situation, name);
      return health.ok || member.leaving?.compromised === true ? [] : [[name, health.why.code] as const];
    }),
  );
  const failing = [...whys.keys()];
  const held = openHold(situation)?.member;
  if (failing.length === 0) return onMember(situation, firstServing(situation), 'etcdctl member list -w table');
  const standing = failing.filter((name) => situation.progress.members[name]?.leaving?.machineGone !== true);
  if (standing.length > 0 && standing.every((name) => name === held)) return watching(situation);
  if (standing.length === 0) return nextJoin(situation) ?? watching(situation);
  const there = standing.filter((name) => name !== held && !isShutDown(situation, name));
  const { silent } = silentSinceLeaderLost(situation);
  const ill = there.filter((name) => !ofQuorum.includes(whys.get(name)));
  const isOff = standing.some((name) => isShutDown(situation, name));
  const cannotRestart = there.find((name) => replacedMinor(situation.status.nodes[name]) !== null);
  const on = withoutQuorum
    ? (ill.find((name) => hears(situation, name)) ?? ill[0] ?? (isOff ? undefined : (cannotRestart ?? there[0])))
    : (there.find((name) => !hears(situation, name)) ?? silent[0] ?? there[0]);
  if (on === undefined) return null;
  if (whyUnheard(situation, on) === 'agent_stopped') return onMember(situation, on, startsAgent);
  const isHeldBack = hears(situation, on) && presentStatus(situation, on)?.service.state === 'held-back';
  return onMember(situation, on, isHeldBack ? reinstalls(situation, on) : 'picket-agent status');
}

/**
 * Neither a machine that said goodbye a moment ago proves a quorum any longer, nor one whose last words from before the
 * coordinator's start are old by the clock.
 */
function readsOfThoseOn(situation: Situation): ReturnType<typeof freshReads> {
  return freshReads(situation).filter(
    ({ name, isStored }) => !isShutDown(situation, name) && (isStored !== true || hears(situation, name)),
  );
}

/** The first node that has joined and does not report. If it never has, nobody has started its agent yet. */
function lookAtSilent(situation: Situation): NextCommand | null {
  for (const { name } of situation.spec.members) {
    const node = situation.status.nodes[name];
    const gone = node === undefined ? null : goneFrom(node, situation.now);
    const isNew = gone?.code === 'not_reported';
    if (gone !== null) return onMember(situation, name, isNew ? startsAgent : 'picket-agent status');
  }
  return null;
}

function isShutDown(situation: Situation, name: string): boolean {
  return whyUnheard(situation, name) === 'machine_stopped';
}

/** The data of a member differs. The next command follows from what the last comparison has shown. */
function withCorruption(situation: Situation, alarmed: readonly string[]): Judged {
  const { spec, progress } = situation;
  const cluster = spec.name;
  const watch = watching(situation);
  const found = presentComparison(progress);
  if (found === null) {
    const members = alarmed.filter((name) => name !== unnamedMember);
    return { why: reason('data_disagrees', { members }), next: watch };
  }
  const { revision, unheard, agreeing, differing } = found;
  switch (found.finding) {
    case 'named': {
      const [first] = differing.filter((name) => progress.members[name]?.leaving === undefined);
      const replace = here(`picket member replace ${cluster} ${first}`);
      const why = reason('data_named', { agreeing, differing, revision });
      return { why, next: first === undefined ? watch : replace };
    }
    case 'undecided': {
      const look = onMember(situation, unheard[0]?.member, 'picket-agent status');
      const why = reason('data_undecided', { revision, agreeing, unheard: unheard.map(({ member }) => member) });
      return { why, next: look ?? here(`picket snapshot list ${cluster}`) };
    }
    case 'agree': {
      const isDisarmed = progress.corruption.named.length > 0;
      const byHand = onMember(situation, voters(situation)[0]?.[0], 'etcdctl alarm disarm');
      return { why: reason('data_agrees', { revision, isDisarmed }), next: isDisarmed ? watch : byHand };
    }
  }
}

/** The voters that run and whose installed etcd has another minor version, and the command for the first of them. */
function notRestartable(situation: Situation) {
  const moved = voters(situation).flatMap(([name]) => movedEtcd(situation, name) ?? []);
  const [first] = moved;
  if (first === undefined) return null;
  const { installed, minor, member } = first.facts;
  const alike = moved.filter(({ facts }) => facts.installed === installed && facts.minor === minor);
  const why = { moved: alike.map(({ facts }) => facts.member), installed, minor };
  return { why, next: onMember(situation, member, reinstalls(situation, member)) };
}

/** On the machine of a member, by the table of packages; else what says more there. */
function reinstalls(situation: Situation, member: string): string {
  return movedEtcd(situation, member)?.facts.command ?? 'picket-agent status';
}

/** The voters whose next report should have come. They may have lost their power a moment ago. */
function overdue(situation: Situation, reportEverySeconds: number): readonly string[] {
  const { status, now } = situation;
  return voters(situation).flatMap(([name]) => {
    const node = status.nodes[name];
    const silentMs = node === undefined ? null : silentFor(node, now);
    return silentMs !== null && isOverdue(silentMs, reportEverySeconds) ? [name] : [];
  });
}

/** The reports of a voter do not count since a restore of the coordinator, and say nothing of its etcd. */
function areReportsUncounted(situation: Situation): boolean {
  return voters(situation).some(([name]) => {
    const why = situation.status.nodes[name]?.uncounted ?? null;
    return why !== null && why.code !== 'quarantined';
  });
}

/** The voters that have not reported since this coordinator started, while they may not have had the time to. */
function unheardSinceStart(situation: Situation, runsFor: number): readonly string[] {
  const { status, now } = situation;
  return voters(situation).flatMap(([name, { leaving }]) => {
    // Nobody listens to it.
    if (leaving?.compromised === true) return [];
    const node = status.nodes[name];
    const state = node === undefined ? 'never-reported' : presence(node, now).state;
    return state === 'unsure' || (state === 'never-reported' && runsFor < longestSilence) ? [name] : [];
  });
}

/** null if it is reachable. */
function whyUnheard({ status, now }: Situation, name: string): ReasonCode | null {
  const reach = reachable(status.nodes[name], now);
  return reach.ok ? null : reach.why.code;
}

function hears(situation: Situation, name: string): boolean {
  return whyUnheard(situation, name) === null;
}

/** Gives Picket its etcd user, if that is what is missing. */
function letsIn({ status }: Situation, name: string | undefined): string {
  const why = status.nodes[name ?? '']?.status?.service.reason ?? null;
  // A node may report a reason of this code without its facts (R18).
  const { why: cause = null } = (why?.code === 'authentication_on' ? why.facts : {}) as Partial<
    Reason<'authentication_on'>['facts']
  >;
  return cause === null || cause.code === 'etcd_user_refused' ? grantsPicketUser : 'picket-agent status';
}

function firstServing(situation: Situation): string | undefined {
  return servingVoters(situation)[0];
}

/** While a declared member has no machine yet, the next thing is its join. A member that had a machine gets its own token. */
function nextJoin({ spec, status, progress }: Situation): NextCommand | null {
  const missing = spec.members.filter(({ name }) => status.nodes[name] === undefined);
  const [one] = missing;
  if (one === undefined) return null;
  const isReplaced =
    progress.restore !== null ||
    progress.formation?.from !== undefined ||
    progress.members[one.name]?.leaving?.machineGone === true;
  const whom = missing.length === 1 || isReplaced ? `--member ${one.name}` : `--uses ${missing.length}`;
  return here(`picket token create ${spec.name} ${whom}`);
}

/** Where the operator runs `picket`. */
function here(command: string): NextCommand {
  return { command, on: null };
}

function onMember({ spec }: Situation, member: string | undefined, command: string): NextCommand | null {
  const declared = spec.members.find(({ name }) => name === member);
  // One that is no longer declared has no address here.
  return declared === undefined ? null : { command, on: { member: declared.name, address: declared.address } };
}
