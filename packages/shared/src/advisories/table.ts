import type { Advisory } from './advisory.ts';
import { faults } from './faults.ts';
import { securityAdvisories } from './security.ts';

/**
 * Every fault and advisory of etcd that Picket knows, from the minor version 3.5 on. Status, `picket advisories`, `picket explain`, the check before a join
 * and docs/reference/etcd-advisories.md are views of it.
 */
export const advisories: readonly Advisory[] = [...securityAdvisories, ...faults];

/** The row with this ID, or with this other number of it; null if there is none. Capitals make no difference. */
export function advisoryNamed(name: string, table: readonly Advisory[] = advisories): Advisory | null {
  const wanted = name.toLowerCase();
  const names = ({ id, alsoKnownAs }: Advisory) => [id, ...alsoKnownAs];
  return table.find((one) => names(one).some((known) => known.toLowerCase() === wanted)) ?? null;
}
