import { isoTime } from '@picket/shared/iso-time.ts';
import type { HistoryMetric, HistoryView, MemberHistory } from '@picket/shared/protocol/history.ts';
import type { Instant } from '../model/instant.ts';
import { measures } from './figures.ts';
import { most, type Resolution, type Ring, slotOf, startOf, steps } from './ring.ts';

/** What an operator wants to see. */
export interface HistoryWanted {
  readonly cluster: string;
  readonly metrics: readonly HistoryMetric[];
  readonly since: Instant;
  readonly now: Instant;
}

/** The clocks of a program and of the coordinator may differ by this much, in milliseconds. */
const slackMs = 10 * 60_000;

/** From `since` to now, in fine points if they reach so far. Points that a wrong clock has put into the future are left out. Pure. */
export function historyView(rings: ReadonlyMap<string, Ring>, wanted: HistoryWanted): HistoryView {
  const { cluster, metrics, since, now } = wanted;
  const resolution: Resolution = now - since <= most.fine * steps.fine + slackMs ? 'fine' : 'coarse';
  const [first, last] = [slotOf(since, resolution), slotOf(now, resolution)];
  const members = [...rings].map(([name, ring]): MemberHistory => {
    const points = ring[resolution].filter(({ slot }) => slot >= first && slot <= last);
    return {
      name,
      at: points.map(({ slot }) => isoTime(startOf(slot, resolution))),
      series: metrics.map((metric) => {
        const { unit, keeps } = measures[metric];
        return { metric, unit, keeps, values: points.map(({ figures }) => figures[metric]) };
      }),
    };
  });
  return { cluster, since: isoTime(since), until: isoTime(now), stepSeconds: steps[resolution] / 1000, members };
}
