import { rendered } from '@picket/shared/protocol/messages.ts';
import type { Rendered } from '@picket/shared/protocol/rendered.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';

/** UTF-16 units, at most 6 octets each in JSON: half of the 256 KiB that an agent reads of an answer. */
const mostUnits = 20_000;
/** Octets of what a status says of the whole cluster. */
const mostOfSentences = 512 * 1024;

/** What a status says of the whole cluster, as much as has room in it. */
export function renderedInStatus(reasons: readonly Reason[]): Rendered[] {
  return renderedWithin(reasons, {
    most: mostOfSentences,
    sizeOf: octetsOf,
    more: (count) => reason('more_told', { count }),
  });
}

/** What the cluster waits for, as much as fits into an answer to an agent (R18). Agents only show it. */
export function waitsForNode(waits: readonly Reason[], cluster: string): Rendered[] {
  return renderedWithin(waits, {
    most: mostUnits,
    sizeOf: ({ message, facts }) => message.length + JSON.stringify(facts).length,
    more: (count) => reason('more_waits', { count, cluster }),
  });
}

/** The size of a part of an answer, as JSON in UTF-8. */
export function octetsOf(part: unknown): number {
  return Buffer.byteLength(JSON.stringify(part));
}

interface Room {
  readonly most: number;
  readonly sizeOf: (one: Rendered) => number;
  /** Says that so many more have no room. */
  readonly more: (count: number) => Reason;
}

/** The reasons with their words, as many as have room in an answer (R18); a last one counts the others. */
function renderedWithin(reasons: readonly Reason[], { most, sizeOf, more }: Room): Rendered[] {
  const all: Rendered[] = [];
  let size = 0;
  for (const one of reasons.map(rendered)) {
    size += sizeOf(one);
    if (size > most) return [...all, rendered(more(reasons.length - all.length))];
    all.push(one);
  }
  return all;
}
