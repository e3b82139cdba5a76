import { type Begun, changedSpec } from '@picket/coordinator/declaration/make-spec.ts';
import type { Answer, Commit, Request, Turn } from '@picket/coordinator/executor/commit.ts';
import type { ClusterSituation } from '@picket/coordinator/executor/executor.ts';
import { type LoadedCluster, loadedCluster, runsFor } from '@picket/coordinator/executor/loaded-cluster.ts';
import { observe } from '@picket/coordinator/executor/observe.ts';
import { type PublicationBoard, publicationBoard } from '@picket/coordinator/executor/publication-board.ts';
import { type StatusBoard, statusBoard } from '@picket/coordinator/executor/status-board.ts';
import { perform, settle } from '@picket/coordinator/executor/turn.ts';
import type { TurnDeps } from '@picket/coordinator/executor/turn-deps.ts';
import type {
  ClusterRecord,
  MemberNode,
  NewNode,
  NodeRecord,
  PublicationRecord,
  ReportRecord,
  Restoration,
  SnapshotRecord,
} from '@picket/coordinator/inventory/inventory.ts';
import { noConditions } from '@picket/coordinator/model/conditions.ts';
import { type ClusterProgress, emptyProgress, type Step } from '@picket/coordinator/model/progress.ts';
import { quarantineOf } from '@picket/coordinator/model/quarantine.ts';
import type { Situation } from '@picket/coordinator/model/situation.ts';
import { stepEvent } from '@picket/coordinator/model/step-event.ts';
import type { UpgradePause } from '@picket/coordinator/model/upgrade-progress.ts';
import { peerUrlOf } from '@picket/coordinator/model/urls.ts';
import { decisionGoodFor } from '@picket/coordinator/model/waits.ts';
import { nodeReadopted } from '@picket/coordinator/operations/advance.ts';
import { changeSpec } from '@picket/coordinator/operations/change-spec.ts';
import { type Decisions, decisions } from '@picket/coordinator/operations/decisions.ts';
import { deleteCluster } from '@picket/coordinator/operations/delete-cluster.ts';
import { evict } from '@picket/coordinator/operations/evict.ts';
import { hold } from '@picket/coordinator/operations/hold.ts';
import { restingProgress } from '@picket/coordinator/operations/mark-restored.ts';
import type { Operation } from '@picket/coordinator/operations/operation.ts';
import { release } from '@picket/coordinator/operations/release.ts';
import { replace } from '@picket/coordinator/operations/replace.ts';
import { reset } from '@picket/coordinator/operations/reset.ts';
import { restart } from '@picket/coordinator/operations/restart.ts';
import { restore } from '@picket/coordinator/operations/restore.ts';
import { snapshotTaken } from '@picket/coordinator/operations/snapshot-taken.ts';
import { steer } from '@picket/coordinator/operations/steer.ts';
import { unfreeze } from '@picket/coordinator/operations/unfreeze.ts';
import { upgrade } from '@picket/coordinator/operations/upgrade.ts';
import { vacate } from '@picket/coordinator/operations/vacate.ts';
import { type ClusterStatus, clusterStatus } from '@picket/coordinator/status/cluster-status.ts';
import { diagnosis } from '@picket/coordinator/status/diagnosis.ts';
import { firstToReadopt } from '@picket/coordinator/status/readoption-notices.ts';
import type { Finding } from '@picket/shared/diagnosis/diagnose.ts';
import { PicketError } from '@picket/shared/errors.ts';
import { eventInWords } from '@picket/shared/events/in-words.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { sampleSpec } from '../../packages/coordinator/test/controller/support/situations.ts';
import type { Lie } from './acts.ts';
import { type DesiredModel, holdSeconds } from './desired-state-model.ts';
import type { Violate } from './etcd-model.ts';
import type { Guards } from './guards.ts';
import { storedReleases } from './releases-model.ts';
import { type Sealee, sealOf } from './seals-model.ts';

export interface Publication {
  readonly epoch: Epoch | null;
  readonly generation: number;
  readonly seal: string;
  readonly priorSeals: readonly string[];
  readonly desired: DesiredModel;
}

export interface ReportMessage {
  readonly node: string;
  readonly machine: number;
  readonly run: number;
  readonly sequence: number;
  readonly status: NodeStatus;
  /** What of it is not so; the coordinator does not know. */
  readonly lie: Lie | null;
}

/** The adversary reaches so many. */
const mostMembers = 5;
/** As many names as there are: a member may be declared instead of each. */
export const mostNames = 9;

export type CrashPoint = 'before-commit' | 'after-commit';

/** A coordinator's disk. */
export interface Durable {
  restoration: Restoration | null;
  record: ClusterRecord;
  /** Those that were evicted too. */
  nodes: readonly NodeRecord[];
  /** By node. */
  publications: ReadonlyMap<string, PublicationRecord>;
  /** The latest, by node. */
  reports: ReadonlyMap<string, ReportRecord>;
}

/** The store of a coordinator that knows nobody yet. */
export function newStore(spec: ClusterSpec): Durable {
  const record = {
    id: 'c1',
    spec,
    progress: emptyProgress,
    conditions: noConditions,
    progressVersion: 0,
    createdAt: 0,
  };
  return { restoration: null, record, nodes: [], publications: new Map(), reports: new Map() };
}

/** What a restore makes of a backup, as `mark-restored.ts` does. */
export function restoredStore(backup: Durable, number: number, restoredAt: number): Durable {
  const { nodes, record } = backup;
  const restoration = {
    epoch: { number, name: `epoch${number}` },
    restoredAt,
    backupAt: restoredAt,
    awaited: standing(nodes).map(({ id }) => id),
    frozen: [record.spec.name],
  };
  const progress = restingProgress(record.progress, 'a backup');
  return { ...backup, restoration, record: { ...record, progress }, reports: new Map() };
}

/** Those that were not evicted. */
export function standing(nodes: readonly NodeRecord[]): readonly NodeRecord[] {
  return nodes.filter(({ evictedAt }) => evictedAt === null);
}

/** Each machine that is a member is a node. */
export function nodeId(node: string, machine: number): string {
  return `${node}-${machine}`;
}

function sealeeOf(id: string): Sealee {
  const at = id.lastIndexOf('-');
  return { node: id.slice(0, at), machine: Number(id.slice(at + 1)) };
}

/** Thrown where the coordinator's process dies; only what is durable is left. */
class Crash extends Error {}

export interface CoordinatorHooks {
  /** Since the world began; the clock of the coordinator may say something else. */
  readonly now: () => number;
  readonly violate: Violate;
  readonly tell: (what: string) => void;
  /** A node may see it from here on. */
  readonly published: (node: string, publication: Publication) => void;
  /** Just before a step is kept. */
  readonly steps: (step: Step, situation: Situation) => void;
}

/** Of an agent at rest. */
const reportEverySeconds = 10;
const by = 'an operator';
const stored = storedReleases();

const nodeFacts: MemberNode['facts'] = {
  name: 'pi',
  addresses: [],
  agentVersion: '0.1.0',
  etcdVersion: '3.5.16',
  os: 'Alpine Linux 3.23',
  arch: 'arm64',
  layout: { etcDir: '/etc/etcd', dataRoot: '/var/lib/etcd', logFile: '/var/log/etcd/etcd.log' },
};

/** A coordinator as it is, for one cluster, on a disk in memory. Its messages come and go in the world. */
export class CoordinatorModel {
  readonly inventory = 'inventory1';
  readonly durable: Durable;
  crashAt: CrashPoint | null = null;
  #up = false;
  #held: LoadedCluster;
  #statuses: StatusBoard;
  #publications: PublicationBoard;
  /** What nodes may see, by node. */
  #visible: Map<string, PublicationRecord>;
  #names = 0;
  #seals = 0;
  /** By each seal, that of the state which the store held before; no disk that is put back forgets it. */
  readonly #sealBefore = new Map<string, string | null>();
  /** By how much the coordinator's clock is ahead. */
  #ahead = 0;
  /** When everything that was due was last done. */
  #decidedAt = Number.NEGATIVE_INFINITY;
  /** The members that were declared before the last change of them. */
  #membersBefore: ClusterSpec['members'] | null = null;
  /** What a decision was last made on. */
  #judged: Situation | null = null;
  /** When nodes that wait for re-adoption were heard, by node. */
  readonly #contacts = new Map<string, number>();
  readonly #hooks: CoordinatorHooks;
  readonly #guards: Guards;
  #deps: TurnDeps;

  constructor(store: Durable, hooks: CoordinatorHooks, guards: Guards) {
    this.durable = store;
    this.#hooks = hooks;
    this.#guards = guards;
    this.#statuses = this.#boardOf([]);
    this.#publications = publicationBoard([]);
    this.#visible = new Map();
    this.#deps = this.#turnDeps();
    this.#held = this.#begin();
  }

  get up(): boolean {
    return this.#up;
  }

  get now(): number {
    return this.#hooks.now() + this.#ahead;
  }

  get spec(): ClusterSpec {
    return this.durable.record.spec;
  }

  get progress(): ClusterProgress {
    return this.durable.record.progress;
  }

  get waits(): readonly Reason[] {
    return this.#held.waits;
  }

  get epoch(): Epoch | null {
    return this.durable.restoration?.epoch ?? null;
  }

  /** The progress is still that of a backup. */
  get rests(): boolean {
    return this.durable.restoration?.frozen.includes(this.spec.name) === true;
  }

  awaits(node: string): boolean {
    return this.durable.restoration?.awaited.includes(this.idOf(node)) === true;
  }

  knows(node: string): boolean {
    return this.#nodeOf(node) !== undefined;
  }

  /** The machine that is this member, for this coordinator; 0 where none is. */
  machineOf(node: string): number {
    const { id } = this.#nodeOf(node) ?? {};
    return id === undefined ? 0 : sealeeOf(id).machine;
  }

  /** This machine was a member, and its node was evicted. */
  hasReleased(node: string, machine: number): boolean {
    return this.durable.nodes.some(({ id, evictedAt }) => id === nodeId(node, machine) && evictedAt !== null);
  }

  /** This machine joined after the backup from which this coordinator was restored. */
  isOlderThanJoin(node: string, machine: number): boolean {
    return this.epoch !== null && this.durable.nodes.every(({ id }) => id !== nodeId(node, machine));
  }

  /** A machine may join as this member. */
  hasPlaceFor(node: string): boolean {
    return !this.knows(node) && this.spec.members.some(({ name }) => name === node);
  }

  /** Whether a poll of this node gets an answer at all. */
  answers(node: string, machine: number): boolean {
    if (!this.#up || this.progress.frozen !== null || this.isQuarantined(node)) return false;
    return !this.awaits(node) && this.machineOf(node) === machine;
  }

  /** Its clock was never set: what it takes for fresh is. */
  get isOnTime(): boolean {
    return this.#ahead === 0;
  }

  isQuarantined(node: string): boolean {
    return quarantineOf(this.progress, this.idOf(node)) !== null;
  }

  #nodeOf(node: string): MemberNode | undefined {
    return this.durable.nodes.findLast(
      (one): one is MemberNode => one.kind === 'member' && one.member === node && one.evictedAt === null,
    );
  }

  /** Its node, for this coordinator. */
  idOf(node: string): string {
    return nodeId(node, this.machineOf(node));
  }

  visible(node: string): Publication | null {
    const record = this.#visible.get(this.idOf(node));
    return record === undefined ? null : publicationOf(record);
  }

  /** Whether its store held the state of `earlier` when it published that of `seal`, or some time before. */
  publishedAfter(seal: string, earlier: string): boolean {
    let one: string | null = seal;
    while (one !== null && one !== earlier) one = this.#sealBefore.get(one) ?? null;
    return one === earlier;
  }

  /** The disk of this very coordinator is put back to what it held before. */
  rollBack(copy: Durable): void {
    this.crash();
    Object.assign(this.durable, copy);
    this.start();
  }

  crash(): void {
    this.#up = false;
    this.crashAt = null;
    this.#statuses = this.#boardOf([]);
    this.#visible = new Map();
  }

  start(): void {
    if (this.#up) return;
    this.#held = this.#begin();
    if (this.progress.frozen === null) {
      for (const record of this.#visible.values()) {
        const { node, machine } = sealeeOf(record.nodeId);
        if (this.machineOf(node) === machine && !this.isQuarantined(node))
          this.#hooks.published(node, publicationOf(record));
      }
    }
    this.advance();
  }

  #boardOf(records: readonly ReportRecord[]): StatusBoard {
    return statusBoard(records, { now: () => this.now, monotonic: () => this.#hooks.now(), process: 'process1' });
  }

  #begin(): LoadedCluster {
    const { record, nodes, publications, reports } = this.durable;
    this.#up = true;
    this.#deps = this.#turnDeps();
    this.#visible = new Map(publications);
    this.#publications = publicationBoard([...publications.values()]);
    this.#statuses = this.#boardOf([...reports.values()]);
    return loadedCluster(this.#deps, record, nodes);
  }

  /** Reports are kept in batches, now and then. */
  flush(): void {
    if (!this.#up) return;
    const kept = this.#statuses.takeUnkept(Number.POSITIVE_INFINITY, 'due').map((one) => [one.nodeId, one] as const);
    this.durable.reports = new Map([...this.durable.reports, ...kept]);
  }

  /** The clock is set ahead, or back. */
  setClock(seconds: number): void {
    this.#ahead += seconds * 1000;
  }

  /** The node joins again with a new token: a new run of its agent counts from there on. */
  rejoin(node: string): void {
    this.#statuses.forget(this.idOf(node));
  }

  join(node: string, machine: number): void {
    // Nobody is admitted to a deleted cluster.
    if (this.knows(node) || this.progress.deletion !== null) return;
    const also = [{ kind: 'node', is: 'new', node: this.#newNode(node, machine) } as const];
    this.#run({ decide: () => ({ also, result: undefined }) });
  }

  /** A machine of which {@link isOlderThanJoin} is true joins with a new token, and stays the same node. */
  joinAgain(node: string, machine: number): void {
    const { restoration } = this.durable;
    if (restoration === null || this.progress.deletion !== null) return;
    // As `join-node.ts` dates it: its first state counts on from what it has seen.
    const joined = { ...this.#newNode(node, machine), joinedAt: restoration.restoredAt - 1 };
    this.#run({ decide: () => ({ also: [{ kind: 'node', is: 'new', node: joined }], result: undefined }) });
  }

  /** Another machine joins as this member, by a token for it alone. */
  takeIn(node: string, machine: number): void {
    const other = this.#nodeOf(node);
    if (other === undefined || this.rests || this.progress.deletion !== null) return;
    const why = reason('place_taken', { nodeId: other.id, token: 'none' });
    this.#run({
      decide: (situation) => ({
        progress: vacate(situation, other, why),
        also: [
          { kind: 'eviction', nodeId: other.id },
          { kind: 'node', is: 'new', node: this.#newNode(node, machine) },
        ],
        result: undefined,
      }),
    });
  }

  #newNode(member: string, machine: number): NewNode {
    const id = nodeId(member, machine);
    return {
      kind: 'member',
      id,
      member,
      facts: nodeFacts,
      cluster: this.spec.name,
      joinedAt: this.now,
      tokenId: '',
      spkiHash: id,
    };
  }

  /** An operator takes a node up again. */
  readopt(id: string): void {
    const { restoration } = this.durable;
    if (!this.#up || restoration?.awaited.includes(id) !== true || !this.#contacts.has(id)) return;
    this.#hooks.tell(`${sealeeOf(id).node} is re-adopted`);
    this.durable.restoration = { ...restoration, awaited: restoration.awaited.filter((one) => one !== id) };
    this.#run(nodeReadopted);
  }

  /** An operator ends the incarnation of a member; whether it was allowed. */
  replace(node: string, force: boolean): boolean {
    return this.#run(replace(node, { by, force }), `an operator replaces ${node}`);
  }

  /** An operator restarts the etcd of a member; whether it was allowed. */
  restart(node: string): boolean {
    return this.#run(restart(node, { by }), `an operator restarts ${node}`);
  }

  /** An operator holds a member, with its etcd stopped, or extends its hold; whether it was allowed. */
  hold(node: string): boolean {
    return this.#run(
      hold(node, { by, why: null, seconds: holdSeconds, stop: true, place: 'elsewhere' }),
      `an operator holds ${node}`,
    );
  }

  /** Whether it was held. */
  release(node: string): boolean {
    return this.#run(release(node, { by }), `an operator releases ${node}`);
  }

  /** An operator says that a machine, which is switched off, is lost; its place is free for another. */
  evictLost(node: string): boolean {
    return this.#run(evict(this.idOf(node), { by, says: 'lost' }), `an operator says that ${node} is lost`);
  }

  changeSpec(change: (spec: ClusterSpec, begun: Begun) => ClusterSpec): void {
    this.#run(changeSpec(this.spec.revision, by, change, stored));
  }

  /** An operator upgrades the cluster to this version of etcd; whether it was allowed. */
  upgrade(to: string, pauses: readonly UpgradePause[]): boolean {
    const order = upgrade('up', { to, pauses: [...pauses] }, { expected: this.spec.revision, by, releases: stored });
    return this.#run(order, `an operator upgrades the cluster to etcd ${to}`);
  }

  /** An operator brings the cluster back to this earlier version of etcd; whether it was allowed. */
  downgrade(to: string): boolean {
    const order = upgrade('down', { to }, { expected: this.spec.revision, by, releases: stored });
    return this.#run(order, `an operator brings the cluster back to etcd ${to}`);
  }

  /** An operator declares this release of etcd, or the `package`. */
  declareEtcd(version: string): void {
    this.changeSpec(({ etcd: _former, ...spec }) => {
      return version === 'package' ? spec : { ...spec, etcd: { source: 'release', version } };
    });
  }

  /** An operator declares this many members more, up to five. */
  grow(by: number): void {
    const { members } = this.spec;
    if (members.length + by <= mostMembers) this.#declare([...members, ...this.#undeclared().slice(0, by)]);
  }

  /** An operator takes this many members out of the spec, the last ones; whether it was allowed. */
  shrink(by: number): void {
    const { members } = this.spec;
    if (members.length > by) this.#declare(members.slice(0, -by));
  }

  /** An operator takes this many members out of the spec, from this one on, and declares others in the same revision. */
  exchange(name: string, out: number, more: number): void {
    const { members } = this.spec;
    const at = members.findIndex((one) => one.name === name);
    const gone = [...members.slice(at), ...members].slice(0, out);
    const staying = members.filter((one) => !gone.includes(one));
    const newcomers = this.#undeclared().slice(0, gone.length + more);
    const after = [...staying, ...newcomers];
    if (after.length > 0 && after.length <= mostMembers) this.#declare(after);
  }

  /** An operator declares the member with this address, too. */
  declareAt(peerUrls: readonly string[]): void {
    const member = this.#undeclared().find((one) => peerUrls.includes(peerUrlOf(this.spec, one)));
    if (member !== undefined) this.#declare([...this.spec.members, member]);
  }

  /** An operator changes their mind. */
  revertMembers(): void {
    if (this.#membersBefore !== null) this.#declare(this.#membersBefore);
  }

  #declare(members: ClusterSpec['members']): void {
    const before = this.spec.members;
    this.changeSpec((spec, begun) => changedSpec(spec, { members: [...members] }, begun));
    if (this.spec.members !== before) this.#membersBefore = before;
  }

  /** First those that etcd has not had yet, or no longer has. */
  #undeclared(): ClusterSpec['members'] {
    const { members, departing } = this.progress;
    const others = sampleSpec({ members: mostNames }).members.filter(
      ({ name }) => !this.spec.members.some((one) => one.name === name),
    );
    const isLiving = ({ name }: ClusterSpec['members'][number]) =>
      members[name] !== undefined || departing[name] !== undefined;
    return [...others.filter((one) => !isLiving(one)), ...others.filter(isLiving)];
  }

  /** An operator's word on the rollout; whether it was allowed. */
  steer(order: 'pause' | 'resume' | 'abort'): boolean {
    return this.#run(steer(order, { expected: null, by }));
  }

  /** An operator unfreezes a frozen cluster, before anything is published. */
  unfreeze(): void {
    this.#run(unfreeze(by), 'the cluster is no longer frozen');
  }

  /** Whether it was allowed. */
  reset(): boolean {
    return this.#run(reset({ by, confirm: this.spec.name }));
  }

  /** An operator deletes the cluster, without a snapshot: nobody takes one here. Whether it was allowed. */
  deleteCluster(force: boolean): boolean {
    const { name } = this.spec;
    const order = { by, filedAs: `${name}-deleted`, confirm: name, withoutSnapshot: true, force };
    return this.#run(deleteCluster(order), 'an operator deletes the cluster');
  }

  /**
   * An operator restores a snapshot, perhaps in place of a restore that runs; whether it was allowed. One that rests is restored by
   * force alone.
   */
  restoreSnapshot(force = false): boolean {
    if (this.rests) return false;
    const source = { snapshot: 'snapshot0001', takenAt: 0, sizeBytes: 1, sha256: '0' };
    return this.#run(restore(source, { by, force, confirm: null, insteadOf: source.snapshot }));
  }

  /** An operator orders a snapshot without a quorum; the member that is to give it, or null if that is refused. */
  takeWithoutQuorum(): string | null {
    if (!this.#run(this.#guards.takeWithoutQuorum(by))) return null;
    return this.progress.snapshots.task?.executor ?? null;
  }

  /** The snapshot that was ordered is here. */
  snapshotTaken(): void {
    const { task } = this.progress.snapshots;
    if (task === null) return;
    const { id, executor } = task;
    const of = { cluster: this.spec.name, clusterId: this.progress.formation?.clusterId ?? '', member: executor };
    this.#run(snapshotTaken({ id, takenAt: this.now, ...of } as SnapshotRecord));
  }

  /** What this node has said last. */
  said(node: string): NodeStatus | null {
    return this.#statuses.latest(this.idOf(node))?.status ?? null;
  }

  /** What operators see of the cluster now. */
  shown(): { readonly status: ClusterStatus; readonly findings: readonly Finding[] } {
    const { record, nodes, waits, unrendered, clockSetAt } = this.#held;
    const observed = observe(this.#deps, nodes, record.progress);
    const cluster: ClusterSituation = {
      ...{ record, nodes, waits, unrendered, status: observed },
      ...{ runsFor: runsFor(this.#deps, this.#held), clockWasSet: clockSetAt > this.#deps.beganAt },
    };
    const toReadopt = standing(nodes)
      .filter(({ id }) => this.#deps.restoration.awaits(id))
      .map(({ id }) => reason('node_to_readopt', { name: sealeeOf(id).node, nodeId: id, keys: 1, isKnown: true }));
    const listener = {
      ...{ runsFor: cluster.runsFor, clockWasSet: cluster.clockWasSet, reportEverySeconds },
      awaited: firstToReadopt(toReadopt),
    };
    const more = { toReadopt, rests: this.rests, others: [] };
    const status = clusterStatus(cluster, this.now, listener, () => null, more);
    return { status, findings: diagnosis(cluster, status, { count: 0, at: null }, this.now).findings };
  }

  /** Whether it was taken in. */
  accept({ node, machine, run, sequence, status }: ReportMessage): boolean {
    if (!this.#up || this.machineOf(node) !== machine) return false;
    const id = nodeId(node, machine);
    const before = this.#statuses.latest(id);
    if (this.awaits(node)) this.#contacts.set(id, this.now);
    try {
      this.#statuses.accept(id, { run, sequence, basis: null, changed: status });
    } catch (error) {
      if (error instanceof PicketError) return false;
      throw error;
    }
    if (this.#statuses.latest(id) === before) return false;
    this.advance();
    return true;
  }

  advance(): void {
    this.#guarded(() => this.#settle());
  }

  /** Before a node is answered, as `executor.ts` does it. */
  keepUp(): void {
    if (this.#guards.keepsUp && this.#hooks.now() - this.#decidedAt > decisionGoodFor) this.advance();
  }

  #settle(): void {
    this.#drive(settle(this.#deps, this.#held));
    this.#decidedAt = this.#hooks.now();
  }

  /** Whether it was allowed; what a crash leaves of it is on the disk. */
  #run({ decide, ...rest }: Operation<unknown>, told?: string): boolean {
    let allowed = this.#up;
    const operation: Operation<unknown> = {
      ...rest,
      decide: (situation) => {
        const { spec, progress, status, now } = situation;
        this.#judged = { spec, progress, status, now };
        return decide(situation);
      },
    };
    this.#guarded(() => {
      try {
        this.#drive(perform(this.#deps, this.#held, operation));
      } catch (error) {
        if (!(error instanceof PicketError)) throw error;
        allowed = false;
        return;
      }
      if (told !== undefined) this.#hooks.tell(told);
      this.#settle();
    });
    return allowed;
  }

  #guarded(work: () => void): void {
    if (!this.#up) return;
    try {
      work();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.#hooks.tell('the coordinator crashes');
      this.crash();
    }
  }

  #drive<Result>(turn: Turn<Result>): Result {
    let next = turn.next();
    while (next.done !== true) next = turn.next(this.#keep(next.value));
    return next.value;
  }

  /** Everything in one transaction; only then does a node see it. */
  #keep(request: Request): Answer {
    if (!('commit' in request)) throw new Error('nothing here is read from a store');
    const { commit } = request;
    if (this.#guards.publishesFirst) for (const publication of commit.publications) this.#show(publication);
    this.#fail('before-commit');
    for (const { nodeId: id, document } of commit.publications)
      this.#sealBefore.set(document.seal, this.durable.publications.get(id)?.document.seal ?? null);
    Object.assign(this.durable, kept(this.durable, commit));
    this.#fail('after-commit');
    return { commit, nodes: this.durable.nodes };
  }

  #show(publication: PublicationRecord): void {
    this.#publications.put(publication);
    this.#visible.set(publication.nodeId, publication);
    this.#hooks.published(sealeeOf(publication.nodeId).node, publicationOf(publication));
  }

  #fail(point: CrashPoint): void {
    if (this.crashAt !== point) return;
    throw new Crash(point);
  }

  #turnDeps(): TurnDeps {
    const { durable } = this;
    return {
      inventory: { id: this.inventory },
      now: () => this.now,
      monotonic: () => this.#hooks.now(),
      beganAt: this.#hooks.now(),
      statuses: {
        latest: (id) => this.#statuses.latest(id),
        clockSet: (id) => this.#statuses.clockSet(id),
      },
      publications: {
        current: (id) => this.#publications.current(id),
        generation: (id) => this.#publications.generation(id),
        put: (publication) => this.#show(publication),
      },
      restoration: {
        get current() {
          return durable.restoration;
        },
        get epoch() {
          return durable.restoration?.epoch ?? null;
        },
        awaits: (id) => this.durable.restoration?.awaited.includes(id) === true,
        rests: () => this.rests,
      },
      lastSeen: (id) => this.#contacts.get(id) ?? null,
      seals: {
        of: ({ nodeId: id, ...followed }) => {
          this.#seals += 1;
          return sealOf(followed, sealeeOf(id), this.#seals);
        },
        isOf: (seal, { nodeId: id, ...followed }) => this.#guards.isSealed(seal, followed, sealeeOf(id)),
      },
      trust: () => ({ control: '', client: '', peer: '' }),
      freshNames: () => this.#freshNames(),
      decisions: this.#decisions(),
    };
  }

  #freshNames() {
    this.#names += 1;
    const of = this.epoch === null ? '' : `-${this.epoch.name}`;
    const serial = `${String(this.#names).padStart(4, '0')}${of}`;
    return { incarnation: `life${serial}`, nonce: `n${serial}`, id: `step${serial}` };
  }

  #decisions(): Decisions {
    const guards = this.#guards;
    return {
      ...decisions,
      nextStep: (spec, status, progress, now) => {
        this.#judged = { spec, status, progress, now };
        return guards.next(spec, status, progress, now);
      },
      applyStep: (progress, step, ...rest) => {
        if (this.#judged !== null) this.#hooks.steps(step, this.#judged);
        this.#hooks.tell(eventInWords(stepEvent(step)));
        return guards.apply(progress, step, ...rest);
      },
      takeOver: (situation) => {
        const taken = guards.takeOver(situation);
        if (taken.ok) this.#hooks.tell(`taken over: ${taken.changes.map(inWords).join('; ')}`);
        return taken;
      },
      afterStart: guards.afterStart,
      afterClockStep: guards.afterClockStep,
      resetFormation: guards.reset,
      replaced: guards.replaced,
      vacated: guards.vacated,
      restoreFrom: guards.restoreFrom,
      mayThaw: guards.mayThaw,
      // Events decide nothing.
      conditionsNow: (_, conditions, unrecorded) => ({ conditions, unrecorded, events: [] }),
      // Nobody here says more than that.
      withExcerpts: (status) => status,
      mayPublish: (progress) => guards.publishesFrozen || decisions.mayPublish(progress),
      // No certificates, and no conf.yml: the part that sets something going.
      stateOf: (spec, progress, node) =>
        node.kind === 'client'
          ? null
          : (guards.desired(spec, progress, node.member) as unknown as ReturnType<Decisions['stateOf']>),
    };
  }
}

function publicationOf({ generation, document }: PublicationRecord): Publication {
  const { epoch = null, seal, priorSeals } = document;
  return { epoch, generation, seal, priorSeals, desired: document as unknown as DesiredModel };
}

/** The disk after a commit, as `keep-commit.ts` writes it. */
function kept(disk: Durable, { record, also, publications, at }: Commit): Partial<Durable> {
  let { nodes, restoration } = disk;
  for (const one of also) {
    if (one.kind === 'eviction')
      nodes = nodes.map((node) => (node.id === one.nodeId ? { ...node, evictedAt: at } : node));
    if (one.kind === 'node' && one.is === 'new') {
      const { length } = nodes;
      nodes = [...nodes, { ...one.node, joinOrder: length + 1, identityGeneration: 1, frozen: null, evictedAt: null }];
    }
    if (one.kind === 'rests-no-more') restoration = restoration && { ...restoration, frozen: [] };
  }
  const published = publications.map((one) => [one.nodeId, one] as const);
  return {
    record,
    nodes,
    restoration,
    publications: published.length === 0 ? disk.publications : new Map([...disk.publications, ...published]),
  };
}
