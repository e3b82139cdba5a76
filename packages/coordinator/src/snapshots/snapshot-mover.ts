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
  /** What retention lets go, whatever holds it. */
  readonly expired: (cluster: string) => Promise<readonly SnapshotRecord[]>;
  /** Keeps it from being removed meanwhile. */
  readonly pin: (id: string, work: () => Promise<void>) => Promise<void>;
  /** Whether somebody reads the file here, beside the one that has it pinned. */
  readonly isRead: (record: SnapshotRecord) => boolean;
  /** Does this unless it is needed by now, whatever retention said a moment ago. Nobody is given it meanwhile. */
  readonly unlessHeld: (record: SnapshotRecord, remove: () => Promise<void>) => Promise<void>;
  readonly now: () => Instant;
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
}

/** To see that all is there still, and to let go what has expired. */
const lookEveryMs = 3_600_000;
const firstPauseMs = 30_000;
const longestPauseMs = 1_800_000;

const ofOneSnapshot: ReadonlySet<string> = new Set(['snapshot_damaged', 'snapshot_object_refused']);

interface Fault {
  readonly cluster: string;
  readonly why: Reason;
  /** Not where the store refuses it alone: what lies here is as good as any. */
  readonly isLost: boolean;
}

interface Failure {
  readonly why: Reason;
  readonly times: number;
  readonly nextAt: Instant;
  /** How many wait, by cluster. */
  readonly waiting: ReadonlyMap<string, number>;
}

/** Moves snapshots to the store, one at a time, beside all else that the coordinator does. */
export function snapshotMover(deps: SnapshotMoverDeps) {
  const { store, folder, snapshots, now, log } = deps;
  const closing = new AbortController();
  let underWay: Promise<void> | null = null;
  let isMore = true;
  let lookedAt: Instant | null = null;
  let failed: Failure | null = null;
  /** What is not as it should be, by id. */
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
    // Retention may have been here since all were listed.
    const record = await snapshots.find(id);
    if (record === null || record.object !== null) return;
    const { cluster } = record;
    const object = store.objectOf(cluster, id);
    // It may be there: this coordinator ended before it noted that, or was restored from a backup of before.
    if (!(await store.has(object, record))) await store.send(object, folder.pathOf(id), record);
    // Noted before the file goes, so that it is always known where it is.
    if (!(await snapshots.keepObject(id, object))) return store.remove(object);
    log.info({ cluster, id, object }, 'a snapshot was moved to the store');
    faults.delete(id);
    await dropCopy({ ...record, object });
  }

  async function dropCopy(record: SnapshotRecord): Promise<void> {
    if ((await folder.has(record.id)) && !deps.isRead(record)) await folder.remove(record.id);
  }

  /** A fault of one snapshot holds up no other. */
  async function judged({ id, cluster, object }: SnapshotRecord, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof PicketError) || !ofOneSnapshot.has(error.code)) throw error;
      if (!faults.has(id)) log.warn({ cluster, id }, error.message);
      faults.set(id, { cluster, why: reasonOf(error), isLost: object !== null || error.code === 'snapshot_damaged' });
    }
  }

  /** Brought here for a restore, it is all that is left. */
  async function sendAgain(record: SnapshotRecord, object: string): Promise<void> {
    const { id, cluster } = record;
    try {
      await store.send(object, folder.pathOf(id), record);
    } catch (error) {
      if (!(error instanceof PicketError)) throw error;
      // Told of this one, so that a store which takes nothing is looked at to its end all the same.
      throw failure('snapshot_damaged', { id, problem: reason('copy_gone_unsent', { object, why: reasonOf(error) }) });
    }
    log.warn({ cluster, id, object }, 'a snapshot was gone from the store, and was sent there again');
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
    // They go next, and are missed by nobody.
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
      if (object !== null) await judged(record, () => deps.unlessHeld(record, () => remove(id, object)));
    }
  }

  async function remove(id: string, object: string): Promise<void> {
    await store.remove(object);
    // The record last: an object of which nothing is known would lie there for ever.
    await snapshots.remove(id);
    await folder.remove(id);
    log.info({ id, object }, 'a snapshot need not be kept any more');
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
      // Also of a store that takes no more: what is removed makes room there.
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
      const waiting = Map.groupBy(
        (await all()).filter(({ object }) => object === null),
        ({ cluster }) => cluster,
      );
      failed = { ...failed, waiting: new Map([...waiting].map(([cluster, { length }]) => [cluster, length])) };
    }
  }

  return {
    /** There is one more to move. */
    more() {
      isMore = true;
    },
    /** Begins, if it is time and nothing is under way; resolves at once. */
    advance() {
      if (underWay !== null || closing.signal.aborted) return;
      // A clock that was set back makes nobody wait for longer than the pause.
      const isPaused = failed !== null && now() < failed.nextAt && failed.nextAt - now() <= longestPauseMs;
      if (isPaused || !(isMore || isTimeToLook())) return;
      underWay = work()
        .catch((error: unknown) => log.warn({ err: error }, 'snapshots could not be looked at'))
        .finally(() => {
          underWay = null;
        });
    },
    /** Whether it was not to be had when it was last looked for: gone, changed or refused. */
    isFaulty: (id: string) => faults.get(id)?.isLost ?? false,
    /** What an operator should know of this cluster's. */
    notices(cluster: string): readonly Reason[] {
      const atFault = [...faults.values()]
        .filter((fault) => fault.cluster === cluster)
        .map(({ why }) => reason('snapshot_copy_at_fault', { why }));
      if (failed === null) return atFault;
      const count = failed.waiting.get(cluster) ?? 0;
      return [...atFault, reason('snapshots_not_moved', { why: failed.why, count, next: isoTime(failed.nextAt) })];
    },
    /** Ends what is under way. */
    async close() {
      closing.abort();
      store.close();
      await underWay;
    },
  };
}
