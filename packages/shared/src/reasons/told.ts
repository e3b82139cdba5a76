import type { Told } from '../protocol/told.ts';
import { inWords } from './in-words.ts';
import type { AnyReason } from './reason.ts';

/** A reason as the API tells it. For the edges alone. */
export function told({ code, facts }: AnyReason): Told {
  return { code, facts, message: inWords({ code, facts }) };
}
