import { type ErrorCode, PicketError, type WireError } from '@picket/shared/errors.ts';
import type { ErrorFacts } from '@picket/shared/reasons/error-words.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';

/** A reason of a test, in these words. */
export function said(text: string): Reason<'error_says'> {
  return reason('error_says', { text });
}

/** What a program prints on standard error when it fails with this error, except with `--output json`. */
export function printed({ code, message, hint }: Pick<WireError, 'code' | 'message' | 'hint'>): string {
  return `error: ${message}${hint === '' ? '' : `\nhint: ${hint}`} (${code})\n`;
}

/**
 * Matches what {@link printed} gives for an error of this code, and nothing around it. A fact that is left out may be any
 * text, and so may `{name}` within a fact.
 */
export function printedLike(code: ErrorCode, facts: ErrorFacts = {}): RegExp {
  return new RegExp(`^${patternOf(printed(new PicketError(code, facts)))}$`);
}

/** Matches a text in which each `{name}` may be any text; the expression has no anchors. */
export function patternOf(text: string): string {
  const escaped = text.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  // A fact that ends as a question takes the place of the full stop behind it.
  return escaped.replace(/\{\w+\}\\\./g, '.*[.?]').replace(/\{\w+\}/g, '.*');
}
