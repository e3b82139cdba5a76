import { doublingPauseMs } from '@picket/shared/backoff.ts';
import { failure, PicketError, reasonOf } from '@picket/shared/errors.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { likenessOf } from '@picket/shared/reasons/likeness.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { FastifyBaseLogger } from 'fastify';
import type { Repositories, SnapshotRecord } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import type { S3Store } from './s3-store.ts';
import type { SnapshotFolder } from './snapshot-folder.ts';

export interface SnapshotMoverDeps {
  readonly store: S3Store;
  readonly folder: SnapshotFolder;
  readonly snapshots: Repositories['snapshots'];
  readonly clusters: () => readonly string[];
  /** Removes what retention no longer keeps, wherever it is. */
  readonly expired: (cluster: string) => Promise<readonly SnapshotRecord[]>;
  /** Keeps it from being removed meanwhile. */
  readonly pin: (id: string, work: () => Promise<void>) => Promise<void>;
  /** True if another reader than the one who has pinned it reads the local file. */
  readonly isRead: (record: SnapshotRecord) => boolean;
  /**
   * Does this unless the snapshot is needed by now, whatever retention decided a moment ago. Nobody gets it meanwhile.
   */
  readonly unlessPinned: (record: SnapshotRecord, remove: () => Promise<void>) => Promise<void>;
  readonly now: () => Instant;
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
}

/** How often to check that all objects exist, and to remove expired ones. */
const lookEveryMs = 3_600_000;
const firstPauseMs = 30_000;
const longestPauseMs = 1_800_000;

const ofOneSnapshot: ReadonlySet<string> = new Set(['snapshot_damaged', 'snapshot_object_refused']);

interface Fault {
  readonly cluster: string;
  readonly why: Reason;
  /** Not if the store refuses only this object: the local file is as good. */
  readonly isLost: boolean;
}

interface Failure {
  readonly why: Reason;
  readonly times: number;
  readonly nextAt: Instant;
  /** How many wait, by cluster. */
  readonly waiting: ReadonlyMap<string, number>;
}

/** Moves snapshots to the store, one at a time, beside everything else that the coordinator does. */
export function snapshotMover(deps: SnapshotMoverDeps) {
  const { store, folder, snapshots, now, log } = deps;
  const closing = new AbortController();
  let underWay: Promise<void> | null = null;
  let isMore = true;
  let lookedAt: Instant | null = null;
  let failed: Failure | null = null;
  /** What is wrong, by id. */
  const faults = new Map<string, Fault>();

  function isTimeToLook(): boolean {
    return lookedAt === null || Math.abs(now() - lookedAt) >= lookEveryMs;
  }

  async function all(): Promise<SnapshotRecord[]> {
    const found: SnapshotRecord[] = [];
    for (const cluster of deps.clusters()) found.push(...(await snapshots.ofCluster(cluster)));
    return found;
  }

  async function move(id: string): Promise<void> {
    // Retention may have removed it since the listing.
    const record = await snapshots.find(id);
    if (record === null || record.object !== null) return;
    const { cluster } = record;
    const object = store.objectOf(cluster, id);
    // It may be there: this coordinator ended before it recorded that, or was restored from an older backup.
    if (!(await store.has(object, record))) await store.send(object, folder.pathOf(id), record);
    // Recorded before the file is removed, so that its location is always known.
    if (!(await snapshots.keepObject(id, object))) return store.remove(object);
    log.info({ cluster, id, object }, 'a snapshot was moved to the store');
    faults.delete(id);
    await dropCopy({ ...record, object });
  }

  async function dropCopy(record: SnapshotRecord): Promise<void> {
    if ((await folder.has(record.id)) && !deps.isRead(record)) await folder.remove(record.id);
  }

  /** A fault of one snapshot does not delay the others. */
  async function judged({ id, cluster, object }: SnapshotRecord, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof PicketError) || !ofOneSnapshot.has(error.code)) throw error;
      if (!faults.has(id)) log.warn({ cluster, id }, error.message);
      faults.set(id, { cluster, why: reasonOf(error), isLost: object !== null || error.code === 'snapshot_damaged' });
    }
  }

  /** Fetched for a restore, it may be the last copy. */
  async function sendAgain(record: SnapshotRecord, object: string): Promise<void> {
    const { id, cluster } = record;
    try {
      await store.send(object, folder.pathOf(id), record);
    } catch (error) {
      if (!(error instanceof PicketError)) throw error;
      // The fault is noted for this one, so that a store that accepts nothing is still checked to its end.
      throw failure('snapshot_damaged', { id, problem: reason('copy_gone_unsent', { object, why: reasonOf(error) }) });
    }
    log.warn({ cluster, id, object }, 'a snapshot was missing in the store and was sent there again');
  }

  async function look(record: SnapshotRecord, object: string): Promise<void> {
    const { id } = record;
    if (!(await store.has(object, record))) {
      if (!(await folder.has(id))) throw failure('snapshot_damaged', { id, problem: reason('copy_gone', { object }) });
      await sendAgain(record, object);
    }
    faults.delete(id);
    await dropCopy(record);
  }

  async function moveNew(): Promise<void> {
    for (const record of await all()) {
      closing.signal.throwIfAborted();
      const { id, object } = record;
      if (object === null) await deps.pin(id, () => judged(record, () => move(id)));
    }
  }

  async function lookAtAll(): Promise<void> {
    const startedAt = now();
    // They expire next, and nobody misses them.
    const expired = (await Promise.all(deps.clusters().map(deps.expired))).flat().map(({ id }) => id);
    for (const record of await all()) {
      closing.signal.throwIfAborted();
      const { id, object } = record;
      if (object !== null && !expired.includes(id))
        await deps.pin(id, () => judged(record, () => look(record, object)));
    }
    lookedAt = startedAt;
  }

  async function forget(cluster: string): Promise<void> {
    for (const record of await deps.expired(cluster)) {
      closing.signal.throwIfAborted();
      const { id, object } = record;
      if (object !== null) await judged(record, () => deps.unlessPinned(record, () => remove(id, object)));
    }
  }

  async function remove(id: string, object: string): Promise<void> {
    await store.remove(object);
    // The record last: an object without a record would stay there forever.
    await snapshots.remove(id);
    await folder.remove(id);
    log.info({ id, object }, 'removed a snapshot that retention no longer keeps');
  }

  async function tendStored(): Promise<void> {
    if (isTimeToLook()) await lookAtAll();
    for (const cluster of deps.clusters()) await forget(cluster);
    const known = new Set((await all()).map(({ id }) => id));
    for (const id of faults.keys()) if (!known.has(id)) faults.delete(id);
  }

  async function pass(): Promise<void> {
    try {
      await moveNew();
    } finally {
      // Also in a store that accepts nothing more: removing makes room there.
      await tendStored();
    }
  }

  async function work(): Promise<void> {
    isMore = false;
    try {
      await pass();
      if (failed !== null) log.info({ store: store.name }, 'the snapshot store serves again');
      failed = null;
    } catch (error) {
      isMore = true;
      if (closing.signal.aborted) return;
      const times = (failed?.times ?? 0) + 1;
      const pauseMs = doublingPauseMs(times, firstPauseMs, longestPauseMs);
      const isKnown = error instanceof PicketError;
      const why = isKnown ? reasonOf(error) : reason('failed_unexpectedly');
      // Once, not for each attempt.
      if (failed === null || likenessOf(failed.why) !== likenessOf(why)) {
        const told = isKnown ? { problem: error.message } : { err: error };
        log.warn({ store: store.name, ...told }, 'snapshots cannot be moved');
      }
      failed = { why, times, nextAt: now() + pauseMs, waiting: failed?.waiting ?? new Map() };
      const waiting = new Map<string, number>();
      for (const { cluster, object } of await all())
        if (object === null) waiting.set(cluster, (waiting.get(cluster) ?? 0) + 1);
      failed = { ...failed, waiting };
    }
  }

  return {
    /** There is one more to move. */
    more() {
      isMore = true;
    },
    /** Starts if it is time and nothing is in progress; resolves at once. */
    advance() {
      if (underWay !== null || closing.signal.aborted) return;
      // After a clock was set back, nobody waits longer than the pause.
      const isPaused = failed !== null && now() < failed.nextAt && failed.nextAt - now() <= longestPauseMs;
      if (isPaused || !(isMore || isTimeToLook())) return;
      underWay = work()
        .catch((error: unknown) => log.warn({ err: error }, 'snapshots could not be checked'))
        .finally(() => {
          underWay = null;
        });
    },
    /** True if the last check could not read it: gone, changed or refused. */
    isFaulty: (id: string) => faults.get(id)?.isLost ?? false,
    /** What an operator should know about this cluster's snapshots. */
    notices(cluster: string): readonly Reason[] {
      const atFault = [...faults.values()]
        .filter((fault) => fault.cluster === cluster)
        .map(({ why }) => reason('snapshot_copy_at_fault', { why }));
      if (failed === null) return atFault;
      const count = failed.waiting.get(cluster) ?? 0;
      return [...atFault, reason('snapshots_not_moved', { why: failed.why, count, next: isoTime(failed.nextAt) })];
    },
    /** Ends the work in progress. */
    async close() {
      closing.abort();
      store.close();
      await underWay;
    },
  };
}
