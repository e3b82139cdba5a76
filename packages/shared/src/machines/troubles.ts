import type { MachineReport } from '../protocol/report.ts';
import { type Reason, reason } from '../reasons/reason.ts';
import { clockOffFrom, hotCelsius, leastFreeShare, mostFsyncMs } from './limits.ts';

/** What a member's machine lacks, by its figures; nothing for a healthy one. Pure. */
export function machineTroubles(member: string, machine: MachineReport): readonly Reason[] {
  const { disk, temperatureCelsius: celsius, clockOffsetMs: offsetMs, walFsyncP99Ms: fsyncMs } = machine;
  const troubles: Reason[] = [];
  if (disk !== null && disk.freeBytes < disk.totalBytes * leastFreeShare)
    troubles.push(reason('disk_nearly_full', { member, freeBytes: disk.freeBytes, totalBytes: disk.totalBytes }));
  if (fsyncMs !== null && fsyncMs > mostFsyncMs)
    troubles.push(reason('disk_slow', { member, fsyncMs, goodMs: mostFsyncMs }));
  if (celsius !== null && celsius >= hotCelsius) troubles.push(reason('hot', { member, celsius }));
  if (offsetMs !== null && Math.abs(offsetMs) > clockOffFrom) troubles.push(reason('clock_off', { member, offsetMs }));
  return troubles;
}
