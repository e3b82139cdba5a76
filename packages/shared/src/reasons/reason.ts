import type { reasonTable } from './table.ts';

type Table = typeof reasonTable;

/** Names one thing that can be said: why something waits, is refused, ended or failed. */
export type ReasonCode = keyof Table;

/** What a reason of this code says beside it. */
export type FactsOf<Code extends ReasonCode> =
  Parameters<Table[Code]> extends [] ? NoFacts : Parameters<Table[Code]>[0];
type NoFacts = Readonly<Record<string, never>>;

/** A typed fact in the place of a sentence. Words are made of it at the edge alone, by `in-words.ts`. */
export type Reason<Code extends ReasonCode = ReasonCode> = {
  readonly [One in Code]: { readonly code: One; readonly facts: FactsOf<One> };
}[Code];

/** A reason within the facts of another. Its code is one of the table as well. */
export interface AnyReason {
  readonly code: string;
  readonly facts: object;
}

/** Makes the words of a reason within another. */
export type Say = (reason: AnyReason) => string;

/** The reason of this code; the compiler checks its facts against the table. */
export function reason<Code extends ReasonCode>(
  code: Code,
  ...[facts]: Parameters<Table[Code]> extends [] ? [] : [facts: FactsOf<Code>]
): Reason<Code> {
  return { code, facts: facts ?? {} } as unknown as Reason<Code>;
}
