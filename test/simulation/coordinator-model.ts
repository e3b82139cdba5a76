import { isDeepStrictEqual } from 'node:util';
import { declaredLost } from '@picket/coordinator/controller/replacement/declare-lost.ts';
import { thawed } from '@picket/coordinator/controller/safety/thawed.ts';
import { type Claim, claimOf, type Followed, isFollowingEarlier } from '@picket/coordinator/model/claims.ts';
import type { ClusterStatus } from '@picket/coordinator/model/cluster-status.ts';
import { clockStepFrom, freshFor, longestAgentPause } from '@picket/coordinator/model/limits.ts';
import { type ClusterProgress, emptyProgress, type Step } from '@picket/coordinator/model/progress.ts';
import { quarantineOf, withoutClaims } from '@picket/coordinator/model/quarantine.ts';
import type { Situation } from '@picket/coordinator/model/situation.ts';
import { stepEvent } from '@picket/coordinator/model/step-event.ts';
import { requireUnheard } from '@picket/coordinator/operations/require-unheard.ts';
import { steered } from '@picket/coordinator/operations/steer.ts';
import { eventInWords } from '@picket/shared/events/in-words.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Lie } from './acts.ts';
import type { DesiredModel } from './desired-state-model.ts';
import type { Violate } from './etcd-model.ts';
import type { Guards } from './guards.ts';
import { sealOf } from './seals-model.ts';

export interface Publication {
  readonly epoch: Epoch | null;
  readonly generation: number;
  readonly seal: string;
  readonly desired: DesiredModel;
}

export function etagOf({ epoch, generation }: Pick<Publication, 'epoch' | 'generation'>): string {
  return `${epoch?.name ?? ''}-${generation}`;
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

interface LatestStatus {
  readonly run: number | null;
  readonly sequence: number;
  readonly receivedAt: number;
  readonly healthySince: number | null;
  readonly ailingSince: number | null;
  readonly status: NodeStatus;
}

export type CrashPoint = 'before-commit' | 'after-commit';

/** Of a store that comes from a backup. */
interface Restoration {
  readonly epoch: Epoch;
  /** Nodes that no operator has taken up again. */
  readonly awaited: readonly string[];
  /** The progress is still that of the backup. */
  readonly rests: boolean;
  /** The nodes that the backup knows. */
  readonly known: readonly string[];
}

export interface Durable {
  restoration: Restoration | null;
  spec: ClusterSpec;
  progress: ClusterProgress;
  joins: readonly string[];
  /** Of members that are on another machine than the first: which. */
  machines: Readonly<Record<string, number>>;
  publications: ReadonlyMap<string, Publication>;
  reports: ReadonlyMap<string, LatestStatus>;
}

/** The store of a coordinator that knows nobody yet. */
export function newStore(spec: ClusterSpec): Durable {
  return {
    restoration: null,
    spec,
    progress: emptyProgress,
    joins: [],
    machines: {},
    publications: new Map(),
    reports: new Map(),
  };
}

/** What a restore makes of a backup, as `mark-restored.ts` does. */
export function restoredStore(backup: Durable, number: number): Durable {
  const { joins, progress } = backup;
  const epoch = { number, name: `epoch${number}` };
  return {
    ...backup,
    restoration: { epoch, awaited: joins, rests: true, known: joins },
    progress: { ...thawed(progress), frozen: reason('rests_after_restore'), assignment: null, permit: null },
    reports: new Map(),
  };
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

/** Far above what one situation can call for. */
const mostStepsAtOnce = 30;

/** A coordinator with the real controller; what is around that is as in `executor.ts`, for one cluster. */
export class CoordinatorModel {
  readonly inventory = 'inventory1';
  readonly durable: Durable;
  crashAt: CrashPoint | null = null;
  waits: readonly Reason[] = [];
  #up = true;
  #visible = new Map<string, Publication>();
  #latest = new Map<string, LatestStatus>();
  #names = 0;
  /** By how much the coordinator's clock is ahead. */
  #ahead = 0;
  /** By the clock that nobody sets. */
  #beganAt: number;
  #clockSetAt = Number.NEGATIVE_INFINITY;
  /** When nodes were heard that are to be taken up again. */
  readonly #knocks = new Map<string, number>();
  readonly #hooks: CoordinatorHooks;
  readonly #guards: Guards;

  constructor(store: Durable, hooks: CoordinatorHooks, guards: Guards) {
    this.durable = store;
    this.#visible = new Map(store.publications);
    this.#beganAt = hooks.now();
    this.#hooks = hooks;
    this.#guards = guards;
  }

  get up(): boolean {
    return this.#up;
  }

  get now(): number {
    return this.#hooks.now() + this.#ahead;
  }

  get progress(): ClusterProgress {
    return this.durable.progress;
  }

  get epoch(): Epoch | null {
    return this.durable.restoration?.epoch ?? null;
  }

  awaits(node: string): boolean {
    return this.durable.restoration?.awaited.includes(node) === true;
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
    return quarantineOf(this.progress, this.#idOf(node)) !== null;
  }

  /** Another machine is another node. */
  #idOf(node: string): string {
    return `${node}-${this.machineOf(node)}`;
  }

  /** What it claims beyond what was published to it; nothing where it is to be told for the first time since a restore. */
  #claimBy(node: string): Claim | null {
    const latest = this.#latest.get(node);
    if (latest === undefined || this.awaits(node) || this.#isOwed(node)) return null;
    return claimOf(latest.status, this.#publishedTo(node), this.#isSealedFor(node));
  }

  /** Whether it is to be told a generation above what a coordinator from before the restore has told it. */
  #followsEarlier(node: string): boolean {
    const latest = this.#latest.get(node);
    if (latest === undefined || this.epoch === null || this.awaits(node) || this.#isOwed(node)) return false;
    return isFollowingEarlier(latest.status.agent, this.#publishedTo(node), this.#isSealedFor(node));
  }

  #publishedTo(node: string): Followed {
    const { inventory, epoch } = this;
    return { inventory, epoch, generation: this.#visible.get(node)?.generation ?? 0 };
  }

  #isSealedFor(node: string) {
    const sealee = { node, machine: this.machineOf(node) };
    return (followed: Followed, seal: string) => this.#guards.isSealed(seal, followed, sealee);
  }

  /** The disk of this very coordinator is put back to what it held before. */
  rollBack(copy: Durable): void {
    this.crash();
    Object.assign(this.durable, copy);
    this.start();
  }

  /** The node joins again with a new token: a new run of its agent counts from there on. */
  rejoin(node: string): void {
    this.#latest.delete(node);
  }

  /** The machine that is this member, for this coordinator. */
  machineOf(node: string): number {
    return this.durable.machines[node] ?? 1;
  }

  /** An operator takes a node up again. */
  readopt(node: string): void {
    const { restoration } = this.durable;
    if (!this.#up || restoration === null || !this.#knocks.has(node)) return;
    const awaited = restoration.awaited.filter((one) => one !== node);
    if (awaited.length === restoration.awaited.length) return;
    this.#hooks.tell(`${node} is taken up again`);
    this.durable.restoration = { ...restoration, awaited };
    this.advance();
  }

  visible(node: string): Publication | null {
    return this.#visible.get(node) ?? null;
  }

  crash(): void {
    this.#up = false;
    this.crashAt = null;
    this.#latest = new Map();
    this.#visible = new Map();
  }

  start(): void {
    if (this.#up) return;
    this.#up = true;
    this.#beganAt = this.#hooks.now();
    this.durable.progress = this.#guards.afterStart(this.progress, this.now);
    this.#visible = new Map(this.durable.publications);
    this.#latest = new Map(
      [...this.durable.reports].map(([node, report]) => [
        node,
        { ...report, run: null, healthySince: null, ailingSince: null },
      ]),
    );
    const shown = [...this.#visible].filter(([node]) => !this.isQuarantined(node));
    if (this.progress.frozen === null) this.#show(new Map(shown));
    this.advance();
  }

  /** Reports are kept in batches, now and then. */
  flush(): void {
    if (this.#up) this.durable.reports = new Map(this.#latest);
  }

  join(node: string): void {
    if (!this.#up || this.durable.joins.includes(node)) return;
    this.durable.joins = [...this.durable.joins, node];
    this.#guarded(() => {
      this.#commit(this.durable.spec, this.progress);
      this.#settle();
    });
  }

  /** An operator ends the life of a member; whether it was allowed. */
  replace(node: string, force: boolean): boolean {
    if (!this.#up) return false;
    let progress: ClusterProgress;
    try {
      progress = this.#guards.replaced(this.#situation(), node, {
        reason: reason('replaced_by', { by: 'an operator' }),
        force,
      });
    } catch {
      return false;
    }
    this.#hooks.tell(`an operator replaces ${node}`);
    this.#guarded(() => {
      this.#commit(this.durable.spec, progress);
      this.#settle();
    });
    return true;
  }

  /** Another machine joins as this member, by a token for it alone. */
  takeIn(node: string, machine: number): void {
    if (!this.#up || this.durable.restoration?.rests === true) return;
    let progress: ClusterProgress;
    try {
      const lastHeard = () => ({
        report: this.#latest.get(node)?.receivedAt ?? null,
        knock: this.#knocks.get(node) ?? null,
      });
      const runsFor = this.#hooks.now() - Math.max(this.#beganAt, this.#clockSetAt);
      const { spec } = this.durable;
      requireUnheard({ spec, now: this.now, runsFor, lastHeard }, { nodeId: node, name: node }, 'member_heard');
      progress = this.#guards.vacated(
        this.#situation(),
        node,
        reason('place_taken', { nodeId: 'another', token: 'none' }),
      );
    } catch {
      return;
    }
    this.#guarded(() => {
      this.#fail('before-commit');
      const { publications, reports, machines, restoration } = this.durable;
      Object.assign(this.durable, {
        progress,
        restoration: restoration && withoutNode(restoration, node),
        machines: { ...machines, [node]: machine },
        publications: without(publications, node),
        reports: without(reports, node),
      });
      for (const held of [this.#visible, this.#latest, this.#knocks]) held.delete(node);
      this.#fail('after-commit');
      this.#commit(this.durable.spec, progress);
      this.#settle();
    });
  }

  /** An operator says that a machine, which is switched off, is lost; its place is free for another. */
  evictLost(node: string, next: number): void {
    if (!this.#up) return;
    const progress = declaredLost(
      this.#situation(),
      node,
      this.#idOf(node),
      reason('said_lost', { by: 'an operator' }),
    );
    const { joins, publications, reports, machines, restoration } = this.durable;
    Object.assign(this.durable, {
      progress,
      joins: joins.filter((one) => one !== node),
      restoration: restoration && withoutNode(restoration, node),
      machines: { ...machines, [node]: next },
      publications: without(publications, node),
      reports: without(reports, node),
    });
    for (const held of [this.#visible, this.#latest, this.#knocks]) held.delete(node);
    this.advance();
  }

  #situation(): Situation {
    const { spec, progress } = this.durable;
    return { spec, progress, status: this.observe(), now: this.now };
  }

  /** The clock is set ahead, or back. */
  setClock(seconds: number): void {
    const byMs = seconds * 1000;
    this.#ahead += byMs;
    if (!this.#up || Math.abs(byMs) < clockStepFrom) return;
    this.#clockSetAt = this.#hooks.now();
    this.durable.progress = this.#guards.afterClockStep(this.progress, byMs);
    for (const [node, latest] of this.#latest)
      this.#latest.set(node, { ...latest, healthySince: null, ailingSince: null });
  }

  changeSpec(change: (spec: ClusterSpec) => ClusterSpec): void {
    if (this.progress.frozen !== null) return;
    this.#guarded(() => {
      const { spec } = this.durable;
      this.#commit({ ...change(spec), revision: spec.revision + 1 }, this.progress);
      this.#settle();
    });
  }

  /** An operator's word on the rollout; whether it was allowed. */
  steer(order: 'pause' | 'resume' | 'abort'): boolean {
    if (!this.#up || this.progress.frozen !== null) return false;
    let after: Partial<Pick<Situation, 'spec' | 'progress'>>;
    try {
      after = steered(this.durable, order);
    } catch {
      return false;
    }
    this.#guarded(() => {
      this.#commit(after.spec ?? this.durable.spec, after.progress ?? this.progress);
      this.#settle();
    });
    return true;
  }

  /** An operator lets a frozen cluster be judged anew, before anything is published. */
  unfreeze(): void {
    if (!this.#up || this.progress.frozen === null || this.durable.restoration?.rests === true) return;
    const { spec } = this.durable;
    const thawed = { ...this.progress, frozen: null };
    if (!this.#guards.mayThaw(this.progress)) return;
    if (this.#guards.next(spec, this.observe(), thawed, this.now).step?.kind === 'freeze') return;
    this.#hooks.tell('the cluster is no longer frozen');
    this.#guarded(() => {
      this.#commit(spec, thawed);
      this.#settle();
    });
  }

  /** Whether it was allowed. */
  reset(): boolean {
    if (!this.#up) return false;
    let progress: ClusterProgress;
    try {
      progress = this.#guards.reset(this.progress, this.durable.spec.name, this.observe());
    } catch {
      return false;
    }
    this.#guarded(() => {
      this.#commit(this.durable.spec, progress);
      this.#settle();
    });
    return true;
  }

  /** An operator restores a snapshot without force; whether it was allowed. One that rests is restored by force alone. */
  restoreSnapshot(): boolean {
    if (!this.#up || this.durable.restoration?.rests === true) return false;
    const source = { snapshot: 'snapshot0001', takenAt: 0, sizeBytes: 1, sha256: '0' };
    let progress: ClusterProgress;
    try {
      const knocking = this.#knocking(freshFor + longestAgentPause);
      progress = this.#guards.restoreFrom({ ...this.#situation(), knocking }, source, { force: false, confirm: null });
    } catch {
      return false;
    }
    this.#guarded(() => {
      this.#commit(this.durable.spec, progress);
      this.#settle();
    });
    return true;
  }

  /** Whether it was taken in. */
  accept({ node, machine, run, sequence, status }: ReportMessage): boolean {
    const before = this.#latest.get(node);
    if (!this.#up || !this.durable.joins.includes(node) || this.machineOf(node) !== machine) return false;
    if (
      before !== undefined &&
      before.run !== null &&
      (run < before.run || (run === before.run && sequence <= before.sequence))
    )
      return false;
    const now = this.now;
    const healthy = status.etcd?.healthy === true && status.service.state === 'running';
    const sameLife = before?.status.service.restarts === status.service.restarts;
    const healthySince = healthy ? Math.min((sameLife ? before?.healthySince : null) ?? now, now) : null;
    const ailingSince = healthy ? null : Math.min(before?.ailingSince ?? now, now);
    if (this.awaits(node)) this.#knocks.set(node, now);
    this.#latest.set(node, { run, sequence, receivedAt: now, healthySince, ailingSince, status });
    this.advance();
    return true;
  }

  advance(): void {
    this.#guarded(() => this.#settle());
  }

  observe(takingOver = false): ClusterStatus {
    const { epoch } = this;
    return {
      clients: {},
      nodes: Object.fromEntries(
        this.durable.joins.map((node, index) => {
          const claim = takingOver ? null : this.#claimBy(node);
          const uncounted = this.awaits(node) || (!takingOver && (this.#isOwed(node) || this.#followsEarlier(node)));
          const latest = uncounted ? undefined : this.#latest.get(node);
          const observation = {
            ...(epoch === null ? {} : { epoch }),
            ...(uncounted ? { uncounted: reason('readopted_and_not_told') } : {}),
            ...(claim === null ? {} : { claim }),
            nodeId: this.#idOf(node),
            joinOrder: index + 1,
            inventory: this.inventory,
            generation: this.#visible.get(node)?.generation ?? 0,
            receivedAt: latest?.receivedAt ?? null,
            healthySince: latest?.healthySince ?? null,
            ailingSince: latest?.ailingSince ?? null,
            status: latest?.status ?? null,
          };
          return [node, withoutClaims(observation, this.progress)] as const;
        }),
      ),
    };
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

  /** Whether what it was last told is from before the restore. */
  #isOwed(node: string): boolean {
    const { restoration } = this.durable;
    if (restoration === null) return false;
    const published = this.#visible.get(node);
    return published === undefined
      ? restoration.known.includes(node)
      : published.epoch?.name !== restoration.epoch.name;
  }

  #isHeard(node: string): boolean {
    return !this.awaits(node) && this.#latest.has(node);
  }

  #knocking(within: number): readonly string[] {
    const awaited = this.durable.restoration?.awaited ?? [];
    return awaited.filter((node) => this.now - (this.#knocks.get(node) ?? 0) <= within);
  }

  /** Takes the progress from what nodes report, as the executor does after a restore; false while it cannot. */
  #takeUp(restoration: Restoration): boolean {
    const { spec, progress } = this.durable;
    const now = this.now;
    const knocking = this.#knocking(freshFor);
    const freshToken = `${spec.name}-${restoration.epoch.name}`;
    const status = this.observe(true);
    const taken = this.#guards.takeOver({
      spec,
      progress,
      status,
      now,
      restoredAt: this.#beganAt + this.#ahead,
      knocking,
      freshToken,
    });
    if (!taken.ok) {
      this.waits = taken.waits;
      return false;
    }
    this.#hooks.tell(`taken over: ${taken.changes.map(inWords).join('; ')}`);
    this.#commit(spec, taken.progress, { ...restoration, rests: false });
    return true;
  }

  /** A life that this store does not know, of a node that is told for the first time since the restore, is over. */
  #withFormerLives(progress: ClusterProgress): ClusterProgress {
    const former = this.durable.joins.flatMap((member) => {
      if (!this.#isOwed(member) || !this.#isHeard(member)) return [];
      const incarnation = this.#latest.get(member)?.status.service.incarnation ?? null;
      if (incarnation === null || progress.members[member] !== undefined) return [];
      return progress.retired.some((life) => life.incarnation === incarnation)
        ? []
        : [{ member, incarnation, nodeId: this.#idOf(member) }];
    });
    return former.length === 0 ? progress : { ...progress, retired: [...progress.retired, ...former] };
  }

  #settle(): void {
    const { restoration } = this.durable;
    if (restoration?.rests === true && !this.#takeUp(restoration)) return;
    for (let count = 0; count < mostStepsAtOnce; count += 1) {
      const { spec, progress } = this.durable;
      const now = this.now;
      const { step, waits } = this.#guards.next(spec, this.observe(), progress, now);
      this.waits = waits;
      if (step === null) {
        const owing = this.durable.joins.some(
          (node) => (this.#isOwed(node) && this.#isHeard(node)) || this.#followsEarlier(node),
        );
        if (owing) this.#commit(spec, this.#withFormerLives(progress));
        return;
      }
      this.#hooks.steps(step, { spec, progress, status: this.observe(), now });
      this.#names += 1;
      const serial = String(this.#names).padStart(4, '0');
      const of = this.epoch === null ? '' : `-${this.epoch.name}`;
      const fresh = { incarnation: `life${serial}${of}`, nonce: `n${serial}${of}`, id: `step${serial}${of}` };
      this.#hooks.tell(eventInWords(stepEvent(step)));
      this.#commit(spec, this.#guards.apply(progress, step, spec.name, fresh, now));
    }
    this.#hooks.violate('rest', 'the controller did not come to rest');
  }

  /** Everything in one transaction; only then does a node see it. */
  #commit(spec: ClusterSpec, progress: ClusterProgress, restoration = this.durable.restoration): void {
    const changed = this.#changed(spec, progress);
    if (this.#guards.publishesFirst) this.#show(changed);
    this.#fail('before-commit');
    const publications = new Map([...this.durable.publications, ...changed]);
    Object.assign(this.durable, { spec, progress, publications, restoration });
    this.#fail('after-commit');
    if (!this.#guards.publishesFirst) this.#show(changed);
  }

  #show(changed: ReadonlyMap<string, Publication>): void {
    for (const [node, publication] of changed) {
      this.#visible.set(node, publication);
      this.#hooks.published(node, publication);
    }
  }

  #changed(spec: ClusterSpec, progress: ClusterProgress): ReadonlyMap<string, Publication> {
    const changed = new Map<string, Publication>();
    if (progress.frozen !== null && !this.#guards.publishesFrozen) return changed;
    for (const node of this.durable.joins) {
      if (this.awaits(node)) continue;
      const owed = this.#isOwed(node);
      if (owed && !this.#isHeard(node)) continue;
      if (quarantineOf(progress, this.#idOf(node)) !== null || this.#claimBy(node) !== null) continue;
      const current = this.durable.publications.get(node);
      const desired = this.#guards.desired(spec, progress, node);
      const untold = owed || this.#followsEarlier(node);
      if (!untold && isDeepStrictEqual(current?.desired, desired)) continue;
      const seen = untold ? (this.#latest.get(node)?.status.agent.generationSeen ?? 0) : 0;
      const { inventory, epoch } = this;
      const generation = Math.max(current?.generation ?? 0, seen) + 1;
      const seal = sealOf({ inventory, epoch, generation }, { node, machine: this.machineOf(node) });
      changed.set(node, { epoch, generation, seal, desired });
    }
    return changed;
  }

  #fail(point: CrashPoint): void {
    if (this.crashAt !== point) return;
    throw new Crash(point);
  }
}

/** What a restore asks of a node it asks of that machine: nobody has to take up another, which is told at once. */
function withoutNode(restoration: Restoration, node: string): Restoration {
  const others = (nodes: readonly string[]) => nodes.filter((one) => one !== node);
  return { ...restoration, awaited: others(restoration.awaited), known: others(restoration.known) };
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
