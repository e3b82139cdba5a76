import { failure, PicketError } from '@picket/shared/errors.ts';
import {
  type SnapshotCheck,
  type SnapshotEnd,
  type SnapshotImportEnd,
  type SnapshotVerified,
  snapshotPartBytes,
} from '@picket/shared/protocol/snapshots.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import type { FastifyBaseLogger } from 'fastify';
import type { Executor } from '../executor/executor.ts';
import { inMiB } from '../files/disk-room.ts';
import type { Inventory, SnapshotRecord } from '../inventory/inventory.ts';
import { type DiskUse, roomFor, type SnapshotLimits } from '../model/disk-share.ts';
import type { Instant } from '../model/instant.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { snapshotTaken } from '../operations/snapshot-taken.ts';
import { structureProblem } from './bbolt-structure.ts';
import { dataFacts } from './data-facts.ts';
import { dataFormat } from './data-format.ts';
import type { ReadStatus, SnapshotStatus } from './etcdutl.ts';
import { type Aged, expired } from './retention.ts';
import type { S3Store } from './s3-store.ts';
import type { IncomingSnapshot, SnapshotFolder } from './snapshot-folder.ts';
import { snapshotImports } from './snapshot-imports.ts';
import { snapshotMover } from './snapshot-mover.ts';
import { storedCopies } from './stored-copies.ts';
import { wholeStream } from './whole-stream.ts';

export interface SnapshotKeeperDeps {
  readonly folder: SnapshotFolder;
  /** Where snapshots are moved to; null if they stay in the folder. */
  readonly store: S3Store | null;
  readonly inventory: Inventory;
  readonly executor: Pick<Executor, 'situation' | 'run' | 'clusters' | 'specs'>;
  readonly readStatus: ReadStatus;
  readonly limits: SnapshotLimits;
  readonly newId: () => string;
  readonly now: () => Instant;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
}

/** The member of a node, from its certificate. */
export interface Sender {
  readonly cluster: string;
  readonly member: string;
}

export type SnapshotKeeper = ReturnType<typeof snapshotKeeper>;

/** A snapshot that was just read completely. */
export interface CheckedSnapshot extends SnapshotVerified {
  /** The minor version of the format of its data; null if that cannot be read. */
  readonly format: string | null;
  /** etcd's authentication is on in it, and the user of Picket's agents does not have the role root. */
  readonly keepsPicketOut: boolean;
  readonly path: string;
}

interface Reception {
  readonly cluster: string;
  readonly startedAt: Instant;
  readonly incoming: Promise<IncomingSnapshot>;
  receivedBytes: number;
  busy: boolean;
}

/** What a check says of a snapshot from which nobody could restore. */
const unusable: ReadonlySet<string> = new Set(['snapshot_damaged', 'snapshot_not_database']);
/** Nothing becomes removable more often; an incoming snapshot triggers a check of its cluster in any case. */
const pruneEveryMs = 3_600_000;

/** Receives snapshots, looks after them, and hands them out. */
export function snapshotKeeper(deps: SnapshotKeeperDeps) {
  const { folder, store, inventory, executor, readStatus, limits, newId, now, monotonic, log } = deps;
  const receptions = new Map<string, Reception>();
  /** The snapshots that are being read, and by how many readers. */
  const pinned = new Map<string, number>();
  /** The snapshots that are being removed. */
  const going = new Set<string>();
  /** The snapshots that were damaged when they were last read completely. */
  const damaged = new Set<string>();
  let prunedAt = now();
  /** The snapshot for which retention made room last. */
  let prunedFor: string | null = null;
  const mover =
    store &&
    snapshotMover({
      ...{ store, folder, snapshots: inventory.snapshots, clusters: () => executor.clusters(), now, log },
      expired: expiredOf,
      pin,
      isRead,
      unlessPinned,
    });
  const copies = storedCopies({ folder, store });
  const imports = snapshotImports({
    ...{ folder, executor, readStatus, requireShare, newId, now, monotonic, log },
    isRecorded: async (id) => (await inventory.snapshots.find(id)) !== null,
  });

  /** Throws `snapshot_not_wanted` for all nodes but the one with the order. */
  function requireTask({ cluster, member }: Sender, id: string) {
    const { record } = executor.situation(cluster);
    const { task } = record.progress.snapshots;
    if (task?.id !== id || task.executor !== member) throw failure('snapshot_not_wanted', { id });
    return { task, record };
  }

  function begin({ cluster }: Sender, id: string): Reception {
    const { spec } = executor.situation(cluster).record;
    // etcd may exceed its quota by the writes in progress when it was reached.
    const mostBytes = Math.ceil(spec.tuning.quotaBackendBytes * 1.25) + 64 * 1024 * 1024;
    const reception = {
      cluster,
      startedAt: now(),
      incoming: folder.receive(id, mostBytes),
      receivedBytes: 0,
      busy: false,
    };
    receptions.set(id, reception);
    return reception;
  }

  async function diskUse(): Promise<DiskUse> {
    const mayHave = executor.specs().map(({ name }) => name);
    const local = await inventory.snapshots.localBytes();
    const used = new Map(mayHave.map((name) => [name, local.get(name) ?? 0]));
    const imported = imports.arriving();
    for (const { cluster, receivedBytes } of [...receptions.values(), ...(imported === null ? [] : [imported])])
      used.set(cluster, (used.get(cluster) ?? 0) + receivedBytes);
    return { free: await folder.freeBytes(), used };
  }

  /** Retention runs first, once for each snapshot. Throws `snapshot_share_used`; a full disk is the matter of the folder. */
  async function requireShare(cluster: string, id: string, bytes: number): Promise<void> {
    if (bytes <= roomFor(cluster, await diskUse(), limits)) return;
    if (prunedFor !== id) {
      prunedFor = id;
      for (const name of executor.clusters()) await tidied(name);
    }
    const use = await diskUse();
    if (bytes <= roomFor(cluster, use, limits) || bytes > use.free) return;
    const usedMiB = inMiB(use.used.get(cluster) ?? 0);
    throw failure('snapshot_share_used', { id, cluster, usedMiB, freeMiB: inMiB(use.free) });
  }

  async function drop(id: string): Promise<void> {
    const reception = receptions.get(id);
    receptions.delete(id);
    await reception?.incoming.then(
      (incoming) => incoming.abandon(),
      () => undefined,
    );
  }

  async function pin<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
    pinned.set(id, (pinned.get(id) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (pinned.get(id) ?? 1) - 1;
      if (left === 0) pinned.delete(id);
      else pinned.set(id, left);
    }
  }

  /** One request at a time for each: an agent sends the next after the answer to the last. */
  async function alone<Result>(id: string, reception: Reception, work: () => Promise<Result>): Promise<Result> {
    if (reception.busy) throw failure('snapshot_not_wanted', { id });
    reception.busy = true;
    try {
      return await work();
    } finally {
      reception.busy = false;
    }
  }

  async function find(id: string): Promise<SnapshotRecord> {
    const record = await inventory.snapshots.find(id);
    // The store may take minutes to remove one. Nobody may begin to read it meanwhile.
    if (record === null || going.has(id)) throw failure('not_found', { what: 'snapshot', name: id });
    return record;
  }

  /** The snapshots that restores in progress read; one of a deleted cluster may be restored in another. */
  function restored(): ReadonlySet<string> {
    return new Set(executor.clusters().flatMap((name) => [...inUse(executor.situation(name).record.progress)]));
  }

  /** True if another reader than the caller, who has pinned it, reads the local file. */
  function isRead({ id }: SnapshotRecord): boolean {
    return (pinned.get(id) ?? 0) > 1 || restored().has(id);
  }

  /** True if somebody reads it or will begin from it. */
  function isPinned({ id, cluster }: SnapshotRecord): boolean {
    return pinned.has(id) || restored().has(id) || needed(executor.situation(cluster).record.progress).has(id);
  }

  async function expiredOf(cluster: string): Promise<SnapshotRecord[]> {
    const { spec, progress } = executor.situation(cluster).record;
    const kept = await inventory.snapshots.ofCluster(cluster);
    const aged = kept.map(
      ({ id, takenAt, clusterId, why }): Aged => ({
        id,
        takenAt,
        clusterId,
        forReason: why.code !== 'on_schedule',
        kind: why.code === 'without_quorum' || why.code === 'imported' ? why.code : 'usual',
        isFaulty: damaged.has(id) || (mover?.isFaulty(id) ?? false),
      }),
    );
    const ids = new Set(
      expired(aged, spec.snapshots, new Set([...needed(progress), ...restored(), ...pinned.keys()]), now()),
    );
    return kept.filter(({ id }) => ids.has(id));
  }

  /**
   * Does this unless somebody needs the snapshot by now, whatever retention decided a moment ago. Nobody gets it
   * meanwhile.
   */
  async function unlessPinned(record: SnapshotRecord, remove: () => Promise<void>): Promise<void> {
    const { id } = record;
    if (isPinned(record) || going.has(id)) return;
    going.add(id);
    try {
      await remove();
      damaged.delete(id);
    } finally {
      going.delete(id);
    }
  }

  /** Reads the local file completely. */
  async function check({ id, ...known }: SnapshotRecord): Promise<CheckedSnapshot> {
    const { sizeBytes, sha256 } = await folder.check(id);
    if (sha256 !== known.sha256 || sizeBytes !== known.sizeBytes) {
      const problem = `it has ${sizeBytes} bytes and the hash ${sha256}, but had ${known.sizeBytes} and ${known.sha256}`;
      throw failure('snapshot_damaged', { id, problem });
    }
    // Unchanged, so it was so when it came: earlier versions did not look.
    const misbuilt = await structureProblem(folder.pathOf(id));
    if (misbuilt !== null) throw failure('snapshot_not_database', { id, problem: misbuilt });
    const path = folder.pathOf(id);
    const keepsPicketOut = (await dataFacts(path))?.admitsPicket === false;
    const format = await dataFormat(path);
    return { sha256, checkedBy: checkedBy(await readStatus(id, path)), format, keepsPicketOut, path };
  }

  /** Reads all of a snapshot, and then does this with its file, which stays until that has ended. */
  function whileChecked<Result>(
    id: string,
    work: (checked: CheckedSnapshot, record: SnapshotRecord) => Promise<Result>,
  ): Promise<Result> {
    return pin(id, async () => {
      const record = await find(id);
      let wasBrought = false;
      const checkedRecord = async () => {
        wasBrought = await copies.ensure(record);
        return check(record).catch(async (error: unknown) => {
          // The local file beside its object is a copy; the last copy stays.
          const { object } = record;
          if (wasBrought || isRead(record) || object === null || !(await store?.has(object, record))) throw error;
          await folder.remove(id);
          wasBrought = await copies.ensure(record);
          return check(record);
        });
      };
      try {
        const checked = await checkedRecord().catch((error: unknown) => {
          if (error instanceof PicketError && unusable.has(error.code)) damaged.add(id);
          throw error;
        });
        damaged.delete(id);
        return await work(checked, record);
      } finally {
        // A local file may be the last one that exists.
        if (wasBrought && !isRead(record)) await folder.remove(id);
      }
    });
  }

  /** The local files; the mover handles those in the store. If the files of one cluster cannot be removed, the others continue. */
  async function tidied(cluster: string): Promise<void> {
    try {
      for (const record of await expiredOf(cluster)) {
        const { id, object } = record;
        if (object !== null) continue;
        await unlessPinned(record, async () => {
          // The record first: a record without a file would look like a lost snapshot.
          if (store === null) await inventory.snapshots.remove(id);
          // All or half of it may have been sent. Only the store knows, and it may not answer now.
          else await inventory.snapshots.keepObject(id, store.objectOf(cluster, id));
          await folder.remove(id);
          log.info({ cluster, id }, 'removed the file of a snapshot that retention no longer keeps');
        });
        mover?.more();
      }
    } catch (error) {
      log.warn({ cluster, err: error }, 'old snapshots could not be removed');
    }
  }

  return {
    /**
     * Logs each whole local snapshot without a record, with its size. Called at the start, before any is received. It
     * removes none: after the loss of a coordinator they may be the only ones.
     */
    async tellUnknown(): Promise<void> {
      for (const { id, sizeBytes } of await folder.whole()) {
        if ((await inventory.snapshots.find(id)) !== null) continue;
        const told = { path: folder.pathOf(id), sizeBytes };
        log.warn(
          told,
          'this snapshot has no record, and Picket does not remove it: keep it for etcdutl, or remove the file',
        );
      }
    },

    /**
     * A part, from the one node with the order (R8). Throws `snapshot_not_wanted`, `snapshot_part_misplaced`, `snapshot_no_room`,
     * `snapshot_share_used`.
     */
    async part(from: Sender, id: string, offset: number, octets: Uint8Array): Promise<number> {
      requireTask(from, id);
      if (!receptions.has(id) && offset !== 0) throw failure('snapshot_part_misplaced', { id, received: 0, offset });
      const reception = receptions.get(id) ?? begin(from, id);
      return alone(id, reception, async () => {
        try {
          const incoming = await reception.incoming;
          const received = incoming.receivedBytes;
          // Its answer was lost, and it was sent again.
          if (offset + octets.length === received) return received;
          if (offset !== received) throw failure('snapshot_part_misplaced', { id, received, offset });
          await requireShare(from.cluster, id, octets.length);
          await incoming.append(octets);
          reception.receivedBytes = incoming.receivedBytes;
          return incoming.receivedBytes;
        } catch (error) {
          await drop(id);
          throw error;
        }
      });
    },

    /** Checks and stores what has arrived. Throws `snapshot_invalid`, `snapshot_damaged`, `snapshot_not_wanted`. */
    async end(from: Sender, id: string, { sizeBytes, revision, clusterId, etcdVersion }: SnapshotEnd): Promise<number> {
      const { task, record } = requireTask(from, id);
      const reception = receptions.get(id);
      if (reception === undefined) throw failure('snapshot_part_misplaced', { id, received: 0, offset: sizeBytes });
      const { progress } = record;
      return alone(id, reception, async () => {
        if (clusterId !== progress.formation?.clusterId) {
          await drop(id);
          throw failure('snapshot_invalid', { id, problem: `it is of the etcd cluster ${clusterId}` });
        }
        // It stays until it is in its place: another sender with the same name would begin a file of the same name.
        const [facts, status] = await reception.incoming
          .then((incoming) => incoming.finish(sizeBytes, (path) => readStatus(id, path)))
          .finally(() => receptions.delete(id));
        try {
          const record: SnapshotRecord = {
            id,
            cluster: from.cluster,
            clusterId,
            formation: progress.formations,
            member: from.member,
            etcdVersion,
            takenAt: reception.startedAt,
            why: task.why,
            revision: status?.revision ?? revision,
            totalKeys: status?.totalKeys ?? null,
            ...facts,
            checkedBy: checkedBy(status),
            object: null,
          };
          await executor.run(from.cluster, snapshotTaken(record));
          mover?.more();
        } catch (error) {
          // Without a record, nobody would ever look for it. If it was recorded all the same, the record is found.
          if ((await inventory.snapshots.find(id).catch(() => undefined)) === null) await folder.remove(id);
          throw error;
        }
        log.info({ cluster: from.cluster, id, size: sizeBytes, why: inWords(task.why) }, 'a snapshot was stored');
        // It is stored, whatever happens to older ones.
        await tidied(from.cluster);
        return sizeBytes;
      });
    },

    /** Files that operators import. */
    imports: {
      ...imports,
      async end(by: string, id: string, announced: SnapshotImportEnd): Promise<SnapshotRecord> {
        const record = await imports.end(by, id, announced);
        mover?.more();
        // It is stored, whatever happens to older ones.
        await tidied(record.cluster);
        return record;
      },
    },

    /** A part of the snapshot from which this member begins, and of no other. Throws `snapshot_not_wanted`. */
    async readFor({ cluster, member }: Sender, id: string, offset: number): Promise<Buffer> {
      const { formation } = executor.situation(cluster).record.progress;
      const isIts = formation?.member === member && formation.from?.snapshot === id && formation.clusterId === null;
      if (!isIts) throw failure('snapshot_not_wanted', { id });
      // It was fetched before anything was given up for it; after a restore of this coordinator it is fetched again.
      await copies.ensure(await find(id));
      return folder.read(id, offset, snapshotPartBytes);
    },

    /** Throws `not_found`. */
    find,

    /** Keeps this one from being removed while `work` runs. */
    pin,

    /** Reads all of it. Throws `not_found`, `snapshot_damaged`, `snapshot_not_database`. */
    verify: (id: string) => whileChecked(id, async (checked) => checked),

    /** The same, and then does this with its file. */
    whileChecked,

    /** Throws `not_found`, `snapshot_damaged`. */
    stream: (id: string) =>
      pin(id, async () => {
        const record = await find(id);
        return { record, content: wholeStream(await copies.open(record), record) };
      }),

    /**
     * Removes it by an operator's order, wherever it is. Throws `not_found`, `snapshot_needed`, and what the store throws: then nothing
     * was removed.
     */
    async remove(id: string): Promise<SnapshotRecord> {
      const record = await find(id);
      let isRemoved = false;
      await unlessPinned(record, async () => {
        await copies.removeObject(record);
        // The record before the file: a record without a file would look like a lost snapshot.
        await inventory.snapshots.remove(id);
        await folder.remove(id);
        isRemoved = true;
      });
      if (!isRemoved) throw failure('snapshot_needed', { id, cluster: record.cluster });
      return record;
    },

    /** Removes what retention no longer keeps and uploads that have stopped; has the rest moved to the store. */
    async tidy() {
      for (const [id, { cluster, busy }] of receptions) {
        const { task } = executor.situation(cluster).record.progress.snapshots;
        if (task?.id !== id && !busy) await drop(id);
      }
      await imports.tidy();
      mover?.advance();
      if (Math.abs(now() - prunedAt) < pruneEveryMs) return;
      prunedAt = now();
      for (const cluster of executor.clusters()) await tidied(cluster);
    },

    /** What an operator should know about the locations of the cluster's snapshots. */
    notices: (cluster: string) => mover?.notices(cluster) ?? [],

    /** Ends an import, and closes the store. */
    async close() {
      await imports.close();
      await mover?.close();
    },
  };
}

/** Its structure is checked in any case. */
function checkedBy(status: SnapshotStatus | null): SnapshotCheck {
  return status === null ? 'structure' : 'etcdutl';
}

/** The snapshot that a restore in progress reads. */
function inUse({ restore, formation }: ClusterProgress): ReadonlySet<string> {
  const begun = formation !== null && formation.clusterId === null ? formation.from : undefined;
  return new Set([restore?.snapshot, begun?.snapshot].filter((id) => id !== undefined));
}

/**
 * What stays, however old it is: that one, and the snapshot from which a restored cluster began, until it has one of
 * its own, and the newest of this formation, with and without a quorum, even if a wrong clock gave it a wrong date.
 */
function needed(progress: ClusterProgress): ReadonlySet<string> {
  const { formation, snapshots, deletion } = progress;
  const began = snapshots.last === null ? formation?.from?.snapshot : undefined;
  const kept = [began, snapshots.last?.id, snapshots.rescue?.id, deletion?.ended?.snapshot];
  return new Set([...inUse(progress), ...kept.filter((id) => id != null)]);
}
