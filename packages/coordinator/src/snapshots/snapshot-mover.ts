import { PicketError } from '@picket/shared/errors.ts';
import type { FastifyBaseLogger } from 'fastify';
import type { Instant } from '../controller/model.ts';
import type { SnapshotRecord, SnapshotRepository } from '../inventory/inventory.ts';
import type { S3Store } from './s3-store.ts';
import type { SnapshotFolder } from './snapshot-folder.ts';

export interface SnapshotMoverDeps {
  readonly store: S3Store;
  readonly folder: SnapshotFolder;
  readonly snapshots: SnapshotRepository;
  readonly clusters: () => readonly string[];
  /** What retention lets go, whatever holds it. */
  readonly expired: (cluster: string) => Promise<readonly SnapshotRecord[]>;
  /** Keeps it from being removed meanwhile. */
  readonly pin: (id: string, work: () => Promise<void>) => Promise<void>;
  /** Whether somebody reads the file here, beside the one that has it pinned. */
  readonly isRead: (record: SnapshotRecord) => boolean;
  /** Removes it here, after `first`, unless it is needed by now. From its beginning on nobody is given it. */
  readonly letGo: (record: SnapshotRecord, first: () => Promise<void>) => Promise<void>;
  readonly now: () => Instant;
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
}

/** Moves snapshots to the store, one at a time, beside all else that the coordinator does. */
export interface SnapshotMover {
  /** There is one more to move. */
  more(): void;
  /** Begins, if it is time and nothing is under way; resolves at once. */
  advance(): void;
  /** What an operator should know of this cluster's. */
  notices(cluster: string): string[];
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** To see that all is there still, and to let go what has expired. */
const lookEveryMs = 3_600_000;
const firstPauseMs = 30_000;
const longestPauseMs = 1_800_000;

interface Failure {
  readonly problem: string;
  readonly times: number;
  readonly nextAt: Instant;
  /** How many wait, by cluster. */
  readonly waiting: ReadonlyMap<string, number>;
}

export function snapshotMover(deps: SnapshotMoverDeps): SnapshotMover {
  const { store, folder, snapshots, now, log } = deps;
  const closing = new AbortController();
  let underWay: Promise<void> | null = null;
  let isMore = true;
  let lookedAt: Instant | null = null;
  let failed: Failure | null = null;
  /** What is not as it should be, by id, with its cluster. */
  const faults = new Map<string, { readonly cluster: string; readonly problem: string }>();

  async function all(): Promise<SnapshotRecord[]> {
    const found: SnapshotRecord[] = [];
    for (const cluster of deps.clusters()) found.push(...(await snapshots.ofCluster(cluster)));
    return found;
  }

  async function move(id: string): Promise<void> {
    // Retention may have been here since all were listed.
    const record = await snapshots.find(id);
    if (record === null) return;
    const { cluster } = record;
    const object = store.objectOf(cluster, id);
    // It may be there: this coordinator ended before it noted that, or was restored from a backup of before.
    if (!(await store.has(object, record))) await store.send(object, folder.pathOf(id), record);
    // Noted before the file goes, so that it is always known where it is.
    if (!(await snapshots.keepObject(id, object))) return store.remove(object);
    log.info({ cluster, id, object }, 'a snapshot was moved to the store');
    await dropCopy({ ...record, object });
  }

  async function dropCopy(record: SnapshotRecord): Promise<void> {
    if ((await folder.has(record.id)) && !deps.isRead(record)) await folder.remove(record.id);
  }

  /** A fault of one snapshot holds up no other. */
  async function judged({ id, cluster }: SnapshotRecord, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      faults.delete(id);
    } catch (error) {
      if (!(error instanceof PicketError) || error.code !== 'snapshot_damaged') throw error;
      if (!faults.has(id)) log.warn({ cluster, id }, error.message);
      faults.set(id, { cluster, problem: error.message });
    }
  }

  async function look(record: SnapshotRecord, object: string): Promise<void> {
    const { id } = record;
    if (await store.has(object, record)) {
      faults.delete(id);
      return dropCopy(record);
    }
    const problem = `The snapshot ${id} is not at ${object} any more, or is another one.`;
    if (!faults.has(id)) log.warn({ cluster: record.cluster, id, object }, 'a snapshot is gone from the store');
    faults.set(id, { cluster: record.cluster, problem });
  }

  async function forget(cluster: string): Promise<void> {
    for (const record of await deps.expired(cluster)) {
      const { object } = record;
      // The object first: one of which nothing is known would lie there for ever.
      if (object !== null) await deps.letGo(record, () => store.remove(object));
    }
  }

  async function pass(): Promise<void> {
    const startedAt = now();
    const isTimeToLook = lookedAt === null || Math.abs(startedAt - lookedAt) >= lookEveryMs;
    for (const record of await all()) {
      closing.signal.throwIfAborted();
      const { id, object } = record;
      if (object === null) await deps.pin(id, () => judged(record, () => move(id)));
      else if (isTimeToLook) await deps.pin(id, () => look(record, object));
    }
    for (const cluster of deps.clusters()) await forget(cluster);
    const known = new Set((await all()).map(({ id }) => id));
    for (const id of faults.keys()) if (!known.has(id)) faults.delete(id);
    lookedAt = isTimeToLook ? startedAt : lookedAt;
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
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (times - 1));
      const problem = error instanceof PicketError ? error.message : 'it failed unexpectedly; the log has the cause.';
      // Once, not for each attempt.
      const told = error instanceof PicketError ? { problem } : { err: error };
      if (failed?.problem !== problem) log.warn({ store: store.name, ...told }, 'snapshots cannot be moved');
      failed = { problem, times, nextAt: now() + pauseMs, waiting: failed?.waiting ?? new Map() };
      const waiting = Map.groupBy(
        (await all()).filter(({ object }) => object === null),
        ({ cluster }) => cluster,
      );
      failed = { ...failed, waiting: new Map([...waiting].map(([cluster, { length }]) => [cluster, length])) };
    }
  }

  return {
    more() {
      isMore = true;
    },
    advance() {
      if (underWay !== null || closing.signal.aborted) return;
      const isLate = lookedAt === null || Math.abs(now() - lookedAt) >= lookEveryMs;
      // A clock that was set back makes nobody wait for longer than the pause.
      const isPaused = failed !== null && now() < failed.nextAt && failed.nextAt - now() <= longestPauseMs;
      if (isPaused || !(isMore || isLate)) return;
      underWay = work()
        .catch((error: unknown) => log.warn({ err: error }, 'snapshots could not be looked at'))
        .finally(() => {
          underWay = null;
        });
    },
    notices(cluster) {
      const told = [...faults.values()].filter((fault) => fault.cluster === cluster).map(({ problem }) => problem);
      if (failed === null) return told;
      const count = failed.waiting.get(cluster) ?? 0;
      const next = `the next attempt is at ${new Date(failed.nextAt).toISOString()}`;
      return [
        ...told,
        `${failed.problem} Snapshots stay on the coordinator for now (${count} of this cluster); ${next}.`,
      ];
    },
    async close() {
      closing.abort();
      store.close();
      await underWay;
    },
  };
}
