import type { LogRotation, Tuning } from './model.ts';

/**
 * Raft timing for SD cards. An fsync there can take longer than etcd's default election timeout of one second,
 * which causes elections under load (k3s#1850, #6654). etcd recommends an election timeout of at least five
 * heartbeats and ten round trips. With ten heartbeats, a cluster survives a stall of several seconds without an
 * election, but notices a dead leader later.
 */
const slowDiskTiming = { heartbeatIntervalMs: 500, electionTimeoutMs: 5000 } as const;

/** The default settings of members, for a board with 1 GB of memory and an SD card. */
export const defaultTuning: Tuning = {
  ...slowDiskTiming,
  // etcd 3.6's default. etcd 3.5's default of 100,000 keeps that many entries in memory and replays them at each start.
  snapshotCount: 10_000,
  // etcd's own default, written out so that a release with another default changes nothing here.
  quotaBackendBytes: 2 * 1024 ** 3,
  // Without compaction the database only grows, until NOSPACE. k3s compacts every five minutes, which this does not disturb.
  autoCompactionMode: 'periodic',
  autoCompactionRetention: '1h',
  logLevel: 'info',
};

/** At most 10 MB in the open file and, packed, a few more: an SD card is small, and etcd at `info` says little. */
export const logRotation: LogRotation = { maxSize: 10, maxBackups: 3, compress: true };
