import { hash } from 'node:crypto';
import { canonicalJson } from '@picket/shared/audit/entry-hash.ts';

type Facts = Readonly<Record<string, unknown>>;

/** What a change was: the same fields before and after. null for what did not exist. */
export interface Difference {
  readonly before: Facts | null;
  readonly after: Facts | null;
}

/** Of each side, in characters of JSON; a larger one is stored as its hash. */
const mostLength = 16_384;

/** Nothing was changed, such as by a download. */
export const noDifference: Difference = { before: null, after: null };

/** The fields that differ, also within objects; a list counts as a whole. Bounded in size (R18). Pure. */
export function differenceOf(before: Facts | null, after: Facts | null): Difference {
  if (before === null || after === null) return { before: bounded(before), after: bounded(after) };
  const [was, is] = differing(before, after);
  return Object.keys(was).length === 0 && Object.keys(is).length === 0
    ? noDifference
    : { before: bounded(was), after: bounded(is) };
}

function differing(before: Facts, after: Facts): readonly [Facts, Facts] {
  const was: Record<string, unknown> = {};
  const is: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [one, other] = [before[name] ?? null, after[name] ?? null];
    if (canonicalJson(one) === canonicalJson(other)) continue;
    [was[name], is[name]] = isFacts(one) && isFacts(other) ? differing(one, other) : [one, other];
  }
  return [was, is];
}

function bounded(facts: Facts | null): Facts | null {
  if (facts === null) return null;
  const text = canonicalJson(facts);
  if (text.length <= mostLength) return facts;
  return { sha256: hash('sha256', text), characters: text.length };
}

function isFacts(value: unknown): value is Facts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
