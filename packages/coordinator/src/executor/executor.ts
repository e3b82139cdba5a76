import { failure, type PicketError } from '@picket/shared/errors.ts';
import { oneAtATime } from '@picket/shared/one-at-a-time.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import { type ClusterRecord, type Inventory, ProgressConflict } from '../inventory/inventory.ts';
import type { ClusterStatus } from '../model/cluster-status.ts';
import { noConditions } from '../model/conditions.ts';
import type { Failpoint } from '../model/failpoints.ts';
import type { Instant } from '../model/instant.ts';
import { emptyProgress } from '../model/progress.ts';
import { quarantineOf } from '../model/quarantine.ts';
import { decisionGoodFor } from '../model/waits.ts';
import { advance, publishAgain } from '../operations/advance.ts';
import { create } from '../operations/create.ts';
import { decisions } from '../operations/decisions.ts';
import type { DecideWithin, Done, Operation, RunOperation } from '../operations/operation.ts';
import type { Answer, Commit, Request, Turn } from './commit.ts';
import { keepCommit } from './keep-commit.ts';
import { KeptChange } from './kept-change.ts';
import { asStored, heedClock, type LoadedCluster, loadedCluster, runsFor } from './loaded-cluster.ts';
import { observe } from './observe.ts';
import type { RestorationBoard } from './restoration-board.ts';
import { perform, rehearse, settle } from './turn.ts';
import type { TurnDeps } from './turn-deps.ts';

export interface ExecutorDeps extends Omit<TurnDeps, 'beganAt' | 'decisions'> {
  readonly inventory: Inventory;
  readonly restoration: TurnDeps['restoration'] & Pick<RestorationBoard, 'refresh'>;
  /** Something about this node was stored: its next request is judged by that. */
  readonly nodeChanged: (nodeId: string, at: Instant) => Promise<void>;
  readonly failpoint: Failpoint;
}

/** The present state of a cluster: what is stored, its nodes, and what it waits for. */
export interface ClusterSituation extends Pick<LoadedCluster, 'record' | 'nodes' | 'waits' | 'unrendered'> {
  readonly status: ClusterStatus;
  /** For how long this coordinator has run, by one clock, in milliseconds. */
  readonly runsFor: number;
  /** That began when its clock was set, not when it started. */
  readonly clockWasSet: boolean;
}

export type Executor = Awaited<ReturnType<typeof openExecutor>>;

/** A cluster whose nodes could not be updated, and why. */
export interface Untold {
  readonly cluster: string;
  readonly error: unknown;
}

interface Queued extends LoadedCluster {
  /** It is not known whether the last commit was stored, or another has written: the store is read again first. */
  doubtful: boolean;
  /** When it was last begun to do everything that was due, and that was done. */
  decidedAt: Moment;
  /** Does that again, for all nodes that wait for it. */
  deciding: Promise<unknown> | null;
  readonly queue: ReturnType<typeof oneAtATime>;
}

/** Milliseconds by each clock. */
interface Moment {
  readonly monotonic: number;
  readonly wall: Instant;
}

const never: Moment = { monotonic: Number.NEGATIVE_INFINITY, wall: Number.NEGATIVE_INFINITY };

/** For one part of a turn, while others write to the same cluster. */
const mostTries = 10;

/**
 * The only writer of spec, progress and desired states. The operations of one cluster happen one after another. The
 * result of each is stored in one transaction, including desired states, and only then do nodes see it (R1, R12). Then
 * it takes every step that is due.
 */
export async function openExecutor(given: ExecutorDeps) {
  const { inventory } = given;
  const deps = { ...given, decisions, beganAt: given.monotonic() };
  const loaded = new Map<string, Queued>();
  const creating = new Set<ClusterSpec>();
  for (const record of await inventory.clusters.all()) {
    const nodes = await inventory.nodes.ofCluster(record.spec.name);
    loaded.set(record.spec.name, queued(loadedCluster(deps, record, nodes)));
  }

  function find(name: string): Queued {
    const cluster = loaded.get(name);
    if (cluster === undefined) throw failure('not_found', { what: 'cluster', name });
    return cluster;
  }

  /** The wall clock goes on while the machine is suspended, the monotonic one while somebody sets that. */
  function isDecided({ decidedAt: { monotonic, wall } }: Queued): boolean {
    return Math.max(deps.monotonic() - monotonic, deps.now() - wall) <= decisionGoodFor;
  }

  function inTurn<Result>(cluster: Queued, operation: Operation<Result> | DecideWithin<Result>): Promise<Done<Result>> {
    return cluster.queue(async () => {
      let before = cluster.record;
      const result = await driven(cluster, () => {
        before = cluster.record;
        return perform(deps, cluster, operation);
      });
      const { record } = cluster;
      try {
        const begunAt = { monotonic: deps.monotonic(), wall: deps.now() };
        await driven(cluster, () => settle(deps, cluster));
        cluster.decidedAt = begunAt;
      } catch (error) {
        const cause = error instanceof KeptChange ? error.cause : error;
        throw record.progressVersion === before.progressVersion ? cause : new KeptChange({ before, record }, { cause });
      }
      return { record: cluster.record, before, nodes: cluster.nodes, result };
    });
  }

  /**
   * Runs a part of a turn. If another has written to the cluster since it was read, nothing of the commit is stored,
   * and the part begins again from the store. It decides only by the store, so a lost commit needs no other correction.
   */
  async function driven<Result>(cluster: Queued, begin: () => Turn<Result>): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      if (cluster.doubtful) await readAgain(cluster);
      try {
        const turn = begin();
        let next = turn.next();
        while (next.done !== true) next = turn.next(await keep(cluster, next.value));
        return next.value;
      } catch (error) {
        if (!(error instanceof ProgressConflict)) throw error;
        cluster.doubtful = true;
        if (tries === mostTries) throw error;
      }
    }
  }

  async function keep(cluster: Queued, request: Request): Promise<Answer> {
    const commit = await inventory.transaction(async (store) => {
      const wanted = 'commit' in request ? request.commit : await request.within(store);
      await keepCommit(store, wanted);
      deps.failpoint(`${pointOf(wanted)}.before-commit`);
      // A failure before this point is rolled back.
      cluster.doubtful = true;
      return wanted;
    });
    try {
      const nodes = await afterCommit(cluster, commit);
      hold(commit.record.spec.name, cluster);
      cluster.doubtful = false;
      return { commit, nodes };
    } catch (cause) {
      // After a take-over alone, the operation itself is still to come.
      throw commit.also.some(({ kind }) => kind === 'rests-no-more') ? cause : new KeptChange(commit, { cause });
    }
  }

  /** What depends on a commit and is not in the store. @returns the nodes of the cluster */
  async function afterCommit(cluster: Queued, commit: Commit) {
    const { also, at, record, kept } = commit;
    deps.failpoint(`${pointOf(commit)}.after-commit`);
    for (const one of also) if (one.kind === 'eviction') await deps.nodeChanged(one.nodeId, at);
    if (also.some(({ kind }) => kind === 'rests-no-more')) await deps.restoration.refresh();
    await kept?.();
    const changesNodes = also.some(({ kind }) => ['node', 'nodes-changed', 'eviction', 'filed'].includes(kind));
    if (!changesNodes) return cluster.nodes;
    const nodes = await inventory.nodes.ofCluster(record.spec.name);
    if (also.some(({ kind }) => kind === 'filed')) for (const { id } of nodes) await deps.nodeChanged(id, at);
    return nodes;
  }

  /** A cluster that is deleted is no longer held under its former name. */
  function hold(name: string, cluster: Queued): void {
    for (const [former, one] of loaded) if (one === cluster && former !== name) loaded.delete(former);
    loaded.set(name, cluster);
  }

  async function readAgain(cluster: Queued): Promise<void> {
    // First, since what is read again is judged by the present clock.
    heedClock(deps, cluster);
    const record = await inventory.clusters.findById(cluster.record.id);
    if (record !== null) cluster.record = asStored(deps, record);
    const { name } = cluster.record.spec;
    const isFiled = record !== null && loaded.get(name) !== cluster;
    cluster.nodes = await inventory.nodes.ofCluster(name);
    for (const { id, evictedAt } of cluster.nodes)
      if (isFiled || evictedAt !== null) await deps.nodeChanged(id, evictedAt ?? deps.now());
    if (isFiled) hold(name, cluster);
    await deps.restoration.refresh();
    const own = new Set(cluster.nodes.map(({ id }) => id));
    for (const { nodeId, generation, document } of await inventory.publications.all()) {
      if (!own.has(nodeId) || document === null || generation <= deps.publications.generation(nodeId)) continue;
      deps.publications.put({ nodeId, generation, document });
    }
    cluster.unpublished = true;
    cluster.doubtful = false;
  }

  const run: RunOperation = async (cluster, operation) => inTurn(find(cluster), operation);

  return {
    run,
    /**
     * Decides again unless that was done just now, so that no answer to a node extends the lease of what should have been
     * withdrawn meanwhile (R2). Rejects if nothing can be decided or stored. Returns true if it has decided.
     */
    async keepUp(name: string): Promise<boolean> {
      const cluster = find(name);
      for (let tries = 0; !isDecided(cluster); tries += 1) {
        if (tries === mostTries) throw new Error(`no decision on ${name} is made in time`);
        cluster.deciding ??= inTurn(cluster, advance).finally(() => {
          cluster.deciding = null;
        });
        await cluster.deciding;
        if (isDecided(cluster)) return true;
      }
      return false;
    },
    /** Whether {@link keepUp} would find that decided which an answer to a node relies on (R2). Throws `not_found`. */
    isFresh: (name: string): boolean => isDecided(find(name)),
    /**
     * Says in its turn what an operation would do now: throws what it would throw. It stores and publishes nothing; the
     * record of the result is the present one.
     */
    async judge<Result>(name: string, operation: Operation<Result>): Promise<Done<Result>> {
      const cluster = find(name);
      return cluster.queue(async () => {
        if (cluster.doubtful) await readAgain(cluster);
        const { record } = cluster;
        return { record, before: record, nodes: cluster.nodes, result: rehearse(deps, cluster, operation) };
      });
    },
    /**
     * Throws `cluster_exists`, and what `prepare` throws.
     *
     * @param prepare makes what must be there before the cluster is stored
     */
    async create(id: string, spec: ClusterSpec, by: string, prepare: () => Promise<void>): Promise<ClusterRecord> {
      creating.add(spec);
      try {
        await prepare();
        const record = {
          id,
          spec,
          progress: emptyProgress,
          conditions: noConditions,
          progressVersion: 0,
          createdAt: deps.now(),
        };
        return (await inTurn(queued(loadedCluster(deps, record, [])), create(by))).record;
      } finally {
        creating.delete(spec);
      }
    },
    /** The specs of clusters that are being created. What one needs was judged when its creation began. */
    creating: (): readonly ClusterSpec[] => [...creating],
    /** Throws `not_found`. */
    situation(name: string): ClusterSituation {
      const cluster = find(name);
      const { record, nodes, waits, unrendered } = cluster;
      const status = observe(deps, nodes, record.progress);
      const clockWasSet = cluster.clockSetAt > deps.beganAt;
      return { record, nodes, waits, unrendered, status, clockWasSet, runsFor: runsFor(deps, cluster) };
    },
    /** Also those that are deleted, under the names of what is kept of them. */
    clusters: (): readonly string[] => [...loaded.keys()],
    /** The spec of each cluster that is not deleted. */
    specs: (): readonly ClusterSpec[] =>
      [...loaded.values()].flatMap(({ record }) => (record.progress.deletion?.freed === true ? [] : [record.spec])),
    /** Why nothing may be published in this cluster (R5); null if it may. */
    frozen: (name: string): Reason | null => find(name).record.progress.frozen,
    /**
     * Why this node alone gets no new desired state: it is quarantined (R5), or its state cannot be rendered. Else null.
     */
    withheld(name: string, nodeId: string): PicketError | null {
      const { record, unrendered } = find(name);
      const quarantine = quarantineOf(record.progress, nodeId);
      if (quarantine !== null) return failure('node_quarantined', { nodeId, reason: quarantine.reason });
      const problem = unrendered.find((one) => one.nodeId === nodeId);
      return problem === undefined ? null : failure('state_not_rendered', { nodeId, reason: problem.why });
    },
    /**
     * The release store has changed: publishes it to founders that restore. Never rejects because of one cluster. It
     * returns the clusters that it could not update now; their next step updates them.
     */
    async releasesChanged(): Promise<readonly Untold[]> {
      const told = [...loaded].map(([name, cluster]) =>
        inTurn(cluster, publishAgain).then(
          () => [],
          (error: unknown) => [{ cluster: name, error }],
        ),
      );
      return (await Promise.all(told)).flat();
    },
  };
}

function queued(cluster: LoadedCluster): Queued {
  return { ...cluster, doubtful: false, decidedAt: never, deciding: null, queue: oneAtATime() };
}

/** Which failpoints are around this commit. */
function pointOf({ also }: Commit): 'join' | 'publish' {
  return also.some(({ kind }) => kind === 'node') ? 'join' : 'publish';
}
