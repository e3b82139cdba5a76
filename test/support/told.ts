import type { EventKind } from '@picket/shared/events/event.ts';
import type { ReasonCode } from '@picket/shared/reasons/reason.ts';

/** A reason in an answer of the API, or within the facts of another. */
export interface Coded {
  readonly code: string;
  readonly facts: object;
}

/** Makes the test whether a reason has this code and, among others, these facts. */
export function isReason(code: ReasonCode, facts: object = {}): (one: Coded) => boolean {
  return (one) => one.code === code && has(one.facts, facts);
}

/** Makes the test whether such a reason is this one or among its facts. */
export function tellsOf(code: ReasonCode, facts: object = {}): (one: unknown) => boolean {
  const isWanted = isReason(code, facts);
  return function isHere(one): boolean {
    if (typeof one !== 'object' || one === null) return false;
    return ('code' in one && 'facts' in one && isWanted(one as Coded)) || Object.values(one).some(isHere);
  };
}

/** Makes the test whether an event has this kind and, among others, these facts. */
export function isEvent(
  kind: EventKind,
  facts: object = {},
): (one: { readonly kind: string; readonly facts: object }) => boolean {
  return (one) => one.kind === kind && has(one.facts, facts);
}

/** Whether a value is the wanted one, or an object that has what the wanted one has. */
function has(value: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return value === wanted;
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(wanted) && (!Array.isArray(value) || value.length !== wanted.length)) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return Object.entries(wanted).every(([name, inner]) => has(fields[name], inner));
}
