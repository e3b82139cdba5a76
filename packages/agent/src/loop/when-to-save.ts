import { doublingPauseMs } from '@picket/shared/backoff.ts';

import type { AgentStep } from '../model/model.ts';

/** The unsaved changes below /etc, on a machine whose root is in memory. Monotonic milliseconds. */
export interface Unsaved {
  readonly touchedAt: number;
  /** Not before this moment: the last attempt failed. */
  readonly pausedUntil: number;
}

export interface Rest {
  /** Nothing is left to do, and etcd serves. */
  readonly settled: boolean;
  /** Nothing is left to do now. */
  readonly idle: boolean;
}

/** Several changes of one order follow each other within seconds and are saved together. */
const settleMs = 10_000;
/** Even an etcd that waits for its peers for days delays a save at most this long. */
const longestMs = 300_000;

/**
 * Whether to save now: once for many changes, after they have stopped, and not while a member restarts or is down (R2),
 * when a busy card would delay its return. Pure.
 */
export function isTimeToSave({ touchedAt, pausedUntil }: Unsaved, { settled, idle }: Rest, now: number): boolean {
  const rested = now - touchedAt;
  if (now < pausedUntil || rested < settleMs) return false;
  return settled || (idle && rested >= longestMs);
}

/** How long to wait after this many failures in a row, in milliseconds. */
export function pauseAfter(failures: number): number {
  return doublingPauseMs(failures, 30_000, 3_600_000);
}

const elsewhere: ReadonlySet<AgentStep['kind']> = new Set([
  'make-data-dir',
  'clear-unborn',
  'put-data-away',
  'restore-data',
  'take-snapshot',
  'maintenance',
  'change-membership',
]);

/** Whether a step may have changed what is saved. */
export function changesEtc({ kind }: AgentStep): boolean {
  return !elsewhere.has(kind);
}
