import type { CountsAs } from '../protocol/diagnosis.ts';
import { firstOfEach, likenessOf } from '../reasons/likeness.ts';
import { type AnyReason, factOf, type Reason } from '../reasons/reason.ts';
import { rules } from './causes.ts';
import { type Evidence, memberAt, type Scene, spread } from './rules/evidence.ts';
import type { Cause, Next, Proof, Rule } from './rules/rule.ts';

/** A cause with its proof, and what to do. */
export interface Finding {
  readonly cause: Cause;
  /** The members that it concerns; empty for the whole cluster, and on the board itself. */
  readonly members: readonly string[];
  /** At least one, the first of each kind and member. */
  readonly proof: readonly Proof[];
  /** What follows from it, and is no cause of its own. */
  readonly effects: readonly Reason[];
  readonly next: Next | null;
  /** Ways out if the cause cannot be removed. */
  readonly otherwise: readonly AnyReason[];
  /** Below docs/how-to. */
  readonly page: string;
  readonly countsAs: CountsAs;
}

/** At most so many proofs of one finding (R18). */
const mostProofs = 12;

/**
 * The causes of what is observed, each with its proof. What follows from another cause is an effect of that one. First come the
 * causes that keep a voter from serving, or that concern the whole cluster, then what else does not work, then what only slows or
 * threatens, then what is good to know, and last what is over; else the order is that of the rules. Pure.
 */
export function diagnose(scene: Scene): readonly Finding[] {
  const facts = spread(scene.evidence, scene.members);
  const known = rules.flatMap((rule): Match[] => {
    const proof = proofOf(rule, facts, scene);
    return proof.length === 0 ? [] : [{ rule, proof, members: membersOf(proof, scene) }];
  });
  const ranked = known.flatMap((match, index) => {
    const left = membersLeft(match, known.slice(0, index), scene);
    if (left === null) return [];
    const by = { ...match, members: left };
    const later = known.slice(index + 1);
    return [{ finding: findingOf(by, later, facts, scene), rank: rankOf(by, later, scene) }];
  });
  const findings = ranked.toSorted((a, b) => a.rank - b.rank).map(({ finding }) => finding);
  const unexplained = isTroubleExplained(known, ranked, scene) ? [] : lastResort(facts, scene);
  return [...unexplained, ...findings];
}

interface Ranked {
  readonly finding: Finding;
  readonly rank: number;
}

/** Whether a cause tells of what the status says is wrong: by its words, or because no voter that fails is left without a cause. */
function isTroubleExplained(
  known: readonly Match[],
  ranked: readonly Ranked[],
  { trouble = null, members, failing, foreign = [], leaderless = [] }: Scene,
): boolean {
  if (trouble === null) return true;
  const words = new Set(spread([trouble], members).map(({ reason }) => likenessOf(reason)));
  const explaining = known.filter(({ rule }) => rule.countsAs !== 'over' && rule.countsAs !== 'minor');
  if (explaining.some(({ proof }) => proof.some(({ reason }) => words.has(likenessOf(reason))))) return true;
  const grave = ranked.flatMap(({ finding, rank }) => (rank === 0 ? [finding] : []));
  const lost = failing.filter((name) => !leaderless.includes(name));
  const areForeignNamed = known.some(({ rule }) => rule.cause === 'cause_undeclared_member');
  const isNamed = (name: string) =>
    (areForeignNamed && foreign.includes(name)) ||
    grave.some(({ members: concerned }) => concerned.length === 0 || concerned.includes(name));
  return lost.length > 0 && lost.every(isNamed);
}

function lastResort(facts: readonly Evidence[], scene: Scene): readonly Finding[] {
  const { trouble = null } = scene;
  if (trouble === null) return [];
  return rules
    .filter(({ isLastResort }) => isLastResort === true)
    .map((rule) => findingOf({ rule, proof: [trouble], members: [] }, [], facts, scene));
}

function rankOf(match: Match, later: readonly Match[], scene: Scene): number {
  const { rule, members } = match;
  const stopsVoter = later.some((one) => one.rule.cause === 'cause_voter_down' && isExplained(one, match, scene));
  if (rule.countsAs === 'over') return 4;
  if (rule.countsAs === 'remark') return 3;
  if (rule.countsAs === 'minor' && !stopsVoter) return 2;
  if (rule.sparesEtcd === true) return 1;
  return members.length === 0 || members.some((member) => scene.failing.includes(member)) ? 0 : 1;
}

interface Match {
  readonly rule: Rule;
  readonly proof: readonly Proof[];
  readonly members: readonly string[];
}

function proofOf(rule: Rule, facts: readonly Evidence[], scene: Scene): readonly Proof[] {
  const codes = new Set<string>(rule.shownBy);
  const matching = facts.filter(
    ({ reason }) => (codes.has(reason.code) || isError(reason, rule)) && (rule.proves?.(reason, scene) ?? true),
  );
  const peers = new Map(matching.map((one) => [one, peerOf(one, scene)]));
  const isKnown = (code: string) => matching.some((one) => one.reason.code === code && peers.get(one) != null);
  const { serving = [] } = scene;
  const found = matching
    .filter(({ isPast }) => (isPast === true ? rule.ofTrial !== undefined : rule.ofTrial !== 'only'))
    .filter(({ about }) => rule.isOfSilence !== true || about === null || !serving.includes(about))
    .filter((one) => !isOfPastPeer(one, peers.get(one) ?? null, scene))
    // A line that does not tell which peer it is about gives way to one that does.
    .filter((one) => peers.get(one) != null || !isOfPeer(one) || !isKnown(one.reason.code))
    .map((one) => ({ ...one, about: concerned(one, peers.get(one) ?? null, scene) }));
  // The same fact may be in a report, in a notice and in what the cluster waits for.
  const distinct = firstOfEach(found, likeness);
  return rule.together === undefined ? distinct : rule.together(distinct, scene);
}

function isError(why: AnyReason, { errors = [] }: Rule): boolean {
  return why.code === 'picket_error' && errors.some((one) => one === factOf(why, 'error'));
}

function likeness({ reason, about }: Evidence): string {
  const { clock: _clock, seconds: _seconds, ...same } = reason.facts as Readonly<Record<string, unknown>>;
  return `${about} ${likenessOf({ code: reason.code, facts: same })}`;
}

/** What etcd says of a peer to which it has no connection. */
const ofConnections: ReadonlySet<string> = new Set(['etcd_connection_refused', 'etcd_connection_lost']);

function isOfConnection({ reason, from }: Evidence): boolean {
  return from === 'etcd-log' && ofConnections.has(reason.code);
}

function isOfPeer(one: Evidence): boolean {
  const { reason, from } = one;
  if (isOfConnection(one)) return true;
  const isRemote = typeof factOf(reason, 'remote') === 'string' && factOf(reason, 'side') !== 'client';
  return from === 'etcd-log' && isRemote && !ownFaults.has(reason.code);
}

/** Of which peer etcd says something, if it can be told who it is. */
function peerOf(one: Evidence, { members }: Scene): string | null {
  return isOfPeer(one) ? (memberAt(factOf(one.reason, 'remote'), members)?.name ?? null) : null;
}

/**
 * What etcd says of a peer concerns that peer. But if the peer serves and the member that says so does not, the fault is on the side
 * of that member. On a board nobody knows whether the peers serve.
 */
function concerned(one: Evidence, peer: string | null, { place, failing }: Scene): string | null {
  const { about } = one;
  const isAlone = place !== 'board' && about !== null && failing.includes(about) && !failing.includes(peer ?? about);
  return isAlone ? about : (peer ?? (isOfConnection(one) ? null : about));
}

/** How long a line of a log can tell of a peer that serves by now, in milliseconds. */
const pastMs = 60_000;

/** Whether a log speaks of a peer that serves again. On a board nobody knows whether the peers serve. */
function isOfPastPeer({ at, from }: Evidence, peer: string | null, { place, failing, now }: Scene): boolean {
  if (from !== 'etcd-log' || at === null || peer === null || place === 'board' || failing.includes(peer)) return false;
  return Date.parse(now) - Date.parse(at) > pastMs;
}

/** A peer that refuses this member's certificate tells of this member. */
const ownFaults: ReadonlySet<string> = new Set(['etcd_was_refused', 'etcd_saw_other_cluster', 'etcd_clock_drift']);

function membersOf(proof: readonly Proof[], { members }: Scene): readonly string[] {
  const named = new Set(proof.map(({ about }) => about));
  return members.map(({ name }) => name).filter((name) => named.has(name));
}

/** The members whose fault no earlier cause explains; null if it is only an effect. */
function membersLeft(match: Match, earlier: readonly Match[], scene: Scene): readonly string[] | null {
  const by = earlier.filter((one) => isExplained(match, one, scene));
  if (by.length === 0) return match.members;
  if (match.members.length === 0 || isOwnSilence(match, scene)) return null;
  const left = match.members.filter((name) => !by.some((one) => isExplainedOf(name, match, one)));
  return left.length === 0 ? null : left;
}

/** Whether what an effect says of this member follows from a cause. */
function isExplainedOf(name: string, effect: Match, { rule: { explainsBy }, members }: Match): boolean {
  if (members.length > 0 && !members.includes(name)) return false;
  return (
    explainsBy === undefined || effect.proof.some(({ about, reason }) => about === name && explainsBy(reason) === true)
  );
}

/** That a quorum is missing follows only from what keeps a voter from serving. */
function isExplained(effect: Match, by: Match, scene: Scene): boolean {
  if (by.rule.explains?.includes(effect.rule.cause) !== true) return false;
  if (isOwnSilence(effect, scene)) return effect.proof.some(({ reason }) => by.rule.explainsBy?.(reason) ?? true);
  if (effect.members.length > 0) return effect.members.some((name) => isExplainedOf(name, effect, by));
  if (by.members.length === 0) return true;
  return effect.rule.cause !== 'cause_no_quorum' || scene.failing.some((name) => by.members.includes(name));
}

/** A board knows only its own etcd: if that does not serve, what is wrong with its peers explains it too. */
function isOwnSilence({ rule }: Match, { place }: Scene): boolean {
  return place === 'board' && rule.cause === 'cause_voter_down';
}

function findingOf(
  { rule, proof, members }: Match,
  later: readonly Match[],
  facts: readonly Evidence[],
  scene: Scene,
): Finding {
  const own = proof.filter(({ about }) => about === null || members.length === 0 || members.includes(about));
  const effects = later.filter((one) => isExplained(one, { rule, proof, members }, scene));
  const ways = new Set<string>([rule, ...effects.map((one) => one.rule)].flatMap((one) => one.otherwise ?? []));
  const otherwise = facts.filter(
    ({ reason, about }) => ways.has(reason.code) && (about === null || members.length === 0 || members.includes(about)),
  );
  return {
    cause: rule.cause,
    members,
    proof: innermost(own).slice(0, mostProofs),
    effects: effects
      .filter((one) => isListed(one.rule, rule))
      .map((one) => causeOf(one.rule.cause, explainedOf(one, { rule, proof, members }))),
    next: rule.next({ member: members[0] ?? null, proof: own }, scene),
    otherwise: firstOfEach(
      otherwise.map(({ reason }) => reason),
      likenessOf,
    ),
    page: rule.page,
    countsAs: rule.countsAs ?? 'fault',
  };
}

/** Of whom an effect follows: the others are a cause of their own, or an effect of another one. */
function explainedOf(effect: Match, by: Match): readonly string[] {
  const explained = effect.members.filter((name) => isExplainedOf(name, effect, by));
  return explained.length === 0 ? effect.members : explained;
}

function isListed({ cause, isSymptom }: Rule, { leavesOpen }: Rule): boolean {
  return isSymptom !== true && leavesOpen?.includes(cause) !== true;
}

/** Those that contain no other one: what a reason says of a reason in it, such as who waits for it, proves nothing more. */
function innermost(proof: readonly Proof[]): readonly Proof[] {
  const likenesses = new Set(proof.map(({ reason }) => likenessOf(reason)));
  const inner = (one: Proof) => spread([{ ...one, from: 'coordinator' }], []).slice(1);
  return proof.filter((one) => !inner(one).some(({ reason }) => likenesses.has(likenessOf(reason))));
}

/** A cause as a reason: its words are in the table of reasons. */
export function causeOf(cause: Cause, members: readonly string[]): Reason {
  return { code: cause, facts: { members } } as Reason;
}
