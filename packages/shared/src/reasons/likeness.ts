import type { AnyReason } from './reason.ts';

/** A text that is equal for two reasons that differ only in a number of seconds. */
export function likenessOf({ code, facts }: AnyReason): string {
  return JSON.stringify([code, timeless(facts)]);
}

function timeless(fact: unknown): unknown {
  if (Array.isArray(fact)) return fact.map(timeless);
  if (typeof fact !== 'object' || fact === null) return fact;
  return Object.fromEntries(
    Object.entries(fact).map(([name, inner]) => [name, name === 'seconds' ? 0 : timeless(inner)]),
  );
}

/** The reasons without duplicates. */
export function distinct(reasons: readonly AnyReason[]): readonly AnyReason[] {
  return firstOfEach(reasons, (one) => JSON.stringify(one));
}

/** Of those with the same key only the first. */
export function firstOfEach<One>(all: readonly One[], keyOf: (one: One) => string): readonly One[] {
  const first = new Map<string, One>();
  for (const one of all) if (!first.has(keyOf(one))) first.set(keyOf(one), one);
  return [...first.values()];
}
