import type { AnyReason, Say } from './reason.ts';

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
type FactsIn<Template extends string> = {
  readonly [Name in NamesIn<Template>]: Name extends NumberName ? number : Name extends ReasonName ? AnyReason : string;
};

/** Words in which `{name}` stands for the fact of that name, as in the table of errors. */
export function text<Template extends string>(template: Template): (facts: FactsIn<Template>, say: Say) => string {
  return (facts, say) =>
    template.replaceAll(/\{(\w+)\}/g, (_all, name: NamesIn<Template>) => {
      const fact: unknown = facts[name];
      return reasonNames.some((one) => one === name) ? say(fact as AnyReason) : String(fact);
    });
}
