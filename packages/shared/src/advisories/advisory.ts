/** What can happen because of a fault. */
export const effects = [
  'loses-data',
  'members-differ',
  'locks-out',
  'bypasses-authorization',
  'denial-of-service',
  'wrong-answers',
  'blocks-changes',
  'reveals-secrets',
] as const;
export type Effect = (typeof effects)[number];

/** From the most severe to the least, by what can happen and how easily. It is no score of a publisher. */
export const severities = ['critical', 'high', 'medium', 'low'] as const;
export type AdvisorySeverity = (typeof severities)[number];

/**
 * When a fault concerns a cluster.
 *
 * - `always`: whatever its clients and operators do.
 * - `authentication`: etcd's authentication is on.
 * - `one-member`, `several-members`: by the number of members. Each but the founder was a learner, and was promoted.
 * - `client-requests`: clients send requests of a certain kind, which Picket does not see.
 * - `power-cut`: a machine loses power at a certain moment.
 * - `library`: etcd uses the faulty part of a library; nobody has said so.
 * - `defragmentation-by-hand`, `update-by-hand`: an operator defragments a database, or changes a member's URLs, without Picket.
 * - `minor-upgrade`, `minor-upgrade-after-promotion`, `minor-downgrade`: etcd gets another minor version.
 * - `revocation-list`, `force-new-cluster`, `json-web-tokens`: an etcd that Picket configures and starts never uses these.
 */
export const conditions = [
  'always',
  'authentication',
  'one-member',
  'several-members',
  'client-requests',
  'power-cut',
  'library',
  'defragmentation-by-hand',
  'update-by-hand',
  'minor-upgrade',
  'minor-upgrade-after-promotion',
  'minor-downgrade',
  'revocation-list',
  'force-new-cluster',
  'json-web-tokens',
] as const;
export type Condition = (typeof conditions)[number];

/** The versions of one minor version that have a fault: from this one on, and before the one that fixes it. */
export interface AffectedRange {
  readonly from: string;
  /** null: no version of this minor version fixes it. */
  readonly fixed: string | null;
}

/** A fault of etcd that is known, by one row of the table. A new row needs no code. */
export interface Advisory {
  /** A CVE, an advisory of GitHub, or `etcd-NUMBER` for an issue of etcd; else a name of Picket's own. */
  readonly id: string;
  /** Other numbers of it, such as those of the changes that fix it. */
  readonly alsoKnownAs: readonly string[];
  /** One for each minor version that has it. */
  readonly affected: readonly AffectedRange[];
  readonly effect: Effect;
  readonly severity: AdvisorySeverity;
  readonly concerns: Condition;
  /** Sentences: what can happen, and to whom. */
  readonly means: string;
  /** Sentences: what to do. */
  readonly action: string;
  /** Where this is known from. */
  readonly sources: readonly string[];
}
