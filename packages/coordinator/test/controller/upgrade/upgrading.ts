import { packagesOf } from '@picket/shared/etcd-target.ts';
import { byVersion, minorOf } from '@picket/shared/etcd-version.ts';
import type { MaintenanceOutcome } from '@picket/shared/protocol/maintenance.ts';
import type { RolloutOrder } from '@picket/shared/protocol/revisions.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { ordersTo } from '../../../src/controller/orders.ts';
import { configurationOf, tuningIn } from '../../../src/model/configuration-of.ts';
import type { Step } from '../../../src/model/progress.ts';
import type { Upgrade, UpgradePause, UpgradeStage } from '../../../src/model/upgrade-progress.ts';
import { minorBeside } from '../../../src/model/upgrade-stage.ts';
import { steered } from '../../../src/operations/steer.ts';
import { said } from '../../support/said.ts';
import { Scene, type SpecChanges, type StatusChanges } from '../support/situations.ts';

interface Runs {
  readonly version: string;
  readonly release: string | null;
  readonly permit: string | null;
  /** What its conf.yml says. */
  readonly snapshotCount: number;
  /** The index of its newest raft snapshot; null: it has none. */
  readonly raftSnapshot: number | null;
}

/** Raft indexes of the log that all members have. */
interface RaftLog {
  /** The last entry. */
  end: number;
  /** The last entry that etcd 3.5 wrote. */
  lastOf35: number;
}

const noRaftSnapshot = { snapshotCount: 10_000, raftSnapshot: null };

/** A formed cluster under an upgrade. Each member does at once what its permit allows, and etcd raises its cluster version as etcd does. */
export class Upgrading {
  readonly scene: Scene;
  /** What each member runs, by its number. */
  readonly runs = new Map<number, Runs>();
  clusterVersion: string;
  /** False: no snapshot arrives. */
  storesSnapshots = true;
  /** False: etcd does not raise its cluster version. */
  raises = true;
  readonly log: RaftLog = { end: 400, lastOf35: 0 };
  /** False: etcd writes no raft snapshot. */
  writesSnapshots = true;
  /** Members that report no cluster version and no raft snapshot: their agents are of an older version. */
  readonly oldAgents = new Set<number>();
  /** Members that ended on an entry of etcd 3.5. */
  readonly panicked: number[] = [];
  /** What the package of each machine is, by the number of its member. */
  readonly packages = new Map<number, string>();
  /** Every step that was taken. */
  readonly taken: Step[] = [];
  /** Members that do not serve with this release; null: with their package. */
  readonly cannotRun = new Set<number>();
  /** Members whose agents have put their former settings back, with the etcd that they were given. */
  readonly rejects = new Set<number>();
  unable: string | null = '3.6.14';
  /** The minor version to which etcd's own downgrade goes; null without one. */
  downgradesTo: string | null = null;
  /** Members whose etcd does not lower the version of its data. */
  readonly keepsStorage = new Set<number>();
  /** False: etcd does not end its downgrade itself. */
  endsItself = true;
  /** What etcd answers to an order for its downgrade instead of carrying it out. */
  refusal: string | null = null;
  /** True: authentication is on. */
  keepsOut = false;

  constructor(changes: SpecChanges & { readonly runs?: string } = {}) {
    const { runs = '3.5.16', members = 3 } = changes;
    this.scene = Scene.formed(members, { members, ...changes });
    this.clusterVersion = `${minorOf(runs)}.0`;
    for (let number = 1; number <= members; number += 1) {
      this.packages.set(number, runs);
      this.runs.set(number, { version: runs, release: null, permit: null, ...noRaftSnapshot });
    }
    if (minorOf(runs) === '3.5') this.log.lastOf35 = this.log.end;
    this.allReport();
    this.settle();
  }

  get upgrade(): Upgrade | null {
    return this.scene.progress.upgrade;
  }

  /** An operator orders it, with stages that are not judged here. */
  orders(stages: readonly UpgradeStage[], pauses: readonly UpgradePause[] = [], down = false): this {
    const { scene } = this;
    const last = stages.at(-1);
    const version = last?.kind === 'install' ? last.version : null;
    const to = version ?? (last?.kind === 'install' && last.packageMinor ? packagesOf(last.packageMinor) : '');
    const { etcd: _former, ...spec } = scene.spec;
    const etcd = version === null && to !== '' ? {} : { etcd: { source: 'release' as const, version: to } };
    scene.spec = { ...spec, ...etcd, revision: spec.revision + 1 };
    const order = { to, stages, at: 0, restarts: {}, pauses, pausedAt: [] };
    const upgrade = down ? { ...order, down: true as const } : order;
    scene.progress = { ...scene.progress, upgrade };
    return this;
  }

  steers(order: RolloutOrder['order']): this {
    const { spec = this.scene.spec, progress = this.scene.progress } = steered(
      { ...this.scene, status: this.scene.status() },
      order,
    );
    this.scene.spec = spec;
    this.scene.progress = progress;
    return this;
  }

  /** The versions that run, in the order of the members. */
  versions(): readonly string[] {
    return [...this.runs.values()].map(({ version }) => version);
  }

  report(number: number, changes: StatusChanges = {}): void {
    const { scene } = this;
    const { version, release, permit, snapshotCount, raftSnapshot } = this.at(number);
    const name = scene.name(number);
    const wanted = configurationOf(scene.spec, scene.progress, name);
    const wants = wanted.etcd?.version ?? null;
    const restartPending = wants !== release || tuningIn(wanted).snapshotCount !== snapshotCount;
    const orders = this.oldAgents.has(number) ? {} : ordersTo(scene.progress, name);
    const isAsked = orders.watchRaftSnapshots === true;
    const installed = this.packages.get(number) ?? null;
    const shown = { clusterVersion: this.clusterVersion };
    const raft = raftSnapshot === null ? shown : { ...shown, raftSnapshotIndex: raftSnapshot };
    const ails = this.#ails(number);
    const ended = this.#ended.get(number);
    scene.reports(number, {
      ...changes,
      healthySince: ails ? null : scene.now - 20_000,
      service: {
        restartPending,
        etcdVersion: wants ?? installed,
        ...(orders.watchPackage === true ? { packageVersion: installed } : {}),
        ...(release === null ? {} : { release }),
        ...(permit === null ? {} : { lastPermit: permit }),
        ...(ails ? { state: 'crashed' } : {}),
        ...(this.rejects.has(number) ? { rejected: reason('conf_silent', { proving: 10, within: 90 }) } : {}),
        ...(this.keepsOut ? { authenticationOn: true } : {}),
        ...changes.service,
      },
      etcd: ails
        ? null
        : {
            ...{ version, raftAppliedIndex: this.log.end },
            ...(isAsked ? raft : minorBeside(scene.progress) === null ? {} : shown),
            ...this.#ofLater(number),
            ...changes.etcd,
          },
      ...(ended === undefined ? {} : { lastMaintenance: ended }),
    });
  }

  allReport(): void {
    for (const number of this.runs.keys()) this.report(number);
  }

  /** One round: everybody hears of what is new, does what its permit allows, and reports. */
  round(): void {
    const { scene } = this;
    scene.wait(15);
    for (const number of this.runs.keys()) {
      scene.published(number);
      this.#act(number);
    }
    const versions = [...this.runs.entries()].filter(([number]) => !this.#ails(number)).map(([, one]) => one.version);
    const lowest = `${minorOf(versions.toSorted(byVersion)[0] ?? '')}.0`;
    const all = versions.length === this.runs.size;
    this.#downgrades();
    if (this.downgradesTo !== null) {
      if (all) this.clusterVersion = `${this.downgradesTo}.0`;
      if (this.endsItself && versions.every((version) => minorOf(version) === this.downgradesTo))
        this.downgradesTo = null;
    } else if (this.raises && all && byVersion(this.clusterVersion, lowest) < 0) this.clusterVersion = lowest;
    this.allReport();
    this.settle();
    const { task } = scene.progress.snapshots;
    if (task !== null && this.storesSnapshots) scene.take({ kind: 'record-snapshot', id: task.id, takenAt: scene.now });
  }

  /** Rounds until nothing is done any more. */
  rounds(most = 60): this {
    for (let count = 0; count < most; count += 1) this.round();
    return this;
  }

  settle(): void {
    this.taken.push(...this.scene.settle());
  }

  at(number: number): Runs {
    const runs = this.runs.get(number);
    if (runs === undefined) throw new Error(`no member ${number}`);
    return runs;
  }

  #ails(number: number): boolean {
    return this.cannotRun.has(number) && this.at(number).release === this.unable;
  }

  readonly #ended = new Map<number, MaintenanceOutcome>();

  /** The voter that is asked for etcd's downgrade asks its etcd. */
  #downgrades(): void {
    const order = this.upgrade?.order;
    const number = [...this.runs.keys()].find((one) => this.scene.name(one) === order?.executor);
    if (order === undefined || number === undefined || this.#ended.get(number)?.id === order.id) return;
    const { id, to } = order;
    if (this.refusal === null) this.downgradesTo = to;
    const why = this.refusal === null ? reason('etcd_downgrades', { to }) : said(this.refusal);
    this.#ended.set(number, { id, outcome: this.refusal === null ? 'done' : 'failed', reason: why });
  }

  #ofLater(number: number) {
    const { version } = this.at(number);
    if (byVersion(version, '3.6.0') < 0) return {};
    const storageVersion = this.keepsStorage.has(number) ? `${minorOf(version)}.0` : this.clusterVersion;
    const { downgradesTo: to } = this;
    return { storageVersion, downgradeInfo: { enabled: to !== null, targetVersion: to === null ? '' : `${to}.0` } };
  }

  #act(number: number): void {
    const { scene } = this;
    const { permit } = scene.progress;
    if (permit === null || permit.withdrawnAt !== null || permit.member !== scene.name(number)) return;
    const before = this.at(number);
    if (before.permit === permit.id) return;
    const given = configurationOf(scene.spec, scene.progress, permit.member);
    const release = given.etcd?.version ?? null;
    const version = release ?? this.packages.get(number) ?? '';
    if (minorOf(version) === '3.7' && (before.raftSnapshot ?? 0) <= this.log.lastOf35) this.panicked.push(number);
    const runs = { version, release, permit: permit.id, snapshotCount: tuningIn(given).snapshotCount };
    this.runs.set(number, { ...before, ...runs });
    this.writes(minorOf(version) === '3.5');
  }

  /** One entry of the log. A member restarts with one about itself. */
  writes(by35: boolean): void {
    const { log } = this;
    log.end += 1;
    if (by35) log.lastOf35 = log.end;
    if (!this.writesSnapshots) return;
    for (const [number, one] of this.runs)
      if (log.end - (one.raftSnapshot ?? 0) > one.snapshotCount)
        this.runs.set(number, { ...one, raftSnapshot: log.end });
  }
}
