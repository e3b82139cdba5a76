import { cutText } from './cut-text.ts';
import type { AnyReason } from './reason.ts';

const shortest = 16;
/** The depth of reasons within reasons and lists. No reason of the table comes near it. */
export const deepest = 12;

/** The approximate length of a fact as JSON, in characters. Infinite for a fact that is nested too deeply. */
export function sizeOf(fact: unknown, depth = deepest): number {
  if (typeof fact === 'string') return fact.length + 3;
  if (typeof fact !== 'object' || fact === null) return 8;
  if (depth === 0) return Number.POSITIVE_INFINITY;
  return Object.entries(fact).reduce((sum, [name, inner]) => sum + name.length + 4 + sizeOf(inner, depth - 1), 2);
}

/** The reason with its texts cut until `sizeOf` is at most `most`. If that does not suffice, the reason without its facts. */
export function reasonWithin(reason: AnyReason, most: number): AnyReason {
  if (sizeOf(reason) <= most) return reason;
  for (let longest = most; longest >= shortest; longest = Math.floor(longest / 2)) {
    const facts = cut(reason.facts, longest, deepest) as object;
    if (sizeOf({ ...reason, facts }) <= most) return { ...reason, facts };
  }
  return { code: reason.code, facts: {} };
}

function cut(fact: unknown, longest: number, depth: number): unknown {
  if (typeof fact === 'string') return cutText(fact, longest);
  if (typeof fact !== 'object' || fact === null || depth === 0) return fact;
  if (Array.isArray(fact)) return fact.map((inner) => cut(inner, longest, depth - 1));
  return Object.fromEntries(Object.entries(fact).map(([name, inner]) => [name, cut(inner, longest, depth - 1)]));
}
