export { type InWords, said, withWords } from '../../../../test/support/said.ts';

import type { Told } from '@picket/shared/protocol/told.ts';

/** The messages of an API answer. */
export function messagesOf(told: readonly Told[]): readonly string[] {
  return told.map(({ message }) => message);
}
