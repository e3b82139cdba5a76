import type { MachineReport } from '@picket/shared/protocol/report.ts';
import { reachable } from '../controller/health.ts';
import type { Situation } from '../controller/model.ts';

const leastFreeShare = 0.1;
/** From here on a Raspberry Pi slows itself down (its documentation, "Frequency management and thermal control"). */
const hotCelsius = 80;
const mostOffsetMs = 2000;
const dayMs = 86_400_000;
/** etcd's FAQ wants the 99th percentile of its log's fsyncs below this. */
const mostFsyncMs = 10;

/** What the machines below the members are short of, by reports that still speak of now; nothing for those that are well. */
export function machineNotices({ spec, status, now }: Situation): string[] {
  return spec.members.flatMap(({ name }) => {
    const node = status.nodes[name];
    if (!node?.status || !reachable(node, now).ok) return [];
    return troublesOf(node.status.machine).map((trouble) => `${name}: ${trouble}.`);
  });
}

function troublesOf({ disk, temperatureCelsius, clockOffsetMs, walFsyncP99Ms }: MachineReport): string[] {
  const troubles: string[] = [];
  if (disk !== null && disk.freeBytes < disk.totalBytes * leastFreeShare) {
    const share = Math.floor((disk.freeBytes / disk.totalBytes) * 100);
    troubles.push(
      `the disk that holds its data has ${gigabytes(disk.freeBytes)} of ${gigabytes(disk.totalBytes)} GB free (${share} %)`,
    );
  }
  if (walFsyncP99Ms !== null && walFsyncP99Ms > mostFsyncMs) {
    troubles.push(
      `its disk is slow for etcd, fsync p99 ${walFsyncP99Ms} ms (at most ${mostFsyncMs} are good): elections may follow under load`,
    );
  }
  if (temperatureCelsius !== null && temperatureCelsius >= hotCelsius) {
    troubles.push(`it is ${temperatureCelsius} °C hot and slows down: give it air or a heat sink`);
  }
  if (clockOffsetMs !== null && Math.abs(clockOffsetMs) > mostOffsetMs) {
    const way = clockOffsetMs > 0 ? 'ahead of' : 'behind';
    troubles.push(`its clock is ${durationOf(Math.abs(clockOffsetMs))} ${way} the coordinator’s`);
  }
  return troubles;
}

function durationOf(ms: number): string {
  return ms >= 2 * dayMs ? `${Math.floor(ms / dayMs)} days` : `${(ms / 1000).toFixed(1)} s`;
}

/** As disks are sold: 10⁹ octets, one decimal below ten. */
function gigabytes(bytes: number): string {
  const value = bytes / 1e9;
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
