import { told } from '@picket/shared/protocol/messages.ts';
import type { Told } from '@picket/shared/protocol/told.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';

export interface Room {
  readonly most: number;
  readonly sizeOf: (one: Told) => number;
  /** Says that so many more have no room. */
  readonly more: (count: number) => Reason;
}

/** The reasons with their words, as many as have room in an answer (R18); a last one counts the others. */
export function toldWithin(reasons: readonly Reason[], { most, sizeOf, more }: Room): Told[] {
  const all: Told[] = [];
  let size = 0;
  for (const one of reasons.map(told)) {
    size += sizeOf(one);
    if (size > most) return [...all, told(more(reasons.length - all.length))];
    all.push(one);
  }
  return all;
}
