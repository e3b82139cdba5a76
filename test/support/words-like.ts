import { inWords } from '@picket/shared/reasons/in-words.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';

/** A fact that a test does not know: any text may stand in its place. */
export const anyText = '\u{e000}';

/** Matches a text that has the words of this reason, whose facts may be {@link anyText}. */
export function wordsLike(one: AnyReason): RegExp {
  const parts = inWords(one).split(anyText);
  return new RegExp(parts.map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('[^]*?'));
}
