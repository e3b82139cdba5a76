import type { Told } from '@picket/shared/protocol/told.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { toldWithin } from './told-within.ts';

/** UTF-16 units, at most 6 octets each in JSON: half of the 256 KiB that an agent reads of an answer. */
const mostUnits = 20_000;

/** What the cluster waits for, as much as fits into an answer to an agent (R18). Agents only show it. */
export function waitsForNode(waits: readonly Reason[], cluster: string): Told[] {
  return toldWithin(waits, {
    most: mostUnits,
    sizeOf: ({ message, facts }) => message.length + JSON.stringify(facts).length,
    more: (count) => reason('more_waits', { count, cluster }),
  });
}
