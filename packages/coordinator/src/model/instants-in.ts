import type { Reason } from '@picket/shared/reasons/reason.ts';
import type { Instant } from './instant.ts';

/**
 * Where the instants are in a value of this type; `never` if it has none. `each` stands for the entries of a list or of a
 * record by name.
 */
export type InstantsIn<Value> = All<
  Value extends number
    ? 'moves' extends keyof Value
      ? true
      : never
    : Value extends Reason
      ? never
      : Value extends readonly (infer Entry)[]
        ? Some<{ readonly each: InstantsIn<Entry> }>
        : Value extends object
          ? string extends keyof Value
            ? Some<{ readonly each: InstantsIn<Value[keyof Value]> }>
            : Some<{ readonly [Field in keyof Value]-?: InstantsIn<Value[Field]> }>
          : never
>;

/** The places of each alternative of a union. */
type All<Places> = [Places] extends [never]
  ? never
  : Each<Places> extends (places: infer Whole) => void
    ? Whole
    : never;
type Each<Places> = Places extends unknown ? (places: Places) => void : never;

type Some<Places> = Fields<{
  readonly [Key in keyof Places as [Places[Key]] extends [never] ? never : Key]: Places[Key];
}>;
type Fields<Places> = [keyof Places] extends [never] ? never : Places;

type Places = true | { readonly [name: string]: Places };

/** The value with each of these instants changed; the very same one if there is none in it. */
export function withInstants<Value>(value: Value, places: InstantsIn<Value>, change: (at: Instant) => Instant): Value {
  return changed(value, places as Places, change) as Value;
}

function changed(value: unknown, places: Places | undefined, change: (at: Instant) => Instant): unknown {
  if (places === true && typeof value === 'number') return change(value);
  if (typeof places !== 'object' || typeof value !== 'object' || value === null) return value;
  const after = Object.entries(value).map(
    ([name, entry]) => [name, changed(entry, places.each ?? places[name], change)] as const,
  );
  if (after.every(([name, entry]) => entry === (value as Readonly<Record<string, unknown>>)[name])) return value;
  return Array.isArray(value) ? after.map(([, entry]) => entry) : Object.fromEntries(after);
}
