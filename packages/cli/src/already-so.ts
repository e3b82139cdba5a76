import type { ErrorCode } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import { Refusal } from './refusal.ts';
import type { Shell } from './shell.ts';

const codes: ReadonlySet<string> = new Set([
  'already_so',
  'identity_not_frozen',
  'member_leaves',
  'member_not_held',
  'not_frozen',
  'readoption_not_needed',
] satisfies ErrorCode[]);

/** Whether an error with this code says that what was ordered is so already: the command has nothing to do, and has not failed. */
export function isAlreadySo(code: string): boolean {
  return codes.has(code);
}

/** The answer to an order; null if `isAccepted` and it says that what was ordered is so already, which the operator then reads. */
export async function orAlreadySo<T>(shell: Shell, isAccepted: boolean, order: Promise<T>): Promise<T | null> {
  try {
    return await order;
  } catch (error) {
    if (!isAccepted || !(error instanceof Refusal) || !isAlreadySo(error.wire.code)) throw error;
    shell.note(plain(error.wire.message));
    return null;
  }
}
