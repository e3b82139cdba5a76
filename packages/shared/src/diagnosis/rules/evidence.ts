import { readLine } from '../../etcd-log/read-line.ts';
import { agentReasons } from '../../reasons/agent.ts';
import { errorReasons } from '../../reasons/error-words.ts';
import { etcdLogReasons } from '../../reasons/etcd-log.ts';
import { machineLookReasons } from '../../reasons/machine-look.ts';
import type { Place } from '../../reasons/next-steps.ts';
import { type AnyReason, factOf, isReason, type Reason, type ReasonCode } from '../../reasons/reason.ts';
import { deepest } from '../../reasons/within.ts';

/** Who observed a fact: the coordinator, an agent, etcd's log, or the machine itself. */
export type Source = 'coordinator' | 'agent' | 'etcd-log' | 'machine';

/** One observed fact. */
export interface Evidence {
  readonly reason: AnyReason;
  /** The member that it concerns; null: the whole cluster, or this machine. */
  readonly about: string | null;
  /** ISO time of the observation; null if it is not known. */
  readonly at: string | null;
  readonly from: Source;
  /** What a trial of new settings showed: it may be over, and proves nothing else of now (R19). */
  readonly isPast?: true;
}

export interface SceneMember {
  readonly name: string;
  readonly address: string;
  /** Other addresses of it: those of its name. */
  readonly addresses?: readonly string[];
  /** etcd's ID; null before etcd has given one. */
  readonly memberId: string | null;
}

/** All that a diagnosis rests on. */
export interface Scene {
  readonly cluster: string;
  /** Whether commands are run on the board or with `picket`. */
  readonly place: Place;
  readonly members: readonly SceneMember[];
  /** The member on whose machine the diagnosis is made; null: on none. */
  readonly self: string | null;
  /** The voters that do not serve. */
  readonly failing: readonly string[];
  /** Those of them that this coordinator did not add. */
  readonly foreign?: readonly string[];
  /** Those of them that only miss a quorum, because other voters fail: they are no cause. */
  readonly leaderless?: readonly string[];
  /** The voters that serve: no fact from before says that they do not. */
  readonly serving?: readonly string[];
  /** What the status says is wrong; null or left out if it says nothing of the kind. Some cause is found for it (R19). */
  readonly trouble?: Evidence | null;
  readonly evidence: readonly Evidence[];
  /** ISO time of the diagnosis. */
  readonly now: string;
  /** The next command of the status, which knows more than one fault; null if it names none. */
  readonly statusNext: { readonly command: string; readonly on: string | null } | null;
}

/** So many facts count of what one agent says, and of the log of one etcd (R18). An honest agent says a few. */
export const mostOfNode = 32;

/**
 * Each fact with the facts within it: a wait of the coordinator tells of a member, whose agent tells of its clock. An agent's word
 * counts for its own machine only, and only in reasons that agents give (R8), the first {@link mostOfNode} of them.
 */
export function spread(evidence: readonly Evidence[], members: readonly SceneMember[]): readonly Evidence[] {
  const names = new Set(members.map(({ name }) => name));
  const facts: Evidence[] = [];
  const said = new Map<string, number>();
  const saidOf = ({ from, about }: Omit<Evidence, 'reason'>) => said.get(`${from} ${about}`) ?? 0;

  function add(fact: unknown, outer: Omit<Evidence, 'reason'>, depth: number): void {
    if (typeof fact !== 'object' || fact === null || depth <= 0) return;
    if (!isOwn(outer.from) && saidOf(outer) >= mostOfNode) return;
    if (!isReason(fact)) {
      for (const inner of Object.values(fact)) add(inner, outer, depth - 1);
      return;
    }
    const { member, name, holder, executor } = fact.facts as Readonly<Record<string, unknown>>;
    const named = isOwn(outer.from) ? [member, name, holder].find((one) => isName(one, names)) : undefined;
    const about = named ?? outer.about;
    const own = { ...outer, about, ...(trials.has(fact.code) ? { isPast: true as const } : {}) };
    // What a node says within a reason of the coordinator is that node's word.
    const quoted = outer.from === 'coordinator' ? quotes.get(fact.code) : undefined;
    const agent = { ...own, from: 'agent' as const, about: isName(executor, names) ? executor : own.about };
    const here = quoted === undefined ? own : agent;
    if (isOwn(here.from) || agentCodes.has(fact.code)) facts.push({ ...here, reason: fact });
    if (!isOwn(here.from)) said.set(`${here.from} ${here.about}`, saidOf(here) + 1);
    const shown = fact.code === 'conf_crashed' ? shownByLastWords(fact) : null;
    if (shown !== null) facts.push({ ...here, reason: shown, from: 'etcd-log' });
    for (const [key, inner] of Object.entries(fact.facts)) add(inner, key === quoted ? agent : own, depth - 2);
  }

  for (const one of evidence) add(one.reason, one, deepest);
  return facts;
}

/** They tell what happened while a member tried new settings. It has its former ones since, and may have left. */
const trials: ReadonlySet<string> = new Set<ReasonCode>([
  'rollout_stopped',
  'conf_put_back',
  'conf_crashed',
  'conf_not_started',
  'conf_silent',
]);

/** What the last lines of etcd's log show that a reason quotes; null if they show nothing. */
function shownByLastWords(crash: AnyReason): Reason | null {
  const lastWords = factOf(crash, 'lastWords');
  return typeof lastWords === 'string' ? (readLine(lastWords)?.reason ?? null) : null;
}

const agentCodes: ReadonlySet<string> = new Set(
  Object.keys({
    ...errorReasons,
    ...agentReasons,
    ...etcdLogReasons,
    ...machineLookReasons,
  }),
);

/** The member at the other end of a connection, by the address, the URL or the ID that a log has; null if none is known by that. */
export function memberAt(remote: unknown, members: readonly SceneMember[]): SceneMember | null {
  if (typeof remote !== 'string') return null;
  const host = URL.parse(remote)?.hostname.replace(/^\[(.*)\]$/, '$1') ?? remote;
  const isAt = ({ name, address, addresses = [], memberId }: SceneMember) =>
    address === host || addresses.includes(host) || memberId === remote || name === host || host.startsWith(`${name}.`);
  return members.find(isAt) ?? null;
}

function isName(fact: unknown, names: ReadonlySet<string>): fact is string {
  return typeof fact === 'string' && names.has(fact);
}

/** The program that makes the diagnosis has observed it itself. */
function isOwn(from: Source): boolean {
  return from === 'coordinator' || from === 'machine';
}

/** The reasons of the coordinator that pass on what an agent has reported, and the fact in which they have it. */
const quotes: ReadonlyMap<string, string> = new Map([
  ['node_says', 'why'],
  ['agent_waits', 'why'],
  ['change_made', 'said'],
  ['runs_revision_once_agent_can', 'why'],
  ['former_etcd_stops', 'obstacle'],
  ['deleted_etcd_stops', 'obstacle'],
  ['cannot_run_stored_tool', 'why'],
  ['hold_refused', 'why'],
  ['hold_not_taken', 'waits'],
  ['defragmentation_late', 'waits'],
] satisfies (readonly [ReasonCode, string])[]);
