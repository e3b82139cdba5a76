import type { FactsFor } from '../reasons/reason.ts';
import type { eventTable } from './table.ts';

type Table = typeof eventTable;

/** What has happened. */
export type EventKind = keyof Table;

/** The facts of an event of this kind. */
export type EventFacts<Kind extends EventKind> = FactsFor<Table[Kind]>;

/** Something that has happened, as typed facts. Only the edges make words of it, with `in-words.ts`. */
export type Happening<Kind extends EventKind = EventKind> = {
  readonly [One in Kind]: { readonly kind: One; readonly facts: EventFacts<One> };
}[Kind];

/** The event of this kind; the compiler checks its facts against the table. */
export function happening<Kind extends EventKind>(kind: Kind, facts: EventFacts<Kind>): Happening<Kind> {
  return { kind, facts } as unknown as Happening<Kind>;
}
