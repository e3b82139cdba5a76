import type { Rendered } from '@picket/shared/protocol/rendered.ts';

/** What the API tells in these words. */
export function words(message: string): Rendered {
  return { code: 'of_a_test', facts: { text: message, of: { member: 'x-k3s-m-2' } }, message };
}
