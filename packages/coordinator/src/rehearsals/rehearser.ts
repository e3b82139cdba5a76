import { rm } from 'node:fs/promises';
import { failure, reasonOf } from '@picket/shared/errors.ts';
import { minorOf, oldestEtcd } from '@picket/shared/etcd-version.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { FastifyBaseLogger } from 'fastify';
import { isRehearsalDue } from '../controller/snapshots/rehearsals.ts';
import type { Executor } from '../executor/executor.ts';
import type { Inventory, SnapshotRecord } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { requireNotDeleted } from '../operations/require-orderable.ts';
import { snapshotRehearsed } from '../operations/snapshot-rehearsed.ts';
import type { CheckedSnapshot, SnapshotKeeper } from '../snapshots/snapshot-keeper.ts';
import { type RehearsalPhase, type RehearseDeps, type Rehearsed, rehearse } from './rehearse.ts';

export interface RehearserDeps extends Pick<RehearseDeps, 'folder' | 'programs' | 'runsReleases' | 'freeBytes'> {
  readonly snapshots: Pick<SnapshotKeeper, 'find' | 'whileChecked'>;
  readonly inventory: Pick<Inventory, 'snapshots'>;
  readonly executor: Pick<Executor, 'situation' | 'run' | 'specs'>;
  readonly now: () => Instant;
  readonly monotonic: () => number;
  readonly newId: () => string;
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
}

/** A rehearsal that runs. */
export interface RunningRehearsal {
  readonly id: string;
  readonly cluster: string;
  readonly snapshot: string;
  readonly since: Instant;
  readonly phase: RehearsalPhase;
}

export type Rehearser = Awaited<ReturnType<typeof openRehearser>>;

/** A database of gigabytes on an SD card takes minutes to write and to read. */
const patienceMs = 3_600_000;

/** Rehearses snapshots one after another: by an operator's order, and by the schedule of each cluster. */
export async function openRehearser(deps: RehearserDeps) {
  const { folder, snapshots, inventory, executor, now, monotonic, newId, log } = deps;
  // Of a coordinator that ended in the middle: it holds all data of a cluster.
  await rm(folder, { recursive: true, force: true });
  const closing = new AbortController();
  let running: RunningRehearsal | null = null;
  let work: Promise<void> = Promise.resolve();

  /** Of this formation, or else the newest of all. Throws `rehearsal_refused` without any. */
  async function newestOf(cluster: string): Promise<SnapshotRecord> {
    const { last } = executor.situation(cluster).record.progress.snapshots;
    if (last !== null) return snapshots.find(last.id);
    const newest = (await inventory.snapshots.ofCluster(cluster)).at(-1);
    if (newest === undefined)
      throw failure('rehearsal_refused', { cluster, reason: reason('no_snapshot_to_rehearse') });
    return newest;
  }

  async function begin(record: SnapshotRecord): Promise<RunningRehearsal> {
    if (running !== null) throw failure('rehearsal_running', { cluster: running.cluster, snapshot: running.snapshot });
    const { id: snapshot, cluster } = record;
    const begun = { id: newId(), cluster, snapshot, since: now(), phase: 'reads' } as const;
    running = begun;
    work = toEnd(begun, record).finally(() => {
      running = null;
    });
    return begun;
  }

  /** Never rejects. */
  async function toEnd({ id, cluster, snapshot }: RunningRehearsal, record: SnapshotRecord): Promise<void> {
    const startedAt = monotonic();
    const outcome = await snapshots
      .whileChecked(snapshot, (checked) => rehearsed(record, checked))
      .catch((error: unknown) => reasonOf(error));
    if (closing.signal.aborted) return;
    const about = { id, snapshot, at: now(), tookMs: Math.round(monotonic() - startedAt) };
    const told = { cluster, snapshot, tookMs: about.tookMs };
    try {
      if ('code' in outcome) {
        log.warn({ ...told, why: inWords(outcome) }, 'a snapshot could not be restored in a rehearsal');
        await executor.run(cluster, snapshotRehearsed({ failed: { ...about, reason: outcome } }));
      } else {
        log.info({ ...told, etcd: outcome.etcdVersion }, 'a snapshot was restored in a rehearsal');
        await executor.run(cluster, snapshotRehearsed({ worked: { ...about, ...outcome } }));
      }
    } catch (error) {
      log.warn({ ...told, err: error }, 'how a rehearsal has ended could not be stored');
    }
  }

  function rehearsed(
    { cluster, etcdVersion, revision, sizeBytes }: SnapshotRecord,
    { path, format }: CheckedSnapshot,
  ): Promise<Rehearsed | Reason> {
    if (closing.signal.aborted) return Promise.resolve(reason('rehearsal_interrupted'));
    // An imported one says no version; every etcd serves the oldest format.
    const ofSnapshot = etcdVersion === null ? (format ?? minorOf(oldestEtcd)) : minorOf(etcdVersion);
    const minor = executor.situation(cluster).record.progress.etcdMinor ?? ofSnapshot;
    return rehearse(
      { path, sizeBytes, revision, minor, format: format ?? ofSnapshot },
      {
        ...deps,
        patienceMs,
        signal: closing.signal,
        begins: (phase) => {
          running = running && { ...running, phase };
        },
      },
    );
  }

  return {
    /**
     * Begins to rehearse this snapshot of the cluster, or its newest one. Throws `not_found`, `cluster_deleted`, `rehearsal_refused`,
     * `rehearsal_running`.
     */
    async order(name: string, id: string | undefined): Promise<RunningRehearsal> {
      requireNotDeleted(executor.situation(name).record);
      const record = id === undefined ? await newestOf(name) : await snapshots.find(id);
      if (record.cluster !== name)
        throw failure('rehearsal_refused', {
          cluster: name,
          reason: `the snapshot ${record.id} is of the cluster ${record.cluster}`,
        });
      return begin(record);
    },

    /** The rehearsal of this cluster that runs; null if none does. */
    running: (cluster: string): RunningRehearsal | null => (running?.cluster === cluster ? running : null),

    /** Begins what is due by the schedule of a cluster. */
    async tick(): Promise<void> {
      if (running !== null) return;
      for (const { name } of executor.specs()) {
        const { record } = executor.situation(name);
        if (!isRehearsalDue({ ...record, now: now() })) continue;
        await begin(await newestOf(name));
        return;
      }
    },

    /** Resolves once nothing runs. */
    idle: () => work,

    /** Ends what runs, and removes all of it. It does not wait until a snapshot is read: nothing was written by then. */
    async close(): Promise<void> {
      closing.abort();
      if (running?.phase !== 'reads') await work;
    },
  };
}
