import { conditionWords as conditions, effectWords as effects } from '../reasons/advisory-words.ts';
import type { VersionDanger } from './advisories-for.ts';
import type { AffectedRange, Condition, Effect } from './advisory.ts';

/** What can happen, as a cell of a table. */
export const effectWords: Readonly<Record<Effect, string>> = effects;

/** When a fault concerns a cluster, after "only". */
export const conditionWords: Readonly<Record<Condition, string>> = conditions;

/** The affected versions, for example `3.5.0 to before 3.5.33, 3.6.0 and all later 3.6`. */
export function affectedInWords(affected: readonly AffectedRange[]): string {
  return affected
    .map(({ from, fixed }) =>
      fixed === null ? `${from} and all later ${from.split('.', 2).join('.')}` : `${from} to before ${fixed}`,
    )
    .join(', ');
}

/** What speaks against a version, as a clause after its name. */
export function dangerInWords({ isAvoided, advisories }: VersionDanger): string {
  const ids = advisories.map(({ id }) => id).join(', ');
  return isAvoided
    ? `a defragmentation by hand can damage data, one by Picket cannot: ${ids}`
    : `this version can lose data or keep a member from starting: ${ids}`;
}
