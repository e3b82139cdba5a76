import { likenessOf } from './likeness.ts';
import { type AnyReason, factOf, isReason, type Reason } from './reason.ts';

/** Whether a reason contains this ailment of a member. A different number of seconds is no difference: the reason may be older. */
export function tellsOf(told: AnyReason, ailment: Reason<'of_member'>): boolean {
  const likeness = likenessOf(ailment);
  const { member } = ailment.facts;
  // Likenesses are long texts, and each ailment is looked for in each wait.
  const isSame = (one: AnyReason) =>
    one.code === 'of_member' && factOf(one, 'member') === member && likenessOf(one) === likeness;
  return holds(told, isSame);
}

function holds(fact: unknown, isSame: (one: AnyReason) => boolean): boolean {
  if (Array.isArray(fact)) return fact.some((one) => holds(one, isSame));
  if (typeof fact !== 'object' || fact === null) return false;
  if (isReason(fact) && isSame(fact)) return true;
  return Object.values(fact).some((one) => holds(one, isSame));
}
