import type { MachineReport } from '@picket/shared/protocol/report.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { reachable } from '../model/health.ts';
import { clockOffFrom, leastFreeShare } from '../model/machine-limits.ts';
import type { Situation } from '../model/situation.ts';

/**
 * From this temperature on a Raspberry Pi slows down (its documentation, "Frequency management and thermal control").
 */
const hotCelsius = 80;
/** etcd's FAQ recommends that the 99th percentile of its log's fsyncs is below this. */
const mostFsyncMs = 10;

/** What the members' machines lack, by current reports; nothing for healthy ones. */
export function machineNotices({ spec, status, now }: Situation): readonly Reason[] {
  return spec.members.flatMap(({ name }) => {
    const node = status.nodes[name];
    return node?.status && reachable(node, now).ok ? troublesOf(name, node.status.machine) : [];
  });
}

function troublesOf(member: string, machine: MachineReport): readonly Reason[] {
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
