import type { Plan } from '../../../model/model.ts';

/** A row of a table: when it applies, in words, and `condition && plan`. */
export type Case<Facts> = readonly [name: string, plan: (facts: Facts) => Plan | null | false | ''];

/** The plan of the first case that applies, from top to bottom. Throws if none applies. */
export function firstCase<Facts>(cases: readonly Case<Facts>[], facts: Facts): Plan {
  for (const [, planOf] of cases) {
    const plan = planOf(facts);
    if (plan) return plan;
  }
  throw new Error(`None of these cases applies: ${cases.map(([name]) => name).join('; ')}.`);
}
