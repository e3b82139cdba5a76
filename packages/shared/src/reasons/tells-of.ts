import { likenessOf } from './likeness.ts';
import type { AnyReason, Reason } from './reason.ts';

/** Whether a reason contains this ailment of a member. A different number of seconds is no difference: the reason may be older. */
export function tellsOf(told: AnyReason, ailment: Reason<'of_member'>): boolean {
  return holds(told, likenessOf(ailment));
}

function holds(fact: unknown, likeness: string): boolean {
  if (Array.isArray(fact)) return fact.some((one) => holds(one, likeness));
  if (typeof fact !== 'object' || fact === null) return false;
  if (isReason(fact) && likenessOf(fact) === likeness) return true;
  return Object.values(fact).some((one) => holds(one, likeness));
}

function isReason(fact: object): fact is AnyReason {
  return 'code' in fact && 'facts' in fact;
}
