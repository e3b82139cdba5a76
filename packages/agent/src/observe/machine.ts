import type { MachineReport } from '@picket/shared/protocol/report.ts';
import type { EtcdGateway } from '../etcd/etcd.ts';
import { type Histogram, observations, quantile, since } from '../etcd/fsync-histogram.ts';
import type { Clock } from '../host/host.ts';
import type { MachineReadings } from '../host/machine.ts';
import type { CoordinatorTime } from '../model/clock-doubt.ts';

export interface MachineWatchDeps {
  readonly readings: MachineReadings;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** Where the data lies, or a folder on the same disk. */
  readonly folder: string;
}

/** How etcd is reached, asked only when it is needed; resolves to null while it does not run. */
export type ReachEtcd = () => Promise<Pick<EtcdGateway, 'walFsync'> | null>;

export type MachineWatch = ReturnType<typeof machineWatch>;

const everyMs = 60_000;
const mebibyte = 1024 * 1024;
/** Of fewer fsyncs the slowest would be the 99th percentile. An idle cluster is some time about them. */
const enoughFsyncs = 200;

/**
 * Looks at the machine once a minute at most. A figure that has hardly moved is told as before, so that an idle node's
 * reports stay empty.
 */
export function machineWatch({ readings, clock, folder }: MachineWatchDeps) {
  let last: MachineReport | null = null;
  let readAt = Number.NEGATIVE_INFINITY;
  let judged: Histogram | null = null;

  async function fsyncP99(reach: ReachEtcd, before: number | null): Promise<number | null> {
    const etcd = await reach().catch(() => null);
    const histogram = etcd === null ? null : await etcd.walFsync();
    if (histogram === null) return before;
    const recent = since(histogram, judged);
    if (observations(recent) < enoughFsyncs) return before;
    judged = histogram;
    const seconds = quantile(recent, 0.99);
    return seconds === null ? before : Math.max(1, Math.round(seconds * 1000));
  }

  async function read(reach: ReachEtcd): Promise<Omit<MachineReport, 'clockOffsetMs'>> {
    const [disk, memory, celsius, walFsyncP99Ms] = await Promise.all([
      readings.disk(folder),
      readings.memory(),
      readings.temperature(),
      fsyncP99(reach, last?.walFsyncP99Ms ?? null),
    ]);
    return {
      disk: disk && {
        totalBytes: disk.totalBytes,
        freeBytes: steady(last?.disk?.freeBytes, disk.freeBytes, disk.totalBytes / 100),
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
      walFsyncP99Ms,
    };
  }

  /** Half of the way of the coordinator's answer is in it, and a hundredth of a second: it is told in tenths. */
  function offsetFrom({ at, monotonic }: CoordinatorTime): number {
    const there = at + (clock.monotonic() - monotonic);
    return Math.round((clock.now() - there) / 100) * 100;
  }

  return {
    /** The figures of the last minute: they are read anew once they are older. Never rejects. */
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

/** The value told before, unless the new one has left it by a step or more. */
function steady(before: number | null | undefined, now: number, step: number): number {
  return before !== null && before !== undefined && Math.abs(now - before) < step ? before : now;
}
