import { failure, PicketError } from '@picket/shared/errors.ts';
import { minorOf } from '@picket/shared/etcd-version.ts';
import type { SnapshotImportEnd } from '@picket/shared/protocol/snapshots.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { FastifyBaseLogger } from 'fastify';
import type { Executor } from '../executor/executor.ts';
import type { ClusterRecord, SnapshotRecord } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import { importSnapshot } from '../operations/import-snapshot.ts';
import { requireNotDeleted } from '../operations/require-orderable.ts';
import { dataFacts } from './data-facts.ts';
import { hashBytes } from './etcd-hash.ts';
import type { ReadStatus } from './etcdutl.ts';
import { beginningProblem, dataProblem, wholenessProblem } from './import-problems.ts';
import type { IncomingSnapshot, SnapshotFolder } from './snapshot-folder.ts';

export interface SnapshotImportsDeps {
  readonly folder: Pick<SnapshotFolder, 'receive' | 'remove'>;
  readonly executor: Pick<Executor, 'situation' | 'run'>;
  readonly readStatus: ReadStatus;
  /** Throws `snapshot_share_used`. */
  readonly requireShare: (cluster: string, id: string, bytes: number) => Promise<void>;
  /** Whether it was recorded, whatever its operation has said. */
  readonly isRecorded: (id: string) => Promise<boolean>;
  readonly newId: () => string;
  readonly now: () => Instant;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
  readonly log: Pick<FastifyBaseLogger, 'info'>;
}

interface Running {
  readonly id: string;
  readonly cluster: string;
  readonly by: string;
  readonly startedAt: Instant;
  readonly begunAt: number;
  readonly mostBytes: number;
  readonly incoming: Promise<IncomingSnapshot>;
  /** Its first part. */
  first: Buffer;
  receivedBytes: number;
  movedAt: number;
  busy: boolean;
}

/** What a check has found wrong with a file. */
const faults: ReadonlySet<string> = new Set(['snapshot_invalid', 'snapshot_damaged']);
/** A client sends a part as soon as it has it. */
const patienceMinutes = 2;
/** The largest quota over a line of 2 Mbit/s takes nine hours. */
const mostHours = 12;

/** Receives files with snapshots from operators, one at a time. */
export function snapshotImports(deps: SnapshotImportsDeps) {
  const { folder, executor, readStatus, requireShare, isRecorded, newId, now, monotonic, log } = deps;
  let running: Running | null = null;

  async function drop(one: Running): Promise<void> {
    if (running === one) running = null;
    await one.incoming.then(
      (incoming) => incoming.abandon(),
      () => undefined,
    );
  }

  async function dropIdle(): Promise<void> {
    if (running !== null && !running.busy && monotonic() - running.movedAt > patienceMinutes * 60_000)
      await drop(running);
  }

  /** Throws `not_found`: another operator's import is none of theirs (R8). */
  function find(operator: string, id: string): Running {
    if (running === null || running.id !== id || running.by !== operator)
      throw failure('not_found', { what: 'import', name: id });
    return running;
  }

  function refuse({ cluster }: Pick<Running, 'cluster'>, why: Reason): PicketError {
    return failure('snapshot_import_refused', { cluster, reason: why });
  }

  /** One request at a time; if it fails, nothing is kept. */
  async function alone<Result>(one: Running, offset: number, work: () => Promise<Result>): Promise<Result> {
    if (one.busy) throw failure('snapshot_import_misplaced', { id: one.id, received: one.receivedBytes, offset });
    one.busy = true;
    try {
      return await work();
    } catch (error) {
      await drop(one);
      throw error;
    } finally {
      one.busy = false;
    }
  }

  function tooLarge({ cluster }: Pick<Running, 'cluster'>): PicketError {
    const { quotaBackendBytes: quota } = executor.situation(cluster).record.spec.tuning;
    return refuse({ cluster }, reason('import_is_too_large', { cluster, quota }));
  }

  /** Reads the whole file. Throws `snapshot_import_refused`, `snapshot_damaged`. */
  async function judge({ id, cluster }: Running, path: string) {
    const status = await readStatus(id, path);
    const facts = await dataFacts(path);
    const problem = dataProblem(facts, { cluster, minor: minorFor(executor.situation(cluster).record) });
    if (problem !== null) throw refuse({ cluster }, problem);
    return { status, revision: status?.revision ?? facts?.revision ?? 0 };
  }

  async function store(one: Running, { sizeBytes, sha256: wanted }: SnapshotImportEnd): Promise<SnapshotRecord> {
    const { id, cluster, by, receivedBytes } = one;
    if (receivedBytes !== sizeBytes)
      throw refuse(one, reason('import_has_other_size', { found: receivedBytes, wanted: sizeBytes }));
    const incoming = await one.incoming;
    const [facts, judged] = await incoming
      .finish(sizeBytes, async (path, found) => {
        if (found !== wanted) throw refuse(one, reason('import_is_another', { found, wanted }));
        return judge(one, path);
      })
      .catch((error: unknown) => {
        if (!(error instanceof PicketError) || !faults.has(error.code)) throw error;
        const problem = String((error.details as { readonly problem?: unknown }).problem);
        throw refuse(one, wholenessProblem(one.first, receivedBytes, problem));
      });
    const record: SnapshotRecord = {
      ...{ id, cluster, clusterId: null, formation: null, member: null, etcdVersion: null },
      takenAt: one.startedAt,
      why: reason('imported', { by }),
      revision: judged.revision,
      totalKeys: judged.status?.totalKeys ?? null,
      ...facts,
      checkedBy: judged.status === null ? 'structure' : 'etcdutl',
      object: null,
    };
    try {
      await executor.run(cluster, importSnapshot(record, by));
    } catch (error) {
      // Without a record, nobody would ever look for it.
      if (!(await isRecorded(id).catch(() => true))) await folder.remove(id);
      throw error;
    }
    log.info({ cluster, id, by, size: sizeBytes }, 'a snapshot was imported');
    return record;
  }

  return {
    /** What has arrived; null if nothing is being imported. */
    arriving: (): Pick<Running, 'cluster' | 'receivedBytes'> | null => running,

    /**
     * Begins to receive a file, and returns the ID of the snapshot that it becomes. Throws `not_found`, `cluster_deleted`,
     * `snapshot_import_running`, `snapshot_import_refused`, `snapshot_no_room`, `snapshot_share_used`.
     */
    async begin(cluster: string, by: string, { sizeBytes = 0 }: { readonly sizeBytes?: number | undefined }) {
      const { record } = executor.situation(cluster);
      requireNotDeleted(record);
      const mostBytes = record.spec.tuning.quotaBackendBytes + hashBytes;
      if (sizeBytes > mostBytes) throw tooLarge({ cluster });
      await dropIdle();
      if (running !== null)
        throw failure('snapshot_import_running', {
          cluster: running.cluster,
          by: running.by,
          minutes: patienceMinutes,
        });
      const id = newId();
      const incoming = requireShare(cluster, id, sizeBytes).then(() => folder.receive(id, mostBytes, sizeBytes));
      const one: Running = {
        ...{ id, cluster, by, mostBytes, incoming },
        ...{ startedAt: now(), begunAt: monotonic(), movedAt: monotonic() },
        ...{ first: Buffer.alloc(0), receivedBytes: 0, busy: false },
      };
      running = one;
      await alone(one, 0, () => incoming);
      return id;
    },

    /**
     * Resolves to how much has arrived. Throws `not_found`, `snapshot_import_misplaced`, `snapshot_import_refused`, `snapshot_no_room`,
     * `snapshot_share_used`; nothing is kept then.
     */
    async part(by: string, id: string, offset: number, octets: Buffer): Promise<number> {
      const one = find(by, id);
      return alone(one, offset, async () => {
        const received = one.receivedBytes;
        // Its answer was lost, and it was sent again.
        if (octets.length > 0 && offset + octets.length === received) return received;
        if (offset !== received) throw failure('snapshot_import_misplaced', { id, received, offset });
        if (monotonic() - one.begunAt > mostHours * 3_600_000)
          throw refuse(one, reason('import_takes_too_long', { hours: mostHours }));
        if (received + octets.length > one.mostBytes) throw tooLarge(one);
        if (received === 0) {
          const problem = beginningProblem(octets);
          if (problem !== null) throw refuse(one, problem);
          one.first = octets;
        }
        await requireShare(one.cluster, id, octets.length);
        const incoming = await one.incoming;
        await incoming.append(octets);
        one.receivedBytes = incoming.receivedBytes;
        one.movedAt = monotonic();
        return one.receivedBytes;
      });
    },

    /**
     * Checks and stores what has arrived. Throws `not_found`, `cluster_deleted`, `snapshot_import_misplaced`, `snapshot_import_refused`;
     * nothing is kept then.
     */
    async end(by: string, id: string, announced: SnapshotImportEnd): Promise<SnapshotRecord> {
      const one = find(by, id);
      return alone(one, announced.sizeBytes, async () => {
        const record = await store(one, announced);
        running = null;
        return record;
      });
    },

    /** Gives an import up. Throws `not_found`, `snapshot_import_misplaced` while it is being checked. */
    async abandon(by: string, id: string): Promise<void> {
      const one = find(by, id);
      await alone(one, 0, () => drop(one));
    },

    /** Gives up an import of which no part came for minutes. */
    tidy: dropIdle,

    async close(): Promise<void> {
      if (running !== null && !running.busy) await drop(running);
    },
  };
}

/** Of the etcd that the cluster runs, or will run; null if that is not known yet. */
function minorFor({ spec, progress }: ClusterRecord): string | null {
  const wanted = spec.etcd?.source === 'release' ? minorOf(spec.etcd.version) : null;
  return progress.etcdMinor ?? wanted;
}
