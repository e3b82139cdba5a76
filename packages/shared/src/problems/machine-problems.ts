import { happening } from '../events/event.ts';
import { clockOffFrom, hotCelsius, leastFreeShare, mostFsyncMs, segmentBytes } from '../machines/limits.ts';
import { reason } from '../reasons/reason.ts';
import { alarm, inReport, type MachineView, type ProblemKind } from './problem-kind.ts';

/** Room for so many times where a lack of it began ends it. */
const roomAgainFactor = 1.25;

const disk = ({ machine }: MachineView) => machine.disk;
const spaceOf = (view: MachineView) => {
  const { freeBytes, totalBytes } = disk(view) ?? { freeBytes: 0, totalBytes: 0 };
  return { freeBytes, totalBytes };
};

/** What machines lack. Of one thing, the worse comes first. */
export const machineProblems = {
  'disk-full': {
    subject: 'node',
    onMachine: inReport(disk, {
      begins: ({ freeBytes }) => freeBytes < segmentBytes,
      ends: ({ freeBytes }) => freeBytes >= segmentBytes * roomAgainFactor,
      says: (member, { freeBytes }) => reason('disk_is_full', { member, freeBytes }),
      look: 'df -h /var/lib/picket',
      milder: 'disk-nearly-full',
      events: {
        begins: (node, view) => happening('disk-full', { ...node, ...spaceOf(view) }),
        ends: ({ nodeId, name }, view) => happening('disk-free', { nodeId, name, ...spaceOf(view) }),
      },
    }),
  },
  'disk-nearly-full': {
    subject: 'node',
    alarm: alarm('warning', 15, 'disk nearly full', 'free-space-in-etcd'),
    shownBy: ['disk_nearly_full'],
    onMachine: inReport(disk, {
      begins: ({ freeBytes, totalBytes }) => freeBytes < totalBytes * leastFreeShare,
      ends: ({ freeBytes, totalBytes }) => freeBytes >= totalBytes * leastFreeShare * roomAgainFactor,
      says: (member, { freeBytes, totalBytes }) => reason('disk_nearly_full', { member, freeBytes, totalBytes }),
      events: {
        begins: (node, view) => happening('disk-low', { ...node, ...spaceOf(view) }),
        ends: ({ nodeId, name }, view) => happening('disk-free', { nodeId, name, ...spaceOf(view) }),
      },
    }),
  },
  'disk-slow': {
    subject: 'node',
    alarm: alarm('warning', 30, 'disk too slow', 'troubleshoot'),
    shownBy: ['disk_slow'],
    onMachine: inReport(({ machine }) => machine.walFsyncP99Ms, {
      begins: (fsyncMs) => fsyncMs > mostFsyncMs,
      ends: (fsyncMs) => fsyncMs <= mostFsyncMs,
      says: (member, fsyncMs) => reason('disk_slow', { member, fsyncMs, goodMs: mostFsyncMs }),
    }),
  },
  'board-hot': {
    subject: 'node',
    alarm: alarm('warning', 15, 'board too hot', 'troubleshoot'),
    shownBy: ['hot'],
    onMachine: inReport(({ machine }) => machine.temperatureCelsius, {
      begins: (celsius) => celsius >= hotCelsius,
      ends: (celsius) => celsius < hotCelsius,
      says: (member, celsius) => reason('hot', { member, celsius }),
    }),
  },
  'clock-off': {
    subject: 'node',
    alarm: alarm('warning', 10, 'clock wrong', 'fix-a-wrong-clock'),
    shownBy: ['clock_off'],
    onMachine: inReport(clock, {
      begins: ({ offsetMs, why }) => why !== null || Math.abs(offsetMs ?? 0) > clockOffFrom,
      ends: ({ offsetMs, why }) => why === null && offsetMs !== null && isRight(offsetMs),
      says: (member, { offsetMs }) =>
        offsetMs === null || isRight(offsetMs) ? null : reason('clock_off', { member, offsetMs }),
      events: {
        begins: (node, view) => happening('clock-wrong', { ...node, ...clock(view) }),
        ends: (node) => happening('clock-right', node),
      },
    }),
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

/** `why`: the agent itself doubts its clock. */
function clock({ machine, waits }: MachineView) {
  return { offsetMs: machine.clockOffsetMs, why: waits.find(({ code }) => code === 'time_sync') ?? null };
}

function isRight(offsetMs: number): boolean {
  return Math.abs(offsetMs) <= clockOffFrom / 2;
}
