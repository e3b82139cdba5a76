import type { Happening } from '../events/event.ts';
import { catalogue, type ProblemCode, problemCodes } from './catalogue.ts';

/** Since when each problem lasts of which events tell, in milliseconds since the epoch. */
export type Lasting = Readonly<Partial<Record<ProblemCode, number>>>;
/** Of a node without problems. */
export const nothingLasts: Lasting = {};

/** Whether there is a problem now, and the events of its begin and its end; null: no event. */
export interface Seen {
  readonly code: ProblemCode;
  readonly lasts: boolean;
  /** Left out: since now. */
  readonly since?: number;
  readonly begins: () => Happening | null;
  readonly ends: (forMs: number) => Happening | null;
}

interface LastingChange {
  readonly lasting: Lasting;
  readonly events: readonly Happening[];
}

/**
 * What lasts after a look at these problems, and the events of what has begun or ended: of several of one thing, of the worst. The very
 * same object if nothing has. Pure.
 */
export function lastingAfter(before: Lasting, seen: readonly Seen[], now: number): LastingChange {
  if (seen.every(({ code, lasts }) => lasts === code in before)) return { lasting: before, events: [] };
  const others = Object.entries(before).filter(([code]) => !seen.some((one) => one.code === code));
  const there = seen
    .filter(({ lasts }) => lasts)
    .map(({ code, since = now }) => [code, before[code] ?? since] as const);
  const lasting: Lasting = Object.fromEntries([...others, ...there]);
  const heads = seen.filter(({ code }) => !seen.some((worse) => catalogue[worse.code].milder === code));
  const events = heads.flatMap((head): readonly (Happening | null)[] => {
    const ladder = ladderFrom(head, seen);
    const [was, is] = [ladder.find(({ code }) => code in before), ladder.find(({ lasts }) => lasts)];
    if (was === is) return [];
    return [is === undefined ? (was?.ends(Math.max(0, now - (before[was.code] ?? now))) ?? null) : is.begins()];
  });
  return {
    lasting: Object.keys(lasting).length === 0 ? nothingLasts : lasting,
    events: events.filter((event) => event !== null),
  };
}

/** The problems of one thing, the worst first. */
function ladderFrom(head: Seen, seen: readonly Seen[]): readonly Seen[] {
  const milder = seen.find(({ code }) => code === catalogue[head.code].milder);
  return milder === undefined ? [head] : [head, ...ladderFrom(milder, seen)];
}

const ofIncarnation = new Set<string>(problemCodes.filter((code) => catalogue[code].endsWithIncarnation === true));

/** What lasts when another incarnation begins. Pure. */
export function lastingWithoutIncarnation(before: Lasting): Lasting {
  const kept = Object.entries(before).filter(([code]) => !ofIncarnation.has(code));
  return kept.length === 0 ? nothingLasts : Object.fromEntries(kept);
}
