import {
  type HistoryMetric,
  type HistorySeries,
  type HistoryUnit,
  historyMetrics,
} from '@picket/shared/protocol/history.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';

/** What is known of one member at one time; null: not known. */
export type Figures = Readonly<Record<HistoryMetric, number | null>>;

/** How a metric is kept. */
export interface Measure {
  readonly unit: HistoryUnit;
  /** The worst value of a span is kept, because an average hides it; elections are counted. */
  readonly keeps: HistorySeries['keeps'];
  /** In a packed history, a value takes so many bytes, in these steps above `lowest`. A value out of reach becomes the nearest one. */
  readonly bytes: 1 | 2 | 3;
  readonly step: number;
  readonly lowest: number;
}

const etcdPage = 4096;
const mebibyte = 1024 * 1024;

export const measures: Readonly<Record<HistoryMetric, Measure>> = {
  'db-size': { unit: 'bytes', keeps: 'highest', bytes: 3, step: etcdPage, lowest: 0 },
  'db-in-use': { unit: 'bytes', keeps: 'highest', bytes: 3, step: etcdPage, lowest: 0 },
  'fsync-p99': { unit: 'milliseconds', keeps: 'highest', bytes: 2, step: 1, lowest: 0 },
  elections: { unit: 'elections', keeps: 'sum', bytes: 1, step: 1, lowest: 0 },
  temperature: { unit: 'celsius', keeps: 'highest', bytes: 1, step: 1, lowest: -100 },
  'memory-available': { unit: 'bytes', keeps: 'lowest', bytes: 2, step: mebibyte, lowest: 0 },
};

/** What a report says. `elections`: how many there were since the report before; null if that is not known. Pure. */
export function figuresOf({ etcd, machine }: NodeStatus, elections: number | null): Figures {
  return {
    'db-size': etcd?.dbSizeBytes ?? null,
    'db-in-use': etcd?.dbSizeInUseBytes ?? null,
    'fsync-p99': etcd === null ? null : machine.walFsyncP99Ms,
    elections,
    temperature: machine.temperatureCelsius,
    'memory-available': machine.memory?.availableBytes ?? null,
  };
}

/** Of two parts of one span of time. Pure. */
export function together(one: Figures, other: Figures): Figures {
  const merged = historyMetrics.map((metric) => [metric, worst(measures[metric], one[metric], other[metric])]);
  return Object.fromEntries(merged) as Figures;
}

export function isEmpty(figures: Figures): boolean {
  return historyMetrics.every((metric) => figures[metric] === null);
}

function worst({ keeps }: Measure, one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  if (keeps === 'sum') return one + other;
  return keeps === 'highest' ? Math.max(one, other) : Math.min(one, other);
}
