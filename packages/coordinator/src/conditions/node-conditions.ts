import { happening } from '@picket/shared/events/event.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { lastingWithoutIncarnation, type Seen } from '@picket/shared/problems/lasting.ts';
import { beginsNothing, seenOnMachine } from '@picket/shared/problems/on-machine.ts';
import { viewOf } from '@picket/shared/problems/problem-kind.ts';
import { answersReads } from '@picket/shared/protocol/etcd-health.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { NodeObservation } from '../model/cluster-status.ts';
import { type NodeConditions, noNodeConditions, type Unrecorded } from '../model/conditions.ts';
import { serving } from '../model/health.ts';
import { withoutKey } from '../model/mapped.ts';
import type { MemberProgress } from '../model/membership-progress.ts';
import { type Change, changed, inTurn, withFields } from './change.ts';
import { agentPresence, type ConditionsSituation, presentReport } from './sight.ts';

/** A voter that does not serve for this long is down: an election, or a restart by its supervisor, takes less. */
const downAfter = 15_000;
/** If its agent says that etcd has ended, a restart by its supervisor is all that could be under way. It takes less. */
const downAfterEnd = 5_000;
const dayMs = 24 * 3_600_000;

/**
 * Whether a look at this node would change nothing, as at most clients of a large fleet: it has no conditions, and its
 * report gives it none. Each report of one node is a look at all of them. Pure.
 */
export function isQuiet(before: NodeConditions | undefined, node: NodeObservation, situation: ConditionsSituation) {
  const { status } = node;
  if (before !== undefined || status === null || status.agent.waits.length > 0) return false;
  return beginsNothing(viewOf(status)) && agentPresence(node, situation)?.silentSince === null;
}

/** A node, and what is known of the member that it is. */
export interface SeenNode {
  readonly name: string;
  readonly kind: 'member' | 'client';
  readonly node: NodeObservation;
  /** Its incarnation; undefined for a client, and for a member that has none. */
  readonly member: MemberProgress | undefined;
  /** Picket itself has set something going there that stops or restarts etcd. */
  readonly disturbed: boolean;
}

type OfNode = Pick<Unrecorded, 'ailing' | 'ended'>;

/**
 * The conditions of a node after its present report, and what of them has no event yet. Without a present report, all
 * but its silence stays as it was. Pure.
 *
 * @param hasQuorum a voter without leader or reads is news only while others have a quorum
 */
export function nodeConditions(
  before: NodeConditions | undefined,
  seen: SeenNode,
  situation: ConditionsSituation,
  unrecorded: OfNode,
  hasQuorum: boolean,
): Change<NodeConditions> & OfNode {
  const { node } = seen;
  const id = node.nodeId;
  const report = presentReport(node, situation);
  const start = before ?? noNodeConditions;
  if (report === null) {
    const { ailing, ended } = unrecorded;
    return { ...presenceChange(start, seen, null, situation), ailing: withEntry(ailing, id, null), ended };
  }
  const { status } = report;
  const { now } = situation;
  const ofPresence = (state: NodeConditions) => presenceChange(state, seen, status, situation);
  const ofMachine = (state: NodeConditions) =>
    changed(state, seenOnMachine({ nodeId: id, name: seen.name }, viewOf(status), state.lasting), now);
  if (seen.kind === 'client') return { ...inTurn(start, [ofPresence, ofMachine]), ...unrecorded };
  const ended = endingOf(status) ?? unrecorded.ended[id] ?? null;
  const ailingSince = ailingSinceOf(seen, situation, unrecorded.ailing[id], hasQuorum);
  const change = inTurn(start, [
    ofPresence,
    (state) => runChange(state, seen, status),
    (state) => endingChange(state, seen, status, ended, now),
    (state) => dataChange(state, seen, status, now),
    (state) => servingChange(state, seen, situation, ailingSince),
    ofMachine,
  ]);
  const waitsForRestart =
    status.service.restarts === start.restarts && status.service.incarnation === start.incarnation;
  return {
    ...change,
    ailing: withEntry(unrecorded.ailing, id, ailingSince),
    ended: withEntry(unrecorded.ended, id, waitsForRestart ? ended : null),
  };
}

/** @param status the present report; null if there is none that counts */
function presenceChange(
  state: NodeConditions,
  { name, kind, node }: SeenNode,
  status: NodeStatus | null,
  situation: ConditionsSituation,
): Change<NodeConditions> {
  const here = agentPresence(node, situation);
  if (here === null) return { after: state, events: [] };
  const { nodeId } = node;
  const isSilent = here.silentSince !== null;
  const since = here.silentSince ?? situation.now;
  const run = (isSilent ? node.status : status)?.agent.startedAt ?? state.run;
  const silence: Seen = {
    code: 'node-silent',
    lasts: isSilent,
    since,
    begins: () =>
      happening('node-silent', { nodeId, name, kind, stops: isSilent ? here.stops : null, since: isoTime(since) }),
    ends: (forMs) =>
      happening('node-returned', { nodeId, name, forMs, restarted: state.run !== null && run !== state.run }),
  };
  const { after, events } = changed(state, [silence], situation.now);
  return { after: after === state ? state : { ...after, run: isSilent || kind === 'member' ? run : null }, events };
}

/** Not of clients: a fleet has thousands, and the restart of one alone changes nothing. */
function runChange(state: NodeConditions, { name, kind, node: { nodeId } }: SeenNode, { agent }: NodeStatus) {
  const { startedAt: run, version } = agent;
  if (kind === 'client' || run === state.run) return { after: state, events: [] };
  const events = state.run === null ? [] : [happening('agent-restarted', { nodeId, name, version })];
  return { after: { ...state, run }, events };
}

/** Counts the ends of etcd that nobody ordered, in this incarnation. A smaller count is a new one: the machine was started. */
function endingChange(
  state: NodeConditions,
  { name, member, disturbed, node: { nodeId } }: SeenNode,
  { service }: NodeStatus,
  why: AnyReason | null,
  now: number,
): Change<NodeConditions> {
  const { incarnation, restarts } = service;
  if (incarnation !== state.incarnation) {
    const after = withFields(noNodeConditions, {
      ...withoutIncarnation(state),
      incarnation,
      restarts: counts(service) ? restarts : 0,
    });
    return { after, events: [] };
  }
  if (!counts(service)) return { after: state, events: [] };
  const times = restarts - state.restarts;
  const isItsIncarnation =
    member?.incarnation === incarnation && (member.phase === 'voter' || member.phase === 'learner');
  if (times <= 0 || disturbed || !isItsIncarnation) return { after: withFields(state, { restarts }), events: [] };
  const isOfThisDay = state.endedAt !== null && now - state.endedAt < dayMs;
  const endings = (isOfThisDay ? state.endings : 0) + times;
  const event = happening('etcd-restarted', { nodeId, member: name, times, why });
  return { after: { ...state, restarts, endings, endedAt: now }, events: [event] };
}

/** A stopped service reports no count. */
function counts({ state }: NodeStatus['service']): boolean {
  return state === 'running' || state === 'crashed';
}

/** The part that does not end with an incarnation. */
function withoutIncarnation({ tally, run, lasting }: NodeConditions) {
  return { tally, run, lasting: lastingWithoutIncarnation(lasting) };
}

function dataChange(
  state: NodeConditions,
  { name, member, node: { nodeId } }: SeenNode,
  { service }: NodeStatus,
  now: number,
): Change<NodeConditions> {
  if (service.incarnation === null || member?.incarnation !== service.incarnation) return { after: state, events: [] };
  const data = dataOf(service);
  if (data === null) return { after: state, events: [] };
  const facts = { nodeId, member: name };
  const ends = () => happening('data-found', facts);
  const begins = (kind: 'data-lost' | 'data-missing') => () => happening(kind, { ...facts, why: service.reason });
  const { after, events } = changed(
    state,
    (['data-lost', 'data-missing'] as const).map((code) => ({
      code,
      lasts: code === data,
      begins: begins(code),
      ends,
    })),
    now,
  );
  const isNewLoss = data === 'data-lost' && after !== state && member.phase === 'voter';
  // No second event says that this voter does not serve.
  return { after: isNewLoss ? { ...after, lasting: { 'voter-down': now, ...after.lasting } } : after, events };
}

/** `data-missing`: deleted or unmounted while etcd runs with the files that it has open, which is no loss yet (R16). null if the report does not say. */
function dataOf({ state, dataGone }: NodeStatus['service']) {
  if (state === 'lost-data') return 'data-lost';
  if (dataGone === true) return 'data-missing';
  return state === 'running' ? 'there' : null;
}

function servingChange(
  state: NodeConditions,
  seen: SeenNode,
  situation: ConditionsSituation,
  ailingSince: number | null,
): Change<NodeConditions> {
  const { name, member, disturbed, node } = seen;
  const { nodeId } = node;
  const isVoter = member?.phase === 'voter';
  const why = isVoter ? ailmentOf(seen, situation) : null;
  if (why !== null && !('voter-down' in state.lasting)) {
    const patience = node.status?.service.state === 'crashed' ? downAfterEnd : downAfter;
    if (disturbed || ailingSince === null || situation.now - ailingSince < patience)
      return { after: state, events: [] };
  }
  const down: Seen = {
    code: 'voter-down',
    lasts: why !== null,
    since: ailingSince ?? situation.now,
    begins: () => why && happening('voter-down', { nodeId, member: name, why }),
    ends: (forMs) => (isVoter ? happening('voter-up', { nodeId, member: name, forMs }) : null),
  };
  return changed(state, [down], situation.now);
}

/** Since when it has not served by present reports; null while it serves, and while something else explains it. */
function ailingSinceOf(
  seen: SeenNode,
  situation: ConditionsSituation,
  before: number | undefined,
  hasQuorum: boolean,
): number | null {
  const { member, disturbed, node } = seen;
  if (member?.phase !== 'voter' || disturbed || ailmentOf(seen, situation) === null) return null;
  const { now } = situation;
  // No voter can serve without a quorum: which of them still ails is seen once there is one.
  if (!hasQuorum && node.status?.service.state === 'running') return now;
  return before ?? now;
}

function ailmentOf({ name, member, node }: SeenNode, situation: ConditionsSituation): AnyReason | null {
  if (member === undefined || node.status === null) return null;
  const health = serving(situation, name);
  // With authentication on, etcd refuses its agent everything but the read that proves a quorum.
  const answers = node.status.service.incarnation === member.incarnation && answersReads(node.status);
  return health.ok || (answers && node.status.etcd === null) ? null : health.why;
}

/** How an etcd ended that does not run yet, or what it said last if it runs again and does not serve yet. */
function endingOf({ service: { state, reason } }: NodeStatus): AnyReason | null {
  if (state === 'crashed' || reason === null) return reason;
  const { lastWords = null } = reason.facts as { readonly lastWords?: unknown };
  return reason.code === 'ended_and_silent' && lastWords !== null ? reason : null;
}

function withEntry<Value>(
  entries: Readonly<Record<string, Value>>,
  id: string,
  value: Value | null,
): Readonly<Record<string, Value>> {
  if (value !== null) return entries[id] === value ? entries : { ...entries, [id]: value };
  return id in entries ? withoutKey(entries, id) : entries;
}
