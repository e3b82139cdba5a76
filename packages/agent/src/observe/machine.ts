import { mostFsyncMs } from '@picket/shared/problems/machine-limits.ts';
import type { MachineReport } from '@picket/shared/protocol/report.ts';
import type { EtcdGateway } from '../etcd/etcd.ts';
import { atLeast, type Histogram, observations, quantile, since } from '../etcd/fsync-histogram.ts';
import type { Clock } from '../host/host.ts';
import type { MachineReadings } from '../host/machine.ts';
import type { CoordinatorTime } from '../model/clock-doubt.ts';

interface MachineWatchDeps {
  readonly readings: MachineReadings;
  readonly clock: Clock;
  /** The data directory's parent, or a folder on the same disk. */
  readonly folder: string;
}

/** Returns the connection to etcd, called only when needed; resolves to null while etcd does not run. */
type ReachEtcd = () => Promise<Pick<EtcdGateway, 'figures'> | null>;

export type MachineWatch = ReturnType<typeof machineWatch>;

const everyMs = 60_000;
const mebibyte = 1024 * 1024;
/**
 * With fewer fsyncs, the slowest one would be the 99th percentile. An idle cluster takes some time to reach this
 * number, and so does a disk that takes seconds for each.
 */
const enoughFsyncs = 200;

/**
 * Observes the machine at most once a minute. A figure that has hardly changed keeps its reported value, so that an
 * idle node's reports stay empty.
 */
export function machineWatch({ readings, clock, folder }: MachineWatchDeps) {
  let last: MachineReport | null = null;
  let readAt = Number.NEGATIVE_INFINITY;
  let judged: Histogram | null = null;

  async function ofEtcd(reach: ReachEtcd, before: number | null) {
    const etcd = await reach().catch(() => null);
    const figures = etcd === null ? null : await etcd.figures();
    const hashCheck = figures?.hashCheck ?? null;
    return {
      walFsyncP99Ms: fsyncP99(figures?.walFsync ?? null, before),
      ...(hashCheck === null ? {} : { hashCheck }),
    };
  }

  function fsyncP99(histogram: Histogram | null, before: number | null): number | null {
    if (histogram === null) return before;
    const recent = since(histogram, judged);
    if (observations(recent) < enoughFsyncs) {
      // However fast the missing ones are, the percentile cannot fall below this.
      const least = milliseconds(quantile(atLeast(recent, enoughFsyncs), 0.99));
      return least !== null && least > Math.max(mostFsyncMs, before ?? 0) ? least : before;
    }
    judged = histogram;
    return milliseconds(quantile(recent, 0.99)) ?? before;
  }

  async function read(reach: ReachEtcd): Promise<Omit<MachineReport, 'clockOffsetMs'>> {
    const [disk, memory, celsius, system, figures] = await Promise.all([
      readings.disk(folder),
      readings.memory(),
      readings.temperature(),
      readings.system?.(),
      ofEtcd(reach, last?.walFsyncP99Ms ?? null),
    ]);
    return {
      disk: disk && {
        totalBytes: disk.totalBytes,
        // Close to a full disk, a hundredth of it would hide that nothing is left.
        freeBytes: steady(last?.disk?.freeBytes, disk.freeBytes, Math.min(disk.totalBytes / 100, disk.freeBytes / 4)),
      },
      memory: memory && {
        totalBytes: memory.totalBytes,
        availableBytes: steady(
          last?.memory?.availableBytes,
          memory.availableBytes,
          Math.max(16 * mebibyte, memory.totalBytes / 50),
        ),
      },
      temperatureCelsius: celsius === null ? null : Math.round(steady(last?.temperatureCelsius, celsius, 2)),
      ...(system === undefined ? {} : { system }),
      ...figures,
    };
  }

  /**
   * It includes half of the answer's travel time and rounding to a hundredth of a second, so it is reported in tenths.
   */
  function offsetFrom({ at, monotonic }: CoordinatorTime): number {
    const there = at + (clock.monotonic() - monotonic);
    return Math.round((clock.now() - there) / 100) * 100;
  }

  return {
    /** The figures, at most a minute old; older ones are read again. Never rejects. */
    async report(reach: ReachEtcd, coordinator: CoordinatorTime | null): Promise<MachineReport> {
      const due = last === null || clock.monotonic() - readAt >= everyMs;
      if (due) readAt = clock.monotonic();
      const rest = due || last === null ? await read(reach) : last;
      const clockOffsetMs = coordinator === null ? null : steady(last?.clockOffsetMs, offsetFrom(coordinator), 200);
      last = { ...rest, clockOffsetMs };
      return last;
    },
  };
}

function milliseconds(seconds: number | null): number | null {
  return seconds === null ? null : Math.max(1, Math.round(seconds * 1000));
}

/** The reported value, unless the new one differs by a step or more. */
function steady(before: number | null | undefined, now: number, step: number): number {
  return before !== null && before !== undefined && Math.abs(now - before) < step ? before : now;
}
