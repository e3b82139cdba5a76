import { ofDownEtcd } from '../diagnosis/rules/consequences.ts';
import { type Proof, showsFolders, there } from '../diagnosis/rules/rule.ts';
import { happening } from '../events/event.ts';
import { type AnyReason, reason } from '../reasons/reason.ts';
import { megabytes } from '../reasons/sizes.ts';
import { hotCelsius, leastFreeShare, mostFsyncMs, segmentBytes } from './machine-limits.ts';
import { alarm, inReport, type MachineView, type ProblemKind } from './problem-kind.ts';

/** Room for so many times where a lack of it began ends it. */
const roomAgainFactor = 1.25;

const disk = ({ machine }: MachineView) => machine.disk;
const spaceOf = (view: MachineView) => {
  const { freeBytes, totalBytes } = disk(view) ?? { freeBytes: 0, totalBytes: 0 };
  return { freeBytes, totalBytes };
};

const diskPage = 'find-the-cause.md#a-full-disk';

/** A disk whose fsyncs take less than a heartbeat's interval delays no heartbeat, in milliseconds. */
const delaysHeartbeatsMs = 100;
const slow = ['disk_slow', 'etcd_slow_fsync', 'etcd_late_heartbeat'] as const;

/** A voter that waits for its disk serves no reads. One whose etcd has ended has another cause. */
function isOfSlowDisk({ code }: AnyReason): boolean {
  return code === 'no_reads' || slow.some((one) => one === code);
}

/** What machines lack. Of one thing, the worse comes first. */
export const machineProblems = {
  'disk-full': {
    subject: 'node',
    milder: 'disk-nearly-full',
    shownBy: ['disk_is_full'],
    limit: `less than ${megabytes(segmentBytes)} free; ends at ${megabytes(segmentBytes * roomAgainFactor)}`,
    onMachine: inReport(disk, {
      begins: ({ freeBytes }) => freeBytes < segmentBytes,
      ends: ({ freeBytes }) => freeBytes >= segmentBytes * roomAgainFactor,
      says: (member, { freeBytes }) => reason('disk_is_full', { member, freeBytes }),
      look: 'df -h /var/lib/picket',
      events: {
        begins: (node, view) => happening('disk-full', { ...node, ...spaceOf(view) }),
        ends: ({ nodeId, name }, view) => happening('disk-free', { nodeId, name, ...spaceOf(view) }),
      },
    }),
    causes: [
      {
        cause: 'cause_disk_full',
        page: diskPage,
        shownBy: ['disk_is_full', 'etcd_disk_full'],
        errors: ['disk_full'],
        next: showsFolders,
        explains: [...ofDownEtcd, 'cause_data_damaged', 'cause_disk_low'],
      },
    ],
  },
  'disk-nearly-full': {
    subject: 'node',
    alarm: alarm('warning', 15, 'disk nearly full', 'free-space-in-etcd'),
    shownBy: ['disk_nearly_full'],
    limit: `less than ${leastFreeShare * 100} % free; ends at ${leastFreeShare * roomAgainFactor * 100} %`,
    onMachine: inReport(disk, {
      begins: ({ freeBytes, totalBytes }) => freeBytes < totalBytes * leastFreeShare,
      ends: ({ freeBytes, totalBytes }) => freeBytes >= totalBytes * leastFreeShare * roomAgainFactor,
      says: (member, { freeBytes, totalBytes }) => reason('disk_nearly_full', { member, freeBytes, totalBytes }),
      events: {
        begins: (node, view) => happening('disk-low', { ...node, ...spaceOf(view) }),
        ends: ({ nodeId, name }, view) => happening('disk-free', { nodeId, name, ...spaceOf(view) }),
      },
    }),
    causes: [
      {
        cause: 'cause_disk_low',
        page: diskPage,
        shownBy: ['disk_nearly_full'],
        next: showsFolders,
        countsAs: 'minor',
        isSymptom: true,
      },
    ],
  },
  'disk-slow': {
    subject: 'node',
    alarm: alarm('warning', 30, 'disk too slow', 'troubleshoot'),
    shownBy: ['disk_slow'],
    limit: `more than ${mostFsyncMs} ms for the 99th percentile of the fsyncs of etcd's log`,
    onMachine: inReport(({ machine }) => machine.walFsyncP99Ms, {
      begins: (fsyncMs) => fsyncMs > mostFsyncMs,
      ends: (fsyncMs) => fsyncMs <= mostFsyncMs,
      says: (member, fsyncMs) => reason('disk_slow', { member, fsyncMs, goodMs: mostFsyncMs }),
    }),
    causes: [
      {
        cause: 'cause_slow_disk_elections',
        page: 'find-the-cause.md#a-slow-disk',
        shownBy: [...slow, 'etcd_leader_changes'],
        proves: ({ code, facts }) =>
          code !== 'disk_slow' || (facts as { readonly fsyncMs: number }).fsyncMs >= delaysHeartbeatsMs,
        together: (found) => (has(found, slow) && has(found, ['etcd_leader_changes']) ? found : []),
        next: there('picket-agent preflight; dmesg | tail'),
        explains: ['cause_slow_disk', 'cause_voter_down'],
        explainsBy: isOfSlowDisk,
        countsAs: 'minor',
      },
      {
        cause: 'cause_slow_disk',
        page: 'find-the-cause.md#a-slow-disk',
        shownBy: slow,
        next: there('picket-agent preflight; dmesg | tail'),
        explains: ['cause_voter_down'],
        explainsBy: isOfSlowDisk,
        countsAs: 'minor',
      },
    ],
  },
  'board-hot': {
    subject: 'node',
    alarm: alarm('warning', 15, 'board too hot', 'troubleshoot'),
    shownBy: ['hot'],
    limit: `${hotCelsius} °C or more`,
    onMachine: inReport(({ machine }) => machine.temperatureCelsius, {
      begins: (celsius) => celsius >= hotCelsius,
      ends: (celsius) => celsius < hotCelsius,
      says: (member, celsius) => reason('hot', { member, celsius }),
    }),
    causes: [
      {
        cause: 'cause_hot',
        page: 'find-the-cause.md#a-hot-board',
        shownBy: ['hot', 'board_throttled'],
        next: there('cat /sys/class/thermal/thermal_zone0/temp; dmesg | grep -i voltage'),
        countsAs: 'minor',
      },
    ],
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

function has(found: readonly Proof[], codes: readonly string[]): boolean {
  return found.some(({ reason }) => codes.includes(reason.code));
}
