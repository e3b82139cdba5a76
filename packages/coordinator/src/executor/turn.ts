import { isDeepStrictEqual } from 'node:util';
import { happening } from '@picket/shared/events/event.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { NodeRecord, StateNode } from '../inventory/inventory.ts';
import type { ClusterStatus } from '../model/cluster-status.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { stepEvent } from '../model/step-event.ts';
import { longestSilence } from '../model/waits.ts';
import type { DecideWithin, Operation, OperationSituation, Outcome } from '../operations/operation.ts';
import { withGivenEtcds } from '../releases/given-etcds.ts';
import { changedStates } from './changed-states.ts';
import { type Changes, type Commit, commitWithoutStates, type Request, type Turn } from './commit.ts';
import { keptWith } from './kept-with-step.ts';
import { heedClock, type LoadedCluster, runsFor } from './loaded-cluster.ts';
import { hasNodeWithoutState, observe, seenUnadopted, withFormerIncarnations } from './observe.ts';
import { publicationBoard } from './publication-board.ts';
import type { TurnDeps } from './turn-deps.ts';

/** Far above what one situation can need: a controller that never stops is a defect, and is stopped here. */
const mostStepsAtOnce = 50;

/** Runs an operation. If it throws, nothing is stored. */
export function* perform<Result>(
  deps: TurnDeps,
  cluster: LoadedCluster,
  operation: Operation<Result> | DecideWithin<Result>,
): Turn<Result> {
  heedClock(deps, cluster);
  if (typeof operation === 'function') return yield* performWithin(deps, cluster, operation);
  const takenOver =
    operation.takesOverFirst === true && rests(deps, cluster) && (yield* takeOverCluster(deps, cluster));
  const outcome = operation.decide(situationOf(deps, cluster, takenOver));
  yield* keep(deps, cluster, outcome);
  return outcome.result;
}

/**
 * Runs an operation as if its commits were stored, on a copy of the cluster. It stores and publishes nothing. Throws what
 * the operation throws.
 */
export function rehearse<Result>(deps: TurnDeps, cluster: LoadedCluster, operation: Operation<Result>): Result {
  heedClock(deps, cluster);
  const { publications, restoration } = deps;
  const published = publicationBoard([]);
  let takenOver = false;
  const apart: TurnDeps = {
    ...deps,
    publications: {
      current: (nodeId) => published.current(nodeId) ?? publications.current(nodeId),
      generation: (nodeId) => Math.max(published.generation(nodeId), publications.generation(nodeId)),
      put: published.put,
    },
    restoration: {
      current: restoration.current,
      epoch: restoration.epoch,
      awaits: restoration.awaits,
      rests: (name) => !takenOver && restoration.rests(name),
    },
  };
  const copy = { ...cluster };
  const turn = perform(apart, copy, operation);
  let next = turn.next();
  while (next.done !== true) {
    if (!('commit' in next.value)) throw new Error('an operation that reads the store cannot be rehearsed');
    const { commit } = next.value;
    takenOver ||= commit.also.some(({ kind }) => kind === 'rests-no-more');
    next = turn.next({ commit, nodes: copy.nodes });
  }
  return next.value;
}

function* performWithin<Result>(
  deps: TurnDeps,
  cluster: LoadedCluster,
  decideWithin: DecideWithin<Result>,
): Turn<Result> {
  const situation = situationOf(deps, cluster, false);
  const decided: Outcome<Result>[] = [];
  yield* asked(deps, cluster, {
    within: async (store) => {
      const outcome = await decideWithin(store, situation);
      decided.push(outcome);
      return commitOf(deps, cluster, outcome);
    },
  });
  const [outcome] = decided;
  if (outcome === undefined) throw new Error('the operation decided nothing');
  return outcome.result;
}

/** Takes every step that is due, one commit each, and publishes what is due. */
export function* settle(deps: TurnDeps, cluster: LoadedCluster): Turn<void> {
  const { decisions } = deps;
  for (let count = 0; count < mostStepsAtOnce; count += 1) {
    heedClock(deps, cluster);
    const { spec, progress } = cluster.record;
    const resting = rests(deps, cluster);
    const status = observed(deps, cluster.nodes, progress, resting ? 'taking over' : undefined);
    const { step, waits } = decisions.nextStep(spec, status, progress, deps.now());
    cluster.waits = waits;
    if (step === null && resting) {
      if (yield* takeOverCluster(deps, cluster)) continue;
      return;
    }
    if (step === null) {
      if (cluster.unpublished || hasNodeWithoutState(deps, cluster.nodes)) yield* welcome(deps, cluster);
      yield* recordConditions(deps, cluster, status);
      return;
    }
    const after = decisions.applyStep(progress, step, spec.name, deps.freshNames(), deps.now());
    yield* keep(deps, cluster, { progress: after, events: [stepEvent(step)], ...keptWith(step, spec) });
  }
  throw new Error(`the controller of ${cluster.record.spec.name} took too many steps in a row`);
}

/** Takes the progress of a restored cluster from the reports of its nodes; false while that is not possible (R5). */
function* takeOverCluster(deps: TurnDeps, cluster: LoadedCluster): Turn<boolean> {
  const { spec, progress } = cluster.record;
  const taken = deps.decisions.takeOver({
    spec,
    progress,
    status: observed(deps, cluster.nodes, progress, 'taking over'),
    now: deps.now(),
    // By the clock of the restore, any time may have passed; this coordinator has surely run for this long.
    restoredAt: deps.now() - (deps.monotonic() - deps.beganAt),
    seenUnadopted: seenUnadopted(deps, cluster.nodes),
    freshToken: `${spec.name}-${deps.freshNames().nonce}`,
  });
  if (!taken.ok) {
    const { frozen } = progress;
    cluster.waits = [...(frozen === null ? [] : [reason('cluster_frozen', { why: frozen })]), ...taken.waits];
    return false;
  }
  const events = [happening('taken-over', { changes: taken.changes })];
  yield* keep(deps, cluster, { progress: taken.progress, events, also: [{ kind: 'rests-no-more' }] });
  return true;
}

/** Publishes what is due. A node that was re-adopted late may have lived an incarnation that is over. */
function* welcome(deps: TurnDeps, cluster: LoadedCluster): Turn<void> {
  const progress = withFormerIncarnations(deps, cluster.record.progress, cluster.nodes);
  yield* asked(deps, cluster, { commit: commitOf(deps, cluster, { progress }) });
}

/** Tells by events what has changed on the nodes. Most reports change nothing of that, and cost no commit. */
function* recordConditions(deps: TurnDeps, cluster: LoadedCluster, status: ClusterStatus): Turn<void> {
  const { spec, progress, conditions: before } = cluster.record;
  const situation = { spec, progress, status, now: deps.now(), runsFor: runsFor(deps, cluster) };
  const { conditions, unrecorded, events } = deps.decisions.conditionsNow(situation, before, cluster.unrecorded);
  if (conditions !== before) {
    const commit = commitWithoutStates(cluster.record, { events }, deps.now());
    const record = { ...commit.record, conditions };
    yield* asked(deps, cluster, { commit: { ...commit, record, unrendered: cluster.unrendered } });
  }
  cluster.unrecorded = unrecorded;
}

function* keep(deps: TurnDeps, cluster: LoadedCluster, outcome: Changes): Turn<void> {
  if (outcome.publishesLater === true) cluster.unpublished = true;
  const { spec, progress, events, also } = outcome;
  if (spec === undefined && progress === undefined && events === undefined && also === undefined) return;
  yield* asked(deps, cluster, { commit: commitOf(deps, cluster, outcome) });
}

/** Keeps what was stored in memory; then, and only then, nodes see it (R1, R12). */
function* asked(deps: TurnDeps, cluster: LoadedCluster, request: Request): Turn<void> {
  const { commit, nodes } = yield request;
  cluster.record = commit.record;
  cluster.nodes = nodes;
  cluster.unpublished = commit.unrendered === null;
  cluster.unrendered = commit.unrendered ?? cluster.unrendered;
  for (const publication of commit.publications) deps.publications.put(publication);
}

function commitOf(deps: TurnDeps, cluster: LoadedCluster, outcome: Changes): Commit {
  const commit = commitWithoutStates(cluster.record, outcome, deps.now());
  if (outcome.publishesLater === true) return commit;
  const nodes = nodesAfter(cluster.nodes, commit);
  const record = withGivenEtcds(commit.record, nodes, deps.programsFor ?? (() => null));
  const { publications, unrendered } = changedStates(withoutReportsOf(deps, commit), record, nodes);
  const news = unrendered.filter((one) => !cluster.unrendered.some((known) => isDeepStrictEqual(known, one)));
  const notRendered = news.map((one) => happening('state-not-rendered', one));
  return { ...commit, record, events: [...commit.events, ...notRendered], publications, unrendered };
}

/** All nodes of the cluster after this commit, also evicted ones. */
function nodesAfter(nodes: readonly NodeRecord[], { also, at }: Commit): readonly StateNode[] {
  const evicted = new Set(also.flatMap((one) => (one.kind === 'eviction' ? [one.nodeId] : [])));
  const joined = also.flatMap((one) => (one.kind === 'node' ? [{ ...one.node, evictedAt: null }] : []));
  const others = nodes.filter(({ id }) => joined.every((one) => one.id !== id));
  return [...others.map((node) => (evicted.has(node.id) ? { ...node, evictedAt: at } : node)), ...joined];
}

/** A node that joins has no report that counts. */
function withoutReportsOf(deps: TurnDeps, { also }: Commit): TurnDeps {
  const joined = new Set(also.flatMap((one) => (one.kind === 'node' ? [one.node.id] : [])));
  const { statuses } = deps;
  const latest: typeof statuses.latest = (nodeId) => (joined.has(nodeId) ? null : statuses.latest(nodeId));
  return { ...deps, statuses: { ...statuses, latest } };
}

function situationOf(deps: TurnDeps, cluster: LoadedCluster, takenOver: boolean): OperationSituation {
  const { record, nodes, waits } = cluster;
  const { spec, progress } = record;
  const { decisions } = deps;
  const now = deps.now();
  return {
    spec,
    progress,
    nodes,
    waits,
    now,
    takenOver,
    decisions,
    rests: rests(deps, cluster),
    runsFor: runsFor(deps, cluster),
    // Lazy: most operations do not need it, and it is expensive.
    get status() {
      return observed(deps, nodes, progress);
    },
    get statusInTakeOver() {
      return observed(deps, nodes, progress, 'taking over');
    },
    get seenUnadopted() {
      return seenUnadopted(deps, nodes, longestSilence);
    },
    lastHeard: (nodeId) => ({
      report: deps.statuses.latest(nodeId)?.receivedAt ?? null,
      seen: deps.lastSeen(nodeId),
    }),
    decisionOn: (supposed) => decisions.nextStep(spec, observed(deps, nodes, supposed), supposed, now),
    after: (step) => decisions.applyStep(progress, step, spec.name, deps.freshNames(), now),
  };
}

/** The input of the controller. */
function observed(
  deps: TurnDeps,
  nodes: readonly NodeRecord[],
  progress: ClusterProgress,
  when?: 'taking over',
): ClusterStatus {
  return deps.decisions.withExcerpts(observe(deps, nodes, progress, when));
}

function rests({ restoration }: TurnDeps, { record }: LoadedCluster): boolean {
  return restoration.rests(record.spec.name);
}
