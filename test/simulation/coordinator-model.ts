import { isDeepStrictEqual } from 'node:util';
import {
  type ClusterProgress,
  type ClusterStatus,
  emptyProgress,
  type Situation,
  type Step,
} from '@picket/coordinator/controller/model.ts';
import { steered } from '@picket/coordinator/executor/steer-rollout.ts';
import { stepInWords } from '@picket/coordinator/executor/step-in-words.ts';
import type { ClusterRecord } from '@picket/coordinator/inventory/inventory.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import type { DesiredModel } from './desired-state-model.ts';
import type { Violate } from './etcd-model.ts';
import type { Guards } from './guards.ts';

export interface Publication {
  readonly generation: number;
  readonly desired: DesiredModel;
}

export interface ReportMessage {
  readonly node: string;
  readonly run: number;
  readonly sequence: number;
  readonly status: NodeStatus;
}

interface LatestStatus {
  readonly run: number | null;
  readonly sequence: number;
  readonly receivedAt: number;
  readonly healthySince: number | null;
  readonly status: NodeStatus;
}

export type CrashPoint = 'before-commit' | 'after-commit';

interface Durable {
  spec: ClusterSpec;
  progress: ClusterProgress;
  joins: readonly string[];
  publications: ReadonlyMap<string, Publication>;
  reports: ReadonlyMap<string, LatestStatus>;
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

export class CoordinatorModel {
  readonly inventory = 'inventory1';
  readonly durable: Durable;
  crashAt: CrashPoint | null = null;
  waits: readonly string[] = [];
  #up = true;
  #visible = new Map<string, Publication>();
  #latest = new Map<string, LatestStatus>();
  #names = 0;
  /** By how much the coordinator's clock is ahead. */
  #ahead = 0;
  readonly #hooks: CoordinatorHooks;
  readonly #guards: Guards;

  constructor(spec: ClusterSpec, hooks: CoordinatorHooks, guards: Guards) {
    this.durable = { spec, progress: emptyProgress, joins: [], publications: new Map(), reports: new Map() };
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
    this.#beginWaitsAnew();
    this.#visible = new Map(this.durable.publications);
    this.#latest = new Map(
      [...this.durable.reports].map(([node, report]) => [node, { ...report, run: null, healthySince: null }]),
    );
    if (this.progress.frozen === null) this.#show(this.#visible);
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

  /** The clock is set ahead, or back. */
  setClock(seconds: number): void {
    this.#ahead += seconds * 1000;
    if (Math.abs(seconds) >= 1) this.#beginWaitsAnew();
  }

  #beginWaitsAnew(): void {
    this.durable.progress = this.#guards.begunAnew(this.progress, this.now);
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
    let after: ClusterRecord;
    try {
      after = steered({ ...this.durable, id: 'c1', createdAt: 0 }, order);
    } catch {
      return false;
    }
    this.#guarded(() => {
      this.#commit(after.spec, after.progress);
      this.#settle();
    });
    return true;
  }

  /** An operator lets a frozen cluster be judged anew, before anything is published. */
  unfreeze(): void {
    if (!this.#up || this.progress.frozen === null) return;
    const { spec } = this.durable;
    const thawed = { ...this.progress, frozen: null };
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
      progress = this.#guards.reset(this.progress, this.durable.spec.name);
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
  accept({ node, run, sequence, status }: ReportMessage): boolean {
    const before = this.#latest.get(node);
    if (!this.#up || !this.durable.joins.includes(node)) return false;
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
    this.#latest.set(node, { run, sequence, receivedAt: now, healthySince, status });
    this.advance();
    return true;
  }

  advance(): void {
    this.#guarded(() => this.#settle());
  }

  observe(): ClusterStatus {
    return {
      clients: {},
      nodes: Object.fromEntries(
        this.durable.joins.map((node, index) => {
          const latest = this.#latest.get(node);
          const observation = {
            nodeId: `node${index}`,
            joinOrder: index + 1,
            inventory: this.inventory,
            generation: this.#visible.get(node)?.generation ?? 0,
            receivedAt: latest?.receivedAt ?? null,
            healthySince: latest?.healthySince ?? null,
            status: latest?.status ?? null,
          };
          return [node, observation] as const;
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

  #settle(): void {
    for (let count = 0; count < mostStepsAtOnce; count += 1) {
      const { spec, progress } = this.durable;
      const now = this.now;
      const { step, waits } = this.#guards.next(spec, this.observe(), progress, now);
      this.waits = waits;
      if (step === null) return;
      this.#hooks.steps(step, { spec, progress, status: this.observe(), now });
      this.#names += 1;
      const serial = String(this.#names).padStart(4, '0');
      const fresh = { incarnation: `life${serial}`, nonce: `n${serial}`, id: `step${serial}` };
      this.#hooks.tell(stepInWords(step));
      this.#commit(spec, this.#guards.apply(progress, step, spec.name, fresh, now));
    }
    this.#hooks.violate('rest', 'the controller did not come to rest');
  }

  /** Everything in one transaction; only then does a node see it. */
  #commit(spec: ClusterSpec, progress: ClusterProgress): void {
    const changed = this.#changed(spec, progress);
    if (this.#guards.publishesFirst) this.#show(changed);
    this.#fail('before-commit');
    const publications = new Map([...this.durable.publications, ...changed]);
    Object.assign(this.durable, { spec, progress, publications });
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
      const current = this.durable.publications.get(node);
      const desired = this.#guards.desired(spec, progress, node);
      if (isDeepStrictEqual(current?.desired, desired)) continue;
      changed.set(node, { generation: (current?.generation ?? 0) + 1, desired });
    }
    return changed;
  }

  #fail(point: CrashPoint): void {
    if (this.crashAt !== point) return;
    throw new Crash(point);
  }
}
