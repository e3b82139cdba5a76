import { inWords, type Words } from './in-words.ts';
import type { AnyReason } from './reason.ts';

/** A reason as the API answers it, with its words. Only for the edges. */
export function told({ code, facts }: AnyReason): AnyReason & { message: Words } {
  return { code, facts, message: inWords({ code, facts }) };
}
