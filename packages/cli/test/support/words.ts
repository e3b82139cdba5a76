import type { Told } from '@picket/shared/protocol/told.ts';

/** What the API tells in these words. */
export function words(message: string): Told {
  return { code: 'of_a_test', facts: { text: message, of: { member: 'x-k3s-m-2' } }, message };
}
