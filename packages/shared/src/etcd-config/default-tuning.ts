import type { LogRotation, Tuning } from './model.ts';

/**
 * Raft timing for SD cards. An fsync there can take longer than etcd's own election timeout of one second,
 * which shows as elections under load (k3s#1850, #6654). etcd asks for an election timeout of at least five
 * heartbeats and ten round trips; ten heartbeats ride out a stall of several seconds, at the cost of noticing
 * a dead leader that much later.
 */
const slowDiskTiming = { heartbeatIntervalMs: 500, electionTimeoutMs: 5000 } as const;

/** What a member gets when its spec says nothing: fit for a board with 1 GB of memory and an SD card. */
export const defaultTuning: Tuning = {
  ...slowDiskTiming,
  // etcd 3.6's default. That of 3.5 is 100,000: that many entries kept in memory, and replayed at each start.
  snapshotCount: 10_000,
  // etcd's own default, said aloud so that a release which changes it changes nothing here.
  quotaBackendBytes: 2 * 1024 ** 3,
  // Without compaction the database only grows, up to NOSPACE. k3s compacts every five minutes and is not hindered.
  autoCompactionMode: 'periodic',
  autoCompactionRetention: '1h',
  logLevel: 'info',
};

/** At most 10 MB in the open file and, packed, a few more: an SD card is small, and etcd at `info` says little. */
export const logRotation: LogRotation = { maxSize: 10, maxBackups: 3, compress: true };
