import type { reasonTable } from './table.ts';
import type { FactsIn } from './text.ts';

type Table = typeof reasonTable;

/** Identifies a reason: why something waits, was refused, ended or failed. */
export type ReasonCode = keyof Table;

/** The facts that a reason of this code has. */
export type FactsOf<Code extends ReasonCode> = FactsFor<Table[Code]>;

/** Typed facts instead of a sentence. Only the edges make words of them, with `in-words.ts`. */
export type Reason<Code extends ReasonCode = ReasonCode> = {
  readonly [One in Code]: { readonly code: One; readonly facts: FactsOf<One> };
}[Code];

/** A reason within the facts of another reason. Its code is in the table too. */
export interface AnyReason {
  readonly code: string;
  readonly facts: object;
}

/** Whether this fact is a reason. Another version or a node may have sent anything. */
export function isReason(fact: unknown): fact is AnyReason {
  if (typeof fact !== 'object' || fact === null || !('code' in fact) || !('facts' in fact)) return false;
  return typeof fact.code === 'string' && typeof fact.facts === 'object' && fact.facts !== null;
}

/** Makes the words of a reason within another. */
export type Say = (reason: AnyReason) => string;

/** How a code becomes words: a text in which `{name}` stands for the fact of that name, as in the table of errors, or a function. */
export type Sayer = string | ((facts: never, say: Say) => string);

/** A table of reasons or events. */
export type Sayers = Readonly<Record<string, Sayer>>;

/** The facts that these words are made of. */
export type FactsFor<Words extends Sayer> = Words extends string
  ? [keyof FactsIn<Words>] extends [never]
    ? NoFacts
    : FactsIn<Words>
  : Words extends (...given: infer Given) => string
    ? Given extends []
      ? NoFacts
      : Given[0]
    : never;
type NoFacts = Readonly<Record<string, never>>;

/** A fact that a reason of any version may have, of any type. */
export function factOf({ facts }: Pick<AnyReason, 'facts'>, name: string): unknown {
  return (facts as Readonly<Record<string, unknown>>)[name];
}

/** The reason of this code; the compiler checks its facts against the table. */
export function reason<Code extends ReasonCode>(
  code: Code,
  ...[facts]: FactsOf<Code> extends NoFacts ? [] : [facts: FactsOf<Code>]
): Reason<Code> {
  return { code, facts: facts ?? {} } as unknown as Reason<Code>;
}
