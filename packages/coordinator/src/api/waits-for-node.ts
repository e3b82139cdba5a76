import type { Told } from '@picket/shared/protocol/told.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { told } from '@picket/shared/reasons/told.ts';

/** UTF-16 units, at most 6 octets each in JSON: half of the 256 KiB that an agent reads of an answer. */
const mostUnits = 20_000;

/** What the cluster waits for, as much as fits into an answer to an agent (R18). Agents only show it. */
export function waitsForNode(waits: readonly Reason[], cluster: string): Told[] {
  const all: Told[] = [];
  let units = 0;
  for (const wait of waits.map(told)) {
    units += wait.message.length + JSON.stringify(wait.facts).length;
    if (units > mostUnits) return [...all, told(reason('more_waits', { count: waits.length - all.length, cluster }))];
    all.push(wait);
  }
  return all;
}
