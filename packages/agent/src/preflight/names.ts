import { canonicalAddress } from '@picket/shared/names.ts';
import type { NameToResolve } from '@picket/shared/protocol/join.ts';
import type { Inspection } from '../host/inspection.ts';
import { type Check, ok, warning } from './check.ts';

/**
 * Whether this machine resolves the cluster's names; null if there are none. DNS may come later, so this is only a
 * warning.
 */
export async function checkNames(
  inspection: Pick<Inspection, 'resolve'>,
  names: readonly NameToResolve[],
): Promise<Check | null> {
  if (names.length === 0) return null;
  const problems = await Promise.all(names.map((one) => problemOf(inspection, one)));
  const wrong = names.filter((_one, index) => problems[index] !== null);
  if (wrong.length === 0) return ok('names', names.map(({ name }) => name).join(', '));
  const found = [...new Set(problems.filter((problem) => problem !== null))].map((problem) => {
    const concerned = names.filter((_one, index) => problems[index] === problem).map(({ name }) => name);
    return `${concerned.join(', ')}: ${problem}`;
  });
  const remedy = 'Add them to DNS, or to /etc/hosts on every machine that uses them.';
  return warning(
    'names',
    found.join('; '),
    wrong.some(({ usedBy }) => usedBy === 'peers')
      ? `The members of this cluster connect to each other by name, so this member can take part only once every member resolves these names. ${remedy}`
      : `Members connect by address and do not need these names; clients that use them do. ${remedy}`,
  );
}

async function problemOf(
  inspection: Pick<Inspection, 'resolve'>,
  { name, addresses }: NameToResolve,
): Promise<string | null> {
  const found = await inspection.resolve(name);
  if ('problem' in found) return found.problem;
  if (found.addresses.length === 0) return 'no such name';
  const wanted = new Set(addresses.map(canonicalAddress));
  if (found.addresses.some((address) => wanted.has(canonicalAddress(address)))) return null;
  return `leads to ${found.addresses.slice(0, 5).join(', ')}, not to ${addresses.join(' or ')}`;
}
