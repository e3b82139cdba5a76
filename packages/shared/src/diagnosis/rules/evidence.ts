import { agentReasons } from '../../reasons/agent.ts';
import { errorReasons } from '../../reasons/error-words.ts';
import { etcdLogReasons } from '../../reasons/etcd-log.ts';
import { machineLookReasons } from '../../reasons/machine-look.ts';
import type { Place } from '../../reasons/next-steps.ts';
import type { AnyReason } from '../../reasons/reason.ts';

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
}

export interface SceneMember {
  readonly name: string;
  readonly address: string;
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
  readonly evidence: readonly Evidence[];
  /** ISO time of the diagnosis. */
  readonly now: string;
  /** The next command of the status, which knows more than one fault; null if it names none. */
  readonly statusNext: { readonly command: string; readonly on: string | null } | null;
}

/**
 * Each fact with the facts within it: a wait of the coordinator tells of a member, whose agent tells of its clock. An agent's word
 * counts for its own machine only, and only in reasons that agents give (R8).
 */
export function spread(evidence: readonly Evidence[], members: readonly SceneMember[]): readonly Evidence[] {
  const names = new Set(members.map(({ name }) => name));
  return evidence.flatMap((one) => within(one.reason, one, isOwn(one.from) ? names : noNames));
}

/** The depth of reasons within reasons and lists. No reason of the table comes near it. */
const deepest = 12;
const noNames: ReadonlySet<string> = new Set();
const agentCodes: ReadonlySet<string> = new Set(
  Object.keys({
    ...errorReasons,
    ...agentReasons,
    ...etcdLogReasons,
    ...machineLookReasons,
  }),
);

function within(
  fact: unknown,
  outer: Omit<Evidence, 'reason'>,
  names: ReadonlySet<string>,
  depth = deepest,
): readonly Evidence[] {
  if (typeof fact !== 'object' || fact === null || depth === 0) return [];
  if (Array.isArray(fact)) return fact.flatMap((inner) => within(inner, outer, names, depth - 1));
  if (!isReason(fact)) return Object.values(fact).flatMap((inner) => within(inner, outer, names, depth - 1));
  const { member, name, holder } = fact.facts as Readonly<Record<string, unknown>>;
  const named = [member, name, holder].find((one) => typeof one === 'string' && names.has(one)) as string | undefined;
  const here = { ...outer, about: named ?? outer.about, from: saidBy(fact, outer.from) };
  const counts = isOwn(here.from) || agentCodes.has(fact.code);
  return [
    ...(counts ? [{ ...here, reason: fact }] : []),
    // What a node says within a reason of the coordinator is that node's word.
    ...within(fact.facts, here, isOwn(here.from) ? names : noNames, depth - 1),
  ];
}

/** The program that makes the diagnosis has observed it itself. */
function isOwn(from: Source): boolean {
  return from === 'coordinator' || from === 'machine';
}

/** The reasons of the coordinator that pass on what an agent has reported. */
const quotes: ReadonlySet<string> = new Set(['node_says', 'agent_waits']);

function saidBy({ code }: AnyReason, from: Source): Source {
  return from === 'coordinator' && quotes.has(code) ? 'agent' : from;
}

function isReason(fact: object): fact is AnyReason {
  return 'code' in fact && 'facts' in fact && typeof fact.facts === 'object' && fact.facts !== null;
}
