import { filledIn } from './durations.ts';
import { type AnyReason, factOf, type Say, type Sayer } from './reason.ts';

/** The names in a text that stand for numbers. */
type NumberName =
  | 'after'
  | 'agreeing'
  | 'all'
  | 'appliedIndex'
  | 'bytes'
  | 'celsius'
  | 'count'
  | 'declared'
  | 'everyHours'
  | 'everyMinutes'
  | 'first'
  | 'formations'
  | 'fsyncMs'
  | 'generation'
  | 'goodMs'
  | 'knew'
  | 'leastBytes'
  | 'line'
  | 'members'
  | 'minutes'
  | 'number'
  | 'parts'
  | 'port'
  | 'proving'
  | 'published'
  | 'quorum'
  | 'revision'
  | 'seconds'
  | 'silentFor'
  | 'status'
  | 'times'
  | 'voters'
  | 'within';

/** The names that stand for reasons. */
const reasonNames = ['ailment', 'because', 'reason', 'why'] as const;
type ReasonName = (typeof reasonNames)[number];

type NamesIn<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;

/** The facts that a text names. */
export type FactsIn<Template extends string> = {
  readonly [Name in NamesIn<Template>]: Name extends NumberName ? number : Name extends ReasonName ? AnyReason : string;
};

/** The words that a table has for a code, made of these facts. */
export function sayWith(sayer: Sayer, facts: object, say: Say): string {
  if (typeof sayer !== 'string') return sayer(facts as never, say);
  return filledIn(sayer, (name) => {
    const fact = factOf({ facts }, name);
    return reasonNames.some((one) => one === name) ? say(fact as AnyReason) : String(fact);
  });
}
