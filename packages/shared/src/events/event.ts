import type { eventTable } from './table.ts';

type Table = typeof eventTable;

/** What has happened. */
export type EventKind = keyof Table;

/** What an event tells beside its kind. */
export type EventFacts<Kind extends EventKind> = Parameters<Table[Kind]>[0];

/** Something that has happened, in typed facts. Words are made of it by `in-words.ts`, at the edge. */
export type Happening<Kind extends EventKind = EventKind> = {
  readonly [One in Kind]: { readonly kind: One; readonly facts: EventFacts<One> };
}[Kind];

/** The event of this kind; the compiler checks its facts against the table. */
export function happening<Kind extends EventKind>(kind: Kind, facts: EventFacts<Kind>): Happening<Kind> {
  return { kind, facts } as unknown as Happening<Kind>;
}
