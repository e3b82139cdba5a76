import { isAlreadySo } from '@picket/shared/exit-codes.ts';
import { plain } from '@picket/shared/plain.ts';
import { Refusal } from './refusal.ts';
import type { Shell } from './shell.ts';

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
