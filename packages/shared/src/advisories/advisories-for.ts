import { type Advisory, type Condition, type Effect, severities } from './advisory.ts';
import { affects } from './affects.ts';
import { advisories } from './table.ts';

/** What is known of a cluster; null: not known. */
export interface ClusterFacts {
  /** Whether etcd's authentication is on. */
  readonly authentication: boolean | null;
  /** How many members it has. */
  readonly members: number | null;
}

/**
 * Whether a fault concerns a cluster: `applies`; `unknown` if the facts of the cluster do not say that yet; `depends` if it rests on what its clients or
 * operators do, or on a power cut.
 */
export type Verdict = 'applies' | 'unknown' | 'depends';

export interface Judged {
  readonly advisory: Advisory;
  readonly verdict: Verdict;
  /** Those of the given versions that have it. */
  readonly versions: readonly string[];
}

/** By condition; null: it does not concern the cluster. */
const judges: Readonly<Record<Condition, (facts: ClusterFacts) => Verdict | null>> = {
  always: () => 'applies',
  authentication: ({ authentication }) => ifKnown(authentication),
  'one-member': ({ members }) => ifKnown(members === null ? null : members === 1),
  // One that is alone now may have had others: their promotions stay in its log.
  'several-members': ({ members }) => (members !== null && members > 1 ? 'applies' : 'unknown'),
  'client-requests': () => 'depends',
  'power-cut': () => 'depends',
  library: () => 'depends',
  'defragmentation-by-hand': () => 'depends',
  'update-by-hand': () => 'depends',
  'minor-upgrade': () => 'depends',
  'minor-upgrade-after-promotion': () => 'depends',
  'minor-downgrade': () => 'depends',
  'revocation-list': () => null,
  'force-new-cluster': () => null,
  'json-web-tokens': () => null,
};

function ifKnown(is: boolean | null): Verdict | null {
  if (is === null) return 'unknown';
  return is ? 'applies' : null;
}

const verdicts: readonly Verdict[] = ['applies', 'unknown', 'depends'];

/**
 * The known faults of these versions of etcd that concern such a cluster or may concern it: first those that do, and the most severe first. Pure.
 *
 * @param versions as etcd reports them; one that is unknown has no fault
 */
export function advisoriesFor(
  versions: readonly string[],
  facts: ClusterFacts,
  table: readonly Advisory[] = advisories,
): readonly Judged[] {
  const found = table.flatMap((advisory): Judged[] => {
    const affected = [...new Set(versions)].filter((version) => affects(advisory, version));
    const verdict = affected.length === 0 ? null : judges[advisory.concerns](facts);
    return verdict === null ? [] : [{ advisory, verdict, versions: affected }];
  });
  return found.toSorted((one, other) => rankOf(one) - rankOf(other));
}

function rankOf({ verdict, advisory: { severity } }: Judged): number {
  return verdicts.indexOf(verdict) * severities.length + severities.indexOf(severity);
}

const graveEffects: readonly Effect[] = ['loses-data', 'members-differ', 'locks-out'];

/** Whether this fault can lose data, let the data of members differ, or keep a member from starting. */
export function isGrave({ effect }: Pick<Advisory, 'effect'>): boolean {
  return graveEffects.includes(effect);
}

/**
 * The faults because of which no cluster gets this version of etcd: with what Picket and its operators do, they can lose data or keep a member from starting.
 * Empty: nothing speaks against it. Pure.
 */
export function refusedAsTarget(version: string, table: readonly Advisory[] = advisories): readonly Advisory[] {
  return advisoriesFor([version], { authentication: null, members: null }, table)
    .filter(({ advisory }) => isGrave(advisory) && refusing.includes(advisory.concerns))
    .map(({ advisory }) => advisory);
}

/** What an operator should know of a version before a cluster runs it. */
export interface VersionDanger {
  /** Picket avoids these faults: only what an operator does without Picket can cause them. Status says nothing of them. */
  readonly isAvoided: boolean;
  /** At least one. */
  readonly advisories: readonly Advisory[];
}

/** The grave faults of a version that a cluster can meet, or else those that Picket avoids; null: there is none. Pure. */
export function dangerOf(version: string, table: readonly Advisory[] = advisories): VersionDanger | null {
  const all = refusedAsTarget(version, table);
  const met = all.filter(({ concerns }) => concerns !== 'defragmentation-by-hand');
  if (all.length === 0) return null;
  return met.length === 0 ? { isAvoided: true, advisories: all } : { isAvoided: false, advisories: met };
}

/**
 * A grave fault with one of these conditions speaks against a version. A defragmentation by hand is among them: Picket does not
 * defragment with such a version, but an operator may.
 */
const refusing: readonly Condition[] = [
  'always',
  'authentication',
  'one-member',
  'several-members',
  'defragmentation-by-hand',
];
