import { type AnyReason, isReason } from './reason.ts';

/** The words of these reasons are those of another one, and at most a name before them. */
const wrappers = ['of_member', 'voter_ails', 'node_says', 'hold_refused', 'snapshot_copy_at_fault', 'step_failed'];

/** The message of a reason, and behind it the code for `picket explain`. */
export function withCode(told: AnyReason & { readonly message: string }): string {
  return `${told.message} (${codeOf(told)})`;
}

/** The code of the innermost reason or error that the words are about. */
function codeOf({ code, facts }: AnyReason): string {
  const { why, ailment, error } = facts as Readonly<Record<string, unknown>>;
  const inner = why ?? ailment;
  if (wrappers.includes(code) && isReason(inner)) return codeOf(inner);
  return code === 'picket_error' && typeof error === 'string' ? error : code;
}
