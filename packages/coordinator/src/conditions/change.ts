import type { Happening } from '@picket/shared/events/event.ts';
import { lastingAfter, type Seen } from '@picket/shared/problems/lasting.ts';
import type { Subject } from '../model/conditions.ts';
import type { Instant } from '../model/instant.ts';

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

/** What has begun or ended of these problems. */
export function changed<State extends Subject>(state: State, seen: readonly Seen[], now: Instant): Change<State> {
  const { lasting, events } = lastingAfter(state.lasting, seen, now);
  return { after: lasting === state.lasting ? state : { ...state, lasting }, events };
}
