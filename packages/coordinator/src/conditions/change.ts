import type { Happening } from '@picket/shared/events/event.ts';

/** What a look at one subject changes, and the events that tell it. */
export interface Change<State> {
  /** The very same object if nothing changes. */
  readonly after: State;
  readonly events: readonly Happening[];
}

/** The state with these fields; the same object if they have these values already. */
export function withFields<State extends object>(state: State, fields: Partial<State>): State {
  const names = Object.keys(fields) as (keyof State)[];
  return names.every((name) => Object.is(state[name], fields[name])) ? state : { ...state, ...fields };
}

/** One look after the other at the same subject. */
export function inTurn<State>(before: State, looks: readonly ((state: State) => Change<State>)[]): Change<State> {
  let after = before;
  const events: Happening[] = [];
  for (const look of looks) {
    const change = look(after);
    after = change.after;
    events.push(...change.events);
  }
  return { after, events };
}
