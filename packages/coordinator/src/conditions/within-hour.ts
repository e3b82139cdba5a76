import { happening } from '@picket/shared/events/event.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import type { Subject, Tally, Withheld } from '../model/conditions.ts';
import type { Instant } from '../model/instant.ts';
import type { Change } from './change.ts';

const hourMs = 3_600_000;
/** Each change costs a commit, and one or more events, which a node could repeat with each report (R18). */
const mostAnHour = 30;
/** Beyond these, for what a node that only goes and comes does not show: it must not hide the loss of data. */
const moreForRare = 12;
const rare: ReadonlySet<string> = new Set(['data-missing', 'data-lost', 'disk-full', 'clock-wrong', 'quorum-lost']);

export interface Bounded<State> extends Change<State> {
  readonly withheld: Withheld | undefined;
}

/**
 * The change of one subject, if its hour has room for it; otherwise the state stays as the events have told it, and the
 * changes are counted. The next hour begins with an event that says how many there were (R18). Pure.
 *
 * @param node null: the subject is the cluster
 * @param withheld what this hour has withheld so far; undefined if nothing
 */
export function withinHour<State extends Subject>(
  node: { readonly nodeId: string; readonly name: string } | null,
  before: State,
  { after, events }: Change<State>,
  withheld: Withheld | undefined,
  now: Instant,
): Bounded<State> {
  const { tally } = before;
  const isOver = isHourOver(tally, now);
  const kinds = events.map(({ kind }) => kind).join();
  const { nodeId = null, name = null } = node ?? {};
  const count = isOver ? (withheld?.count ?? 0) : 0;
  const changed = count > 0 ? [happening('more-changes', { nodeId, name, count, since: isoTime(tally.since) })] : [];
  if (after === before && changed.length === 0) return { after, events, withheld: recounted(withheld, kinds) };
  const cost = Math.max(1, events.length);
  const spent = isOver ? 0 : tally.spent;
  const most = events.some(({ kind }) => rare.has(kind)) ? mostAnHour + moreForRare : mostAnHour;
  if (spent > 0 && spent + cost > most) {
    return { after: before, events: [], withheld: recounted(withheld ?? { kinds: '', count: 0 }, kinds) };
  }
  const since = isOver ? now : tally.since;
  return {
    after: { ...after, tally: { since, spent: spent + cost } },
    events: [...changed, ...events],
    withheld: undefined,
  };
}

/** True if the hour of this tally is over, so that the next change begins another. */
export function isHourOver({ since }: Tally, now: Instant): boolean {
  return now - since >= hourMs || now < since;
}

/** A change that lasts is one, however often it is seen. */
function recounted(withheld: Withheld | undefined, kinds: string): Withheld | undefined {
  if (withheld === undefined || withheld.kinds === kinds) return withheld;
  return { kinds, count: withheld.count + 1 };
}
