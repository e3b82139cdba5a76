import { isDeepStrictEqual } from 'node:util';
import { readFacts } from '@picket/shared/answered-reads.ts';
import { failure, type PicketError } from '@picket/shared/errors.ts';
import { type Happening, happening } from '@picket/shared/events/event.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { RolloutOrder } from '@picket/shared/protocol/revisions.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { applyStep } from '../controller/apply-step.ts';
import { afterClockStep, afterStart } from '../controller/clock-steps.ts';
import { requireAbleToRestore, unableOnes } from '../controller/formation/able-to-restore.ts';
import { stillStanding } from '../controller/formation/still-standing.ts';
import { nextStep } from '../controller/next-step.ts';
import { declaredLost } from '../controller/replacement/declare-lost.ts';
import { replaced, vacated, withoutLife } from '../controller/replacement/replacement.ts';
import { resetFormation } from '../controller/reset-formation.ts';
import { type RestoreWord, restoreFrom, restoreUnheard } from '../controller/restore/restore.ts';
import { freshReads } from '../controller/restore/voter-evidence.ts';
import { whoTakesIt } from '../controller/snapshots/snapshots.ts';
import { takeOver } from '../controller/take-over/take-over.ts';
import { requireFit } from '../declaration/judge-change.ts';
import type { Begun } from '../declaration/make-spec.ts';
import { declaredMember } from '../desired-state/seat.ts';
import {
  type ClusterRecord,
  type Inventory,
  type NodeRecord,
  nameOf,
  type Repositories,
  type SnapshotRecord,
} from '../inventory/inventory.ts';
import type { ClusterStatus } from '../model/cluster-status.ts';
import { withExcerpts } from '../model/excerpts.ts';
import type { Failpoint } from '../model/failpoints.ts';
import type { FreshNames } from '../model/fresh-names.ts';
import { isAuthenticationOn } from '../model/health.ts';
import type { Instant } from '../model/instant.ts';
import { clockStepFrom, freshFor, longestAgentPause } from '../model/limits.ts';
import { type ClusterProgress, emptyProgress, type Step } from '../model/progress.ts';
import { quarantineOf } from '../model/quarantine.ts';
import type { RestoreSource } from '../model/restore-source.ts';
import type { Situation } from '../model/situation.ts';
import { stepEvent } from '../model/step-event.ts';
import { begunOf } from '../operations/begun.ts';
import { changedStates, type StateDeps, type Unrendered } from './changed-states.ts';
import { knocking, type ObservationDeps, observe, owing, requireUnheard, withFormerLives } from './observe.ts';
import type { PublicationBoard } from './publication-board.ts';
import type { RestorationBoard } from './restoration-board.ts';
import type { StatusBoard } from './status-board.ts';
import { steered } from './steer-rollout.ts';

export interface ExecutorDeps extends ObservationDeps, StateDeps {
  readonly inventory: Inventory;
  readonly publications: PublicationBoard;
  readonly statuses: StatusBoard;
  readonly restoration: Pick<RestorationBoard, 'current' | 'epoch' | 'awaits' | 'rests' | 'refresh'>;
  /** Evicts a node in the store and for its next request. */
  readonly evict: (nodeId: string, at: Instant) => Promise<void>;
  readonly freshNames: () => FreshNames;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
  readonly failpoint: Failpoint;
}

/** A cluster as the executor holds it: what is stored, its nodes, and what it waits for. */
export interface ClusterSituation {
  readonly record: ClusterRecord;
  readonly nodes: readonly NodeRecord[];
  readonly status: ClusterStatus;
  readonly waits: readonly Reason[];
  /** Nodes that are told nothing new, since what they should have cannot be rendered. */
  readonly unrendered: readonly Unrendered[];
}

/**
 * What the progress is once the machine of this node has to go for another, which the caller keeps with the rest of that.
 * Throws `member_heard` while it may be there, and `replace_refused`, `cluster_frozen`.
 */
export type Vacate = (node: NodeRecord, why: Reason) => ClusterProgress;

/**
 * The only writer of spec, progress and desired states: it asks the controller for the next step, keeps the
 * progress and every desired state that it changes in one transaction, and only then lets nodes see it (R1, R12).
 * One cluster's changes happen one after another.
 */
export interface Executor {
  create(id: string, spec: ClusterSpec, by: string): Promise<ClusterRecord>;
  /** Throws `not_found`. */
  situation(cluster: string): ClusterSituation;
  clusters(): readonly string[];
  /** What is wanted of each cluster. */
  specs(): readonly ClusterSpec[];
  /**
   * What changes nothing makes no revision.
   * Throws `not_found`, `cluster_frozen`, `revision_conflict`, `quota_too_small`, `timing_apart`.
   */
  changeSpec(
    cluster: string,
    expected: number,
    by: string,
    change: (spec: ClusterSpec, begun: Begun) => ClusterSpec,
  ): Promise<ClusterRecord>;
  /**
   * An operator's word on how the newest settings reach the members, given against the revision `expected`; null: whatever
   * is wanted by now. Throws `not_found`, `cluster_frozen`, `revision_conflict`, `no_rollout`.
   */
  steer(
    cluster: string,
    order: RolloutOrder['order'],
    options: { readonly expected: number | null; readonly by: string },
  ): Promise<ClusterRecord>;
  /**
   * `confirm`: the cluster's name, for one whose etcd has just answered a linearizable read (R16).
   * Throws `not_found`, `reset_refused`, `reset_needs_name`.
   */
  reset(cluster: string, word: { readonly by: string; readonly confirm: string | null }): Promise<ClusterRecord>;
  /**
   * Lets a frozen cluster be judged again; what froze it freezes it again while it lasts. Throws `not_frozen`,
   * `cluster_frozen`, and `cluster_overtaken` where a seal has proven that this store is behind.
   */
  unfreeze(cluster: string, by: string): Promise<ClusterRecord>;
  /**
   * Frees the name of a client, or of a node whose life as a member has not begun, so that another can join as it. `lost`:
   * whatever its life, by an operator's word that its machine or disk is lost (see `declaredLost`); also while the cluster
   * is frozen. Throws `not_found`, `node_has_life`, `former_life_stands`; of one that is lost `node_heard` while it may be
   * there, `node_may_serve` while etcd answers reads that it could not without one of the lost, and `replace_refused`.
   */
  evict(cluster: string, nodeId: string, word: { readonly by: string; readonly lost: boolean }): Promise<void>;
  /** Asks a voter for a snapshot, or names the one that is being taken. Throws `not_found`, `snapshot_refused`. */
  takeSnapshot(cluster: string, why: Reason): Promise<string>;
  /** Keeps a snapshot that was asked for, and is whole and on the disk. Throws `snapshot_not_wanted`. */
  snapshotTaken(cluster: string, record: SnapshotRecord): Promise<void>;
  /**
   * Gives the cluster up for one of its snapshots; by force also one that rests since the coordinator was restored, and
   * of which too little is left to be taken over. Throws `not_found`, `restore_refused`, `restore_unproven`,
   * `restore_needs_name`.
   */
  restore(
    cluster: string,
    source: RestoreSource,
    options: RestoreWord & { readonly by: string },
  ): Promise<ClusterRecord>;
  /** Why nothing may be published in this cluster (R5); null if it may. */
  frozen(cluster: string): Reason | null;
  /** Why this node alone is told nothing: it is quarantined (R5), or what it should have cannot be rendered. Else null. */
  withheld(cluster: string, nodeId: string): PicketError | null;
  /**
   * By an operator's word the present life of a member ends: etcd is asked to remove it, and it enters again with an empty
   * data dir (R3). Throws `not_found`, `member_not_declared`, `cluster_frozen`, `replace_refused`.
   */
  replace(
    cluster: string,
    member: string,
    options: { readonly by: string; readonly force: boolean },
  ): Promise<ClusterRecord>;
  /**
   * Takes a node in, in the cluster's turn: `admission` keeps it, in one transaction. It has its first desired state before
   * this resolves. Throws `not_found`, and what `admission` throws.
   */
  admit<Result>(cluster: string, admission: (vacate: Vacate) => Promise<Result>): Promise<Result>;
  /**
   * The release store has changed: publishes it to founders that restore. Never rejects for one cluster: it returns those that
   * could not be told now. They are told with their next step.
   */
  releasesChanged(): Promise<readonly Untold[]>;
  /** A node was taken up again: it gets its first desired state before this resolves. */
  nodeJoined(cluster: string): Promise<void>;
  /** Takes every step that is due; called on each report and, for what time alone makes due, by a timer. */
  advance(cluster: string): Promise<void>;
}

/** A cluster whose nodes could not be told of a change, and why. */
export interface Untold {
  readonly cluster: string;
  readonly error: unknown;
}

interface Held {
  record: ClusterRecord;
  nodes: readonly NodeRecord[];
  waits: readonly Reason[];
  unrendered: readonly Unrendered[];
  /** What nodes should have may differ from what was published: after a start, a join, a change. */
  unpublished: boolean;
  /** A commit failed, and whether it was kept all the same is not known: the store is read again first. */
  doubtful: boolean;
  /** How far the wall clock was ahead of the monotonic one when the instants in the progress were last right. */
  clockOffset: number;
  /** When that was found to have changed, by the monotonic clock. */
  clockSetAt: number;
  queue: Promise<unknown>;
}

/** Far above what one situation can call for: a controller that never rests is a defect, and is stopped here. */
const mostStepsAtOnce = 50;

export async function openExecutor(deps: ExecutorDeps): Promise<Executor> {
  const { inventory } = deps;
  /** Since then it is known how much time has passed. */
  const beganAt = deps.monotonic();
  const held = new Map<string, Held>();
  for (const record of await inventory.clusters.all()) {
    const resumed = { ...record, progress: afterStart(record.progress, deps.now()) };
    held.set(record.spec.name, hold(deps, resumed, await inventory.nodes.ofCluster(record.spec.name)));
  }

  /** What the controller judges by. */
  function observed(nodes: readonly NodeRecord[], progress: ClusterProgress, when?: 'taking over'): ClusterStatus {
    return withExcerpts(observe(deps, nodes, progress, when));
  }

  function find(name: string): Held {
    const cluster = held.get(name);
    if (cluster === undefined) throw failure('not_found', { what: 'cluster', name });
    return cluster;
  }

  function inTurn<Result>(cluster: Held, work: () => Promise<Result>): Promise<Result> {
    const result = cluster.queue.then(async () => {
      // First, since what is read again is judged by the clock as it is now.
      heedClock(deps, cluster);
      if (cluster.doubtful) await readAgain(cluster);
      return work();
    });
    cluster.queue = result.catch(() => undefined);
    return result;
  }

  async function readAgain(cluster: Held): Promise<void> {
    const { name } = cluster.record.spec;
    const record = await inventory.clusters.find(name);
    // What a step of the clock has changed may be in memory alone.
    if (record !== null) cluster.record = { ...record, progress: afterStart(record.progress, deps.now()) };
    cluster.nodes = await inventory.nodes.ofCluster(name);
    for (const { id, evictedAt } of cluster.nodes) if (evictedAt !== null) await deps.evict(id, evictedAt);
    await deps.restoration.refresh();
    const own = new Set(cluster.nodes.map(({ id }) => id));
    for (const publication of await inventory.publications.all()) {
      if (!own.has(publication.nodeId)) continue;
      const { nodeId, generation, document } = publication;
      if (document !== null && generation > deps.publications.generation(nodeId))
        deps.publications.put({ nodeId, generation, document });
    }
    cluster.unpublished = true;
    cluster.doubtful = false;
  }

  /** Takes the progress of a restored cluster from what its nodes report; false while it cannot be (R5). */
  async function takeUp(cluster: Held): Promise<boolean> {
    const { spec, progress } = cluster.record;
    const { current } = deps.restoration;
    if (current === null) return true;
    const taken = takeOver({
      spec,
      progress,
      status: observed(cluster.nodes, progress, 'taking over'),
      now: deps.now(),
      // By the clock of the restore it may be any time since; this coordinator has surely run for so long.
      restoredAt: deps.now() - (deps.monotonic() - beganAt),
      knocking: knocking(deps, cluster.nodes),
      freshToken: `${spec.name}-${deps.freshNames().nonce}`,
    });
    if (!taken.ok) {
      cluster.waits = [...frozenBy(progress), ...taken.waits];
      return false;
    }
    await keep(
      cluster,
      { ...cluster.record, progress: taken.progress },
      happening('taken-over', { changes: taken.changes }),
      '',
      restsNoMore(spec.name),
    );
    await deps.restoration.refresh();
    return true;
  }

  async function settle(cluster: Held): Promise<void> {
    if (deps.restoration.rests(cluster.record.spec.name) && !(await takeUp(cluster))) return;
    for (let count = 0; count < mostStepsAtOnce; count += 1) {
      heedClock(deps, cluster);
      const { spec, progress } = cluster.record;
      const decision = nextStep(spec, observed(cluster.nodes, progress), progress, deps.now());
      cluster.waits = decision.waits;
      if (decision.step === null) {
        if (cluster.unpublished || owing(deps, cluster.nodes)) await welcome(cluster);
        return;
      }
      const after = applyStep(progress, decision.step, spec.name, deps.freshNames(), deps.now());
      await keep(cluster, { ...cluster.record, progress: after }, stepEvent(decision.step));
    }
    throw new Error(`the controller of ${cluster.record.spec.name} did not come to rest`);
  }

  /** Publishes what is due; a node that was taken up again late may have lived a life that is over. */
  async function welcome(cluster: Held): Promise<void> {
    const progress = withFormerLives(deps, cluster.record.progress, cluster.nodes);
    await keep(cluster, { ...cluster.record, progress }, null);
  }

  /** There is a node that was told nothing yet. */
  async function greet(cluster: Held): Promise<void> {
    cluster.nodes = await inventory.nodes.ofCluster(cluster.record.spec.name);
    cluster.unpublished = true;
    await settle(cluster);
  }

  function vacatedBy(cluster: Held, node: NodeRecord, why: Reason): ClusterProgress {
    const { spec, progress } = cluster.record;
    const member = nameOf(node);
    // First, since it is judged as if the machine were off. Of one that rests after a restore what it lives is taken from
    // what nodes report, and never from the backup.
    const after = deps.restoration.rests(spec.name)
      ? withoutLife(progress, member, node.id)
      : vacated(situationOf(cluster), member, why);
    const runsFor = deps.monotonic() - Math.max(beganAt, cluster.clockSetAt);
    requireUnheard(deps, { nodeId: node.id, name: member, cluster: spec.name }, runsFor);
    return after;
  }

  /** Takes a step that is not the controller's to think of. */
  async function take(cluster: Held, step: Step, also?: (repositories: Repositories) => Promise<void>): Promise<void> {
    const { spec, progress } = cluster.record;
    const after = applyStep(progress, step, spec.name, deps.freshNames(), deps.now());
    const event = stepEvent(step);
    await keep(cluster, { ...cluster.record, progress: after }, event, '', also);
  }

  function situationOf({ record: { spec, progress }, nodes }: Held): Situation {
    return { spec, progress, status: observed(nodes, progress), now: deps.now() };
  }

  function restingSituationOf(cluster: Held) {
    const { nodes, waits, record } = cluster;
    const status = observed(nodes, record.progress, 'taking over');
    return { ...situationOf(cluster), status, waits, knocking: lately(cluster) };
  }

  /** For a restore: an agent that is refused may be silent for longer than one that reports. */
  function lately({ nodes }: Held): readonly string[] {
    return knocking(deps, nodes, freshFor + longestAgentPause);
  }

  /** What evicting this node makes of the progress. Throws what `evict` does. */
  function evictedFrom(cluster: Held, node: NodeRecord, { by, lost }: { readonly by: string; readonly lost: boolean }) {
    const { progress, spec } = cluster.record;
    if (node.kind === 'client') return progress;
    const { id: nodeId, member } = node;
    const situation = situationOf(cluster);
    if (lost) {
      const runsFor = deps.monotonic() - Math.max(beganAt, cluster.clockSetAt);
      requireUnheard(deps, { nodeId, name: member, cluster: spec.name }, runsFor, 'node_heard');
      return declaredLost(situation, member, nodeId, reason('said_lost', { by }));
    }
    requireNoLife(node, progress);
    if (stillStanding(situation).some((one) => one.nodeId === nodeId))
      throw failure('former_life_stands', { nodeId, member, cluster: spec.name });
    return progress;
  }

  /** Keeps the record and what it makes of the desired states; then, and only then, shows it. */
  async function keep(
    cluster: Held,
    record: ClusterRecord,
    event: Happening | null,
    by = '',
    also: (repositories: Repositories) => Promise<void> = async () => undefined,
  ): Promise<void> {
    const name = record.spec.name;
    const { publications, unrendered } = changedStates(deps, record, cluster.nodes);
    const known = new Set(cluster.unrendered.map(({ nodeId, reason }) => `${nodeId} ${reason}`));
    const news = unrendered.filter(({ nodeId, reason }) => !known.has(`${nodeId} ${reason}`));
    const revision = cluster.record.spec.revision;
    deps.failpoint('publish.before-commit');
    cluster.doubtful = true;
    await inventory.transaction(async (repositories) => {
      if (record.spec.revision !== revision) {
        await repositories.clusters.keepSpec(name, revision, record.spec);
        await repositories.revisions.keep({ spec: record.spec, at: deps.now(), by });
      }
      if (record.progress !== cluster.record.progress) {
        await repositories.clusters.keepProgress(name, record.progress);
      }
      for (const publication of publications) await repositories.publications.publish(publication);
      if (event !== null) await repositories.events.append({ at: deps.now(), cluster: name, ...event });
      for (const { nodeId, name: of, reason: problem } of news) {
        const untold = happening('state-not-rendered', { nodeId, name: of, problem });
        await repositories.events.append({ at: deps.now(), cluster: name, ...untold });
      }
      await also(repositories);
    });
    deps.failpoint('publish.after-commit');
    cluster.doubtful = false;
    cluster.record = record;
    cluster.unpublished = false;
    cluster.unrendered = unrendered;
    for (const publication of publications) deps.publications.put(publication);
  }

  return {
    async create(id, spec, by) {
      const record: ClusterRecord = { id, spec, progress: emptyProgress, createdAt: deps.now() };
      await inventory.transaction(async (repositories) => {
        await repositories.clusters.create(record);
        await repositories.revisions.keep({ spec, at: record.createdAt, by });
        const created = happening('create', { by, members: spec.members.length });
        await repositories.events.append({ at: deps.now(), cluster: spec.name, ...created });
      });
      const cluster = hold(deps, record, []);
      held.set(spec.name, cluster);
      await inTurn(cluster, () => settle(cluster));
      return record;
    },
    situation(name) {
      const { record, nodes, waits, unrendered } = find(name);
      return { record, nodes, waits, unrendered, status: observe(deps, nodes, record.progress) };
    },
    clusters: () => [...held.keys()],
    specs: () => [...held.values()].map(({ record }) => record.spec),
    changeSpec(name, expected, by, change) {
      const cluster = find(name);
      return inTurn(cluster, async () => {
        const { spec, progress } = cluster.record;
        const rests = deps.restoration.rests(name);
        const begun = begunOf(progress, cluster.nodes);
        const frozen = () => failure('cluster_frozen', { name, reason: progress.frozen ?? '' });
        if (progress.frozen !== null && !rests) throw frozen();
        requireRevision(spec, expected);
        // A backup may be older than a correction of its hosts, without which the cluster cannot be taken over.
        const wanted = { ...change(spec, rests ? { ...begun, founded: false } : begun), revision: expected };
        if (rests && !isDeepStrictEqual({ ...wanted, members: spec.members }, spec)) throw frozen();
        if (isDeepStrictEqual(wanted, spec)) return cluster.record;
        const changed = { ...wanted, revision: expected + 1 };
        requireFit(changed, situationOf(cluster));
        await keep(
          cluster,
          { ...cluster.record, spec: changed },
          happening('change', { by, revision: changed.revision }),
          by,
        );
        await settle(cluster);
        return cluster.record;
      });
    },
    steer(name, order, { expected, by }) {
      const cluster = find(name);
      return inTurn(cluster, async () => {
        const { record } = cluster;
        if (record.progress.frozen !== null) throw failure('cluster_frozen', { name, reason: record.progress.frozen });
        requireRevision(record.spec, expected ?? record.spec.revision);
        await keep(
          cluster,
          steered(record, order),
          happening('rollout', { by, order }),
          `${by}, who aborted a rollout`,
        );
        await settle(cluster);
        return cluster.record;
      });
    },
    reset(name, { by, confirm }) {
      const cluster = find(name);
      return inTurn(cluster, async () => {
        const progress: ClusterProgress = resetFormation(cluster.record.progress, name, situationOf(cluster).status);
        const reads = freshReads(situationOf(cluster));
        if (reads.length > 0 && confirm !== name)
          throw failure('reset_needs_name', { name, ...readFacts(reads, freshFor) });
        await keep(
          cluster,
          { ...cluster.record, progress },
          happening('reset', { by, formations: progress.formations }),
        );
        await settle(cluster);
        return cluster.record;
      });
    },
    unfreeze(name, by) {
      const cluster = find(name);
      return inTurn(cluster, async () => {
        const { progress } = cluster.record;
        if (progress.frozen === null) throw failure('not_frozen', { name });
        if (deps.restoration.rests(name)) {
          await settle(cluster);
          if (!deps.restoration.rests(name)) return cluster.record;
          const reasons = cluster.waits.map((wait) => (wait.code === 'cluster_frozen' ? wait.facts.why : wait));
          throw failure('cluster_frozen', { name, reason: reason('several', { reasons }) });
        }
        if (progress.provenBehind !== null) throw failure('cluster_overtaken', { name, reason: progress.frozen });
        const unfrozen = happening('unfreeze', { by, why: progress.frozen });
        cluster.unpublished = true;
        const thawed = { ...cluster.record, progress: { ...progress, frozen: null } };
        // Judged before anything is published: a coordinator that is behind must not catch up by counting (R5).
        const judged = nextStep(thawed.spec, observed(cluster.nodes, thawed.progress), thawed.progress, deps.now());
        if (judged.step?.kind === 'freeze') throw failure('cluster_frozen', { name, reason: judged.step.reason });
        await keep(cluster, thawed, unfrozen);
        await settle(cluster);
        return cluster.record;
      });
    },
    evict(name, nodeId, word) {
      const cluster = find(name);
      return inTurn(cluster, async () => {
        const node = cluster.nodes.find(({ id, evictedAt }) => id === nodeId && evictedAt === null);
        if (node === undefined) throw failure('not_found', { what: 'node', name: nodeId });
        const progress = evictedFrom(cluster, node, word);
        if (progress !== cluster.record.progress) {
          // First: killed before the eviction, it is only said again.
          const event = happening('lost', { by: word.by, name: nameOf(node), nodeId });
          await keep(cluster, { ...cluster.record, progress }, event);
        }
        cluster.doubtful = true;
        await deps.evict(nodeId, deps.now());
        const evicted = happening('evict', { by: word.by, nodeId, kind: node.kind, name: nameOf(node) });
        await inventory.events.append({ at: deps.now(), cluster: name, ...evicted });
        cluster.nodes = await inventory.nodes.ofCluster(name);
        cluster.doubtful = false;
        await settle(cluster);
      });
    },
    takeSnapshot(name, why) {
      const cluster = find(name);
      return inTurn(cluster, async () => {
        const refuse = (why: Reason) => failure('snapshot_refused', { cluster: name, reason: why });
        const { frozen, snapshots } = cluster.record.progress;
        if (frozen !== null) throw refuse(reason('is_frozen', { why: frozen }));
        if (snapshots.task !== null) return snapshots.task.id;
        const situation = situationOf(cluster);
        const executor = whoTakesIt(situation);
        if (executor === null && isAuthenticationOn(situation)) {
          throw failure('etcd_authentication_on', { cluster: name, refused: 'No snapshot is taken' });
        }
        if (executor === null) throw refuse(reason('no_voter_serves'));
        await take(cluster, { kind: 'assign-snapshot', executor, why });
        const { task } = cluster.record.progress.snapshots;
        if (task === null) throw new Error('the snapshot that was asked for is not in the progress');
        return task.id;
      });
    },
    snapshotTaken(name, record) {
      const cluster = find(name);
      return inTurn(cluster, async () => {
        const { id, takenAt } = record;
        if (cluster.record.progress.snapshots.task?.id !== id) throw failure('snapshot_not_wanted', { id });
        await take(cluster, { kind: 'record-snapshot', id, takenAt }, ({ snapshots }) => snapshots.create(record));
        await settle(cluster);
      });
    },
    restore(name, source, { by, ...word }) {
      const cluster = find(name);
      return inTurn(cluster, async () => {
        const { formations } = cluster.record.progress;
        const given = { by, formations, snapshot: source.snapshot };
        if (!deps.restoration.rests(name) || (await takeUp(cluster))) {
          const situation = { ...situationOf(cluster), knocking: lately(cluster) };
          const progress = restoreFrom(situation, source, word);
          const event = happening('restore', { ...given, membersKnown: true, unable: cannotFound(situation) });
          await keep(cluster, { ...cluster.record, progress }, event);
        } else {
          const situation = restingSituationOf(cluster);
          const progress = restoreUnheard(situation, source, word);
          const event = happening('restore', { ...given, membersKnown: false, unable: cannotFound(situation) });
          await keep(cluster, { ...cluster.record, progress }, event, '', restsNoMore(name));
          await deps.restoration.refresh();
        }
        await settle(cluster);
        return cluster.record;
      });
    },
    replace(name, member, { by, force }) {
      const cluster = find(name);
      return inTurn(cluster, async () => {
        declaredMember(cluster.record.spec, member);
        const progress = replaced(situationOf(cluster), member, { reason: reason('replaced_by', { by }), force });
        const memberId = progress.members[member]?.memberId ?? null;
        await keep(cluster, { ...cluster.record, progress }, happening('replace', { by, member, memberId, force }));
        await settle(cluster);
        return cluster.record;
      });
    },
    frozen: (name) => find(name).record.progress.frozen,
    withheld(name, nodeId) {
      const { record, unrendered } = find(name);
      const quarantine = quarantineOf(record.progress, nodeId);
      if (quarantine !== null) return failure('node_quarantined', { nodeId, reason: quarantine.reason });
      const problem = unrendered.find((one) => one.nodeId === nodeId);
      return problem === undefined ? null : failure('state_not_rendered', { nodeId, reason: problem.reason });
    },
    admit(name, admission) {
      const cluster = find(name);
      return inTurn(cluster, async () => {
        const after: ClusterProgress[] = [];
        try {
          const result = await admission((node, why) => {
            const progress = vacatedBy(cluster, node, why);
            after.push(progress);
            return progress;
          });
          const [progress] = after;
          if (progress !== undefined) cluster.record = { ...cluster.record, progress };
          await greet(cluster);
          return result;
        } catch (error) {
          if (after.length > 0) cluster.doubtful = true;
          throw error;
        }
      });
    },
    async releasesChanged() {
      const told = [...held].map(async ([name, cluster]): Promise<Untold | null> => {
        const work = () => {
          cluster.unpublished = true;
          return settle(cluster);
        };
        return inTurn(cluster, work).then(
          () => null,
          (error: unknown) => ({ cluster: name, error }),
        );
      });
      return (await Promise.all(told)).filter((one) => one !== null);
    },
    nodeJoined(name) {
      const cluster = find(name);
      return inTurn(cluster, () => greet(cluster));
    },
    advance(name) {
      const cluster = find(name);
      return inTurn(cluster, () => settle(cluster));
    },
  };
}

/** For the event of a restore: why nodes cannot found the restored cluster; null where all can. */
function cannotFound(situation: Situation): Reason | null {
  const unable = requireAbleToRestore(situation);
  return unable.length === 0 ? null : unableOnes(unable);
}

/** From here on the progress of this cluster is not that of the backup any more. */
function restsNoMore(cluster: string): (repositories: Repositories) => Promise<void> {
  return async ({ restorations }) => {
    const before = await restorations.find();
    if (before === null) return;
    await restorations.keep({ ...before, frozen: before.frozen.filter((name) => name !== cluster) });
  };
}

function hold(deps: ExecutorDeps, record: ClusterRecord, nodes: readonly NodeRecord[]): Held {
  const clockOffset = deps.now() - deps.monotonic();
  const unpublished = nodes.length > 0;
  const rest = {
    waits: [],
    unrendered: [],
    unpublished,
    doubtful: false,
    clockOffset,
    clockSetAt: Number.NEGATIVE_INFINITY,
  };
  return { record, nodes, ...rest, queue: Promise.resolve() };
}

/** A wall clock that was set shortens and lengthens no wait. */
function heedClock(deps: ExecutorDeps, cluster: Held): void {
  const offset = deps.now() - deps.monotonic();
  const byMs = offset - cluster.clockOffset;
  if (Math.abs(byMs) < clockStepFrom) return;
  cluster.clockOffset = offset;
  cluster.clockSetAt = deps.monotonic();
  cluster.record = { ...cluster.record, progress: afterClockStep(cluster.record.progress, byMs) };
  for (const { id } of cluster.nodes) deps.statuses.countAnew(id);
}

function frozenBy({ frozen }: ClusterProgress): readonly Reason[] {
  return frozen === null ? [] : [reason('cluster_frozen', { why: frozen })];
}

/** Throws `revision_conflict`. */
function requireRevision({ name, revision: actual }: ClusterSpec, expected: number): void {
  if (actual !== expected) throw failure('revision_conflict', { name, actual, expected });
}

/** Throws `node_has_life` for a member that etcd may know. */
function requireNoLife(node: NodeRecord, { members }: ClusterProgress): void {
  if (node.kind === 'client') return;
  const { id: nodeId, member, cluster } = node;
  const life = members[member];
  if (life !== undefined) throw failure('node_has_life', { nodeId, member, cluster, phase: life.phase });
}
