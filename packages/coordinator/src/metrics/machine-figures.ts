import type { MachineReport } from '@picket/shared/protocol/report.ts';

interface Figure {
  readonly help: string;
  /** Nothing: it is not reported. */
  readonly of: (machine: MachineReport) => number | null | undefined;
}

/** The figures of a member's machine, each with its family. */
export const machineFigures = {
  picket_member_wal_fsync_p99_seconds: {
    help: '99th percentile of the fsyncs of its log.',
    of: ({ walFsyncP99Ms }) => seconds(walFsyncP99Ms),
  },
  picket_member_disk_bytes: {
    help: 'Size of the file system with its data.',
    of: ({ disk }) => disk?.totalBytes,
  },
  picket_member_disk_free_bytes: {
    help: 'What etcd can still write there.',
    of: ({ disk }) => disk?.freeBytes,
  },
  picket_member_memory_bytes: {
    help: 'Memory of its machine.',
    of: ({ memory }) => memory?.totalBytes,
  },
  picket_member_memory_available_bytes: {
    help: 'Available memory of its machine.',
    of: ({ memory }) => memory?.availableBytes,
  },
  picket_member_temperature_celsius: {
    help: 'Temperature of the hottest part of its machine.',
    of: ({ temperatureCelsius }) => temperatureCelsius,
  },
  picket_member_clock_offset_seconds: {
    help: 'How far its clock is ahead of the coordinator’s.',
    of: ({ clockOffsetMs }) => seconds(clockOffsetMs),
  },
} as const satisfies Readonly<Record<string, Figure>>;

function seconds(milliseconds: number | null): number | null {
  return milliseconds && milliseconds / 1000;
}
