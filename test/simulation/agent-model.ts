import { emptyJournal, type Journal } from '@picket/agent/journal/journal.ts';
import { type Accepted, type AcceptedMember, isMember } from '@picket/agent/model/model.ts';
import { admits, hasNoWayBack, orderOf } from '@picket/agent/model/version-guard.ts';
import type { Followed } from '@picket/coordinator/model/claims.ts';
import { isEarlierMinor, isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { Epoch } from '@picket/shared/protocol/epoch.ts';
import type { EtcdReport, NodeStatus } from '@picket/shared/protocol/report.ts';
import { said } from '../support/said.ts';
import type { Lie } from './acts.ts';
import type { ReportMessage } from './coordinator-model.ts';
import type { DesiredModel } from './desired-state-model.ts';
import type { Binary, Cluster, DataDir, EtcdConf, EtcdModel, Outcome, Process, Violate } from './etcd-model.ts';
import type { AgentGuards } from './guards.ts';
import { HoldModel } from './hold-model.ts';
import { farAhead, lying } from './lies.ts';
import { numberOf } from './releases-model.ts';

/** What came in answer to a request; leases count from when that was sent. */
export interface PollAnswer {
  readonly sentAt: number;
  readonly inventory: string;
  readonly epoch: Epoch | null;
  readonly generation: number;
  readonly seal: string;
  readonly priorSeals: readonly string[];
  readonly desired: DesiredModel;
}

export interface AgentHooks {
  readonly guards: AgentGuards;
  readonly violate: Violate;
  readonly tell: (what: string) => void;
  /** Called just before a disruptive act. */
  readonly actsByPermit: (node: string, permit: string) => void;
}

/** What is installed on a machine until somebody installs another. */
export const usualMinor = '3.5';
const restartTakes = 8_000;
const fetchTakes = 20_000;
/** So long etcd may fail with new settings before the old ones are put back. */
const gate = 15_000;
const certificate = { serial: 'a1', notBefore: '2026-01-01T00:00:00Z', notAfter: '2027-01-01T00:00:00Z' };
const certificates: NodeStatus['certificates'] = [
  { purpose: 'server', ...certificate },
  { purpose: 'peer', ...certificate },
  { purpose: 'client', ...certificate },
];

/**
 * A node and its agent, with decisions like the real one's. It does not look at its peers before it acts by permit,
 * as the real one does: here the coordinator alone must keep two members from being down at once (R2).
 */
export class AgentModel {
  // On disk.
  #desired: DesiredModel | null = null;
  #document: DesiredState | null = null;
  #inventory: string | null = null;
  #epoch: Epoch | null = null;
  #seen = 0;
  #seal: string | null = null;
  #applied = 0;
  #conf: EtcdConf | null = null;
  readonly #dirs = new Map<string, DataDir>();
  readonly #made = new Set<string>();
  /** Beside the data dirs: which minor version each incarnation runs (R17). */
  readonly #minors = new Map<string, string>();
  /** The last settings that etcd has served with, and those that it could not run with (R6). */
  #good: (Settings & Pick<EtcdConf, 'incarnation'>) | null = null;
  #rejected: Settings | null = null;
  /** What the service starts, and what it last started; null: the package. */
  #release: string | null = null;
  #started: string | null = null;
  /** The releases that are on its disk. */
  readonly #fetched = new Set<string>();
  // In memory.
  #fetching: { readonly release: string; readonly since: number } | null = null;
  #run: number | null = null;
  #runs = 0;
  #sequence = 0;
  /** Of the last answer, and whether that was accepted. */
  #etag: { readonly value: string; readonly accepted: boolean } | null = null;
  #leaseFrom: number | null = null;
  #spentPermit = '';
  readonly #holds = new HoldModel();
  #lastStep: NodeStatus['lastStep'] = null;
  #lastMaintenance: NodeStatus['lastMaintenance'];
  #listBegunAt: number | null = null;
  // The machine.
  hostUp = true;
  /** The etcd that is installed. */
  binary: Binary = { number: 1, version: `${usualMinor}.16` };
  blank = false;
  stalledUntil = 0;
  lie: Lie | null = null;
  #lastSaid: EtcdReport | null = null;
  #restarts = 0;
  #restartDoneAt: number | null = null;
  #failure: string | null = null;
  #funhealthySince: number | null = null;

  readonly name: string;
  /** Counts the machines that have been this member. */
  readonly machine: number;
  readonly #etcd: EtcdModel;
  readonly #hooks: AgentHooks;

  constructor(name: string, machine: number, etcd: EtcdModel, hooks: AgentHooks) {
    this.name = name;
    this.machine = machine;
    this.#etcd = etcd;
    this.#hooks = hooks;
    this.startAgent();
  }

  get agentUp(): boolean {
    return this.hostUp && this.#run !== null && !this.blank;
  }

  get awake(): boolean {
    return this.agentUp && this.#etcd.now >= this.stalledUntil;
  }

  get generationSeen(): number {
    return this.#seen;
  }

  /** Down by permit is what an honest node asks for: a liar is down when it likes. */
  everLied = false;

  get formationToken(): string | null {
    const dir = this.#conf === null ? undefined : this.#dirs.get(this.#conf.incarnation);
    return dir?.cluster?.token ?? this.#conf?.token ?? null;
  }

  /** Down by permit, or able to be at any moment. */
  get disrupts(): boolean {
    return this.#restartDoneAt !== null || this.#isHeldDown || this.#usablePermit() !== null;
  }

  /** Its etcd is stopped, as an operator has ordered. */
  get #isHeldDown(): boolean {
    const told = this.#told;
    return told !== null && this.#holds.isDown(told, this.#etcd.now);
  }

  /** Root ends its hold without a coordinator. */
  releaseHold(): void {
    if (this.hostUp) this.#holds.release();
  }

  /** What the coordinator wants. */
  get #told(): AcceptedMember | null {
    if (this.#document === null) return null;
    const accepted = { document: this.#document, requestedAt: this.#leaseFrom };
    return isMember(accepted) ? accepted : null;
  }

  /** Milliseconds for which it has known that its etcd cannot run with new settings. */
  get failsFor(): number {
    return this.awake && this.#funhealthySince !== null ? this.#etcd.now - this.#funhealthySince : 0;
  }

  get restartPending(): boolean {
    const process = this.#process();
    const etcd = this.#desired?.etcd ?? null;
    if (process === undefined || etcd?.incarnation !== process.dir.incarnation) return false;
    const { tuning, snapshotCount, release } = this.#effective(etcd);
    if (!this.#has(release)) return false;
    if (process.snapshotCount !== snapshotCount) return true;
    return process.tuning !== tuning || process.binary.number !== this.#binaryOf(release).number;
  }

  #has(release: string | null): boolean {
    return release === null || this.#fetched.has(release);
  }

  #binaryOf(release: string | null): Binary {
    return release === null ? this.binary : { number: numberOf(release), version: release };
  }

  /** What the next start runs: what is wanted, as soon as it is there; null if there is nothing yet. */
  get #next(): Binary | null {
    const wanted = this.#desired?.etcd ? this.#effective(this.#desired.etcd).release : (this.#desired?.release ?? null);
    if (this.#has(wanted)) return this.#binaryOf(wanted);
    return this.#conf === null ? null : this.#binaryOf(this.#release);
  }

  /** One release after another, and none over a network that is too slow. */
  #fetch({ release, etcd }: DesiredModel): void {
    const wanted = etcd === null ? release : this.#effective(etcd).release;
    if (wanted === null || this.#has(wanted) || this.#etcd.slow.has(this.name)) {
      this.#fetching = null;
      return;
    }
    if (this.#fetching?.release !== wanted) this.#fetching = { release: wanted, since: this.#etcd.now };
    if (this.#etcd.now - this.#fetching.since < fetchTakes) return;
    this.#fetched.add(wanted);
    this.#hooks.tell(`${this.name} has fetched etcd ${wanted}`);
  }

  /** Somebody installs an etcd of this minor version; where it is there already, nothing changes. */
  install(minor: string): void {
    if (!isOfMinor(this.binary.version, minor)) this.upgrade(minor);
  }

  /** Another etcd of the same minor version, or of this one. */
  upgrade(minor = minorOf(this.binary.version)): void {
    this.binary = { number: this.binary.number + 1, version: `${minor}.16` };
  }

  /** What the incarnation that etcd was last told to run runs; null where nothing of it is recorded. */
  get recordedMinor(): string | null {
    return this.#conf === null ? null : (this.#minors.get(this.#conf.incarnation) ?? null);
  }

  startAgent(): void {
    if (!this.hostUp || this.#run !== null) return;
    this.#etag = null;
    this.#runs += 1;
    this.#run = this.#runs;
    this.#sequence = 0;
    // A permit and a step live in memory: without knowing when they were asked for they are not valid.
    this.#leaseFrom = null;
    this.#lastStep = null;
    this.#lastMaintenance = undefined;
    this.#listBegunAt = null;
  }

  crashAgent(): void {
    this.#run = null;
  }

  hostDown(): void {
    this.hostUp = false;
    this.#run = null;
    this.#restartDoneAt = null;
    this.#holds.reboot();
    this.#etcd.stop(this.name);
  }

  /** The init system starts what conf.yml names, before and without the agent. */
  hostStart(): void {
    if (this.hostUp) return;
    this.hostUp = true;
    this.supervise();
  }

  /** The data dirs are gone; `everything` takes the agent's state along. */
  wipe(everything: boolean): void {
    this.#etcd.stop(this.name);
    this.#dirs.clear();
    this.#minors.clear();
    this.#restartDoneAt = null;
    if (everything) this.blank = true;
  }

  get hasData(): boolean {
    return this.#dirs.size > 0;
  }

  holds(dir: DataDir | null): boolean {
    return dir !== null && this.#dirs.get(dir.incarnation) === dir;
  }

  /** What etcd was last told to run is not on its disk any more. */
  get hasLostData(): boolean {
    return this.#conf !== null && !this.#dirs.has(this.#conf.incarnation);
  }

  get epochFollowed(): number {
    return this.#epoch?.number ?? 0;
  }

  /** What it really follows, whatever it says. */
  follows({ inventory, epoch, generation }: Followed): boolean {
    const same = inventory === this.#inventory && (epoch?.name ?? null) === (this.#epoch?.name ?? null);
    return same && generation === this.#seen;
  }

  get seal(): string | null {
    return this.#seal;
  }

  get etag(): string | null {
    return this.#etag?.value ?? null;
  }

  receive(answer: PollAnswer): void {
    const { sentAt, inventory, epoch, generation, seal, desired } = answer;
    const { accept, requestedAt } = this.#hooks.guards;
    if (!this.agentUp) return;
    const document = documentOf(this.name, answer);
    const accepted = this.#document === null ? null : { document: this.#document, requestedAt: null };
    const follows = accept(this.#journal(), document, accepted).ok;
    this.#etag = { value: seal, accepted: follows };
    if (!follows) return;
    const from = requestedAt(sentAt, this.#etcd.now);
    if (generation === this.#seen) {
      this.#leaseFrom = Math.max(this.#leaseFrom ?? from, from);
      return;
    }
    this.#inventory = inventory;
    this.#epoch = epoch;
    this.#seen = generation;
    this.#seal = seal;
    this.#desired = desired;
    this.#document = document;
    this.#leaseFrom = from;
  }

  /** "Unchanged", in answer to a request of then. */
  unchanged(sentAt: number): void {
    if (this.awake && this.#etag?.accepted === true) this.#leaseFrom = Math.max(this.#leaseFrom ?? sentAt, sentAt);
  }

  /** As much of it as its decisions look at. */
  #journal(): Journal {
    const incarnations = Object.fromEntries([...this.#made].map((incarnation) => [incarnation, 'lived'] as const));
    const startedWith =
      this.#conf === null
        ? null
        : { incarnation: this.#conf.incarnation, restartKey: '', confKey: '', etcdVersion: null };
    return {
      ...emptyJournal,
      inventory: this.#inventory,
      epoch: this.#epoch,
      generationSeen: this.#seen,
      incarnations,
      startedWith,
    };
  }

  /** What the init system does on its own: finishes a restart and starts what has crashed. */
  supervise(): void {
    if (!this.hostUp || this.blank) return;
    if (this.#restartDoneAt !== null) {
      if (this.#etcd.now < this.#restartDoneAt) return;
      this.#restartDoneAt = null;
    }
    const dir = this.#conf === null ? undefined : this.#dirs.get(this.#conf.incarnation);
    if (this.#conf === null || dir === undefined || this.#process() !== undefined || this.#isHeldDown) return;
    // The guard waits: that is no failure of etcd.
    this.#failure = null;
    const binary = this.#binaryOf(this.#release);
    if (!this.#hooks.guards.mayStart(this.recordedMinor, binary.version)) return;
    this.#started = this.#release;
    const outcome = this.#etcd.start(this.name, dir, this.#conf, binary);
    this.#failure = outcome.ok ? null : outcome.reason;
    if (outcome.ok) this.#restarts += 1;
  }

  act(): void {
    const desired = this.#desired;
    if (!this.awake || desired === null || this.#document === null) return;
    this.#holds.note();
    this.#stopRetired(desired);
    this.#fetch(desired);
    this.#prepare(desired);
    this.supervise();
    this.#judgeSettings();
    this.#restartByPermit();
    this.#takeStep(desired);
    this.#maintain(desired);
    if (this.#isWhole(desired)) this.#applied = this.#seen;
  }

  #stopRetired({ retired }: DesiredModel): void {
    if (this.#conf === null || !retired.includes(this.#conf.incarnation)) return;
    this.#etcd.stop(this.name);
    this.#dirs.delete(this.#conf.incarnation);
    this.#conf = null;
    this.#restartDoneAt = null;
  }

  #prepare({ etcd }: DesiredModel): void {
    if (etcd === null) return;
    // Never because something is missing: another incarnation is only followed once it has been retired.
    const { mayBegin, dataDirOf } = this.#hooks.guards;
    if (!mayBegin(this.#conf?.incarnation ?? null, etcd.incarnation, this.#desired?.retired ?? [])) return;
    // Nothing of it is changed: its guard may start it at any time once the right etcd is back.
    if (this.#process() === undefined && this.#isOtherVersion(etcd)) return;
    // Its settings and its release are on trial together.
    if (!this.#has(this.#effective(etcd).release)) return;
    if (this.#process() === undefined && this.#isWayClosed(etcd)) return;
    if (this.#rejected !== null && !areSame(etcd, this.#rejected)) this.#rejected = null;
    this.#conf = this.#effective(etcd);
    // The service names a release from between its stop and its start on.
    if (this.#process() === undefined) this.#follow(this.#conf);
    if (this.#made.has(etcd.incarnation) && this.#dirs.has(etcd.incarnation)) return;
    const dataDirs = Object.fromEntries([...this.#dirs.keys()].map((incarnation) => [incarnation, 'filled'] as const));
    if (dataDirOf(etcd.incarnation, { journal: this.#journal(), dataDirs }).kind !== 'to-make') return;
    if (this.#made.has(etcd.incarnation)) this.#hooks.violate('R4', `${this.name} makes ${etcd.incarnation} again`);
    if (this.#dirs.has(etcd.incarnation)) this.#hooks.violate('R4', `${this.name} made ${etcd.incarnation} twice`);
    this.#made.add(etcd.incarnation);
    this.#minors.set(etcd.incarnation, minorOf(this.#binaryOf(this.#release).version));
    this.#dirs.set(etcd.incarnation, {
      node: this.name,
      incarnation: etcd.incarnation,
      cluster: null,
      memberId: null,
      index: 0,
      minor: null,
      stale: new Set(),
      unread: new Set(),
      snapshot: 0,
      format: null,
    });
  }

  /** The service starts this from now on, and its guard admits it (R17). */
  #follow(conf: EtcdConf): void {
    this.#release = conf.release;
    const recorded = this.#minors.get(conf.incarnation);
    const next = minorOf(this.#binaryOf(conf.release).version);
    if (recorded !== undefined && admits(order(conf), recorded, next)) this.#minors.set(conf.incarnation, next);
  }

  /** By an order, or put back, an earlier etcd would start than this incarnation runs, and the other voters do not say that it may (R6). */
  #isWayClosed(wanted: EtcdConf): boolean {
    const conf = this.#effective(wanted);
    const recorded = this.#minors.get(conf.incarnation);
    const back = minorOf(this.#binaryOf(conf.release).version);
    if (recorded === undefined || !isEarlierMinor(back, recorded)) return false;
    return !this.#mayGoBack(back, areSame(conf, wanted));
  }

  #mayGoBack(back: string, ordered: boolean): boolean {
    const dir = this.#conf === null ? undefined : this.#dirs.get(this.#conf.incarnation);
    const voters = dir?.cluster?.members.filter(({ isLearner }) => !isLearner) ?? [];
    const asked = voters.filter((voter) => ordered || voter.dir !== dir);
    const answers = asked.flatMap((voter) => {
      const process = this.#etcd.processOf(voter);
      return process === null || this.#etcd.slow.has(process.dir.node) ? [] : `${dir?.cluster?.minor}.0`;
    });
    return this.#hooks.guards.closedWayBack(back, { voters: voters.length, versions: answers, ordered }) === null;
  }

  get #hasNoWayBack(): boolean {
    const program = { version: this.#started ?? '', sha256: '' };
    const startedWith = { ...(this.#started === null ? {} : { program }) };
    const lastGood = this.#good?.release == null ? null : { program };
    const journal = { startedWith, lastGood } as unknown as Journal;
    return hasNoWayBack({ journal, packageVersion: this.binary.version });
  }

  /** As the real agent judges it, by as much of what it observes as that looks at. */
  #isOtherVersion(etcd: EtcdConf): boolean {
    const { incarnation, minor, from } = this.#effective(etcd);
    const process = this.#process();
    const versionRecords = Object.fromEntries(
      [...this.#minors].map(([incarnation, recorded]) => [incarnation, { minor: recorded, fingerprint: null }]),
    );
    const current = {
      journal: this.#journal(),
      service: { kind: process === undefined ? 'stopped' : 'running' },
      etcd: process === undefined ? null : { version: process.binary.version },
      etcdVersion: this.#next?.version ?? null,
      versionRecords,
    } as unknown as Parameters<AgentGuards['otherVersion']>[1];
    const wanted = { incarnation, ...(minor === null ? {} : { minor }), ...(from === null ? {} : { from }) };
    return this.#hooks.guards.otherVersion(incarnation, current, wanted) !== null;
  }

  /** The coordinator's word, with the last good settings in the place of those that etcd cannot run with. */
  #effective(etcd: EtcdConf): EtcdConf {
    const good = this.#good?.incarnation === etcd.incarnation ? this.#good : null;
    if (good === null || this.#rejected === null || !areSame(etcd, this.#rejected)) return etcd;
    const { tuning, snapshotCount, release } = good;
    return { ...etcd, tuning, snapshotCount, release, ...turned(etcd, good) };
  }

  #judgeSettings(): void {
    const process = this.#process();
    const conf = this.#conf;
    if (process !== undefined && (process.dir.cluster?.leader ?? null) !== null && process.dir.index > 0)
      this.#good = {
        ...{ incarnation: process.dir.incarnation, tuning: process.tuning, snapshotCount: process.snapshotCount },
        release: this.#started,
      };
    const fails = process === undefined && this.#restartDoneAt === null && this.#failure !== null;
    const good = conf !== null && this.#good?.incarnation === conf.incarnation ? this.#good : null;
    const onTrial = good !== null && conf !== null && !areSame(good, conf);
    if (!fails || !onTrial || conf === null) {
      this.#funhealthySince = null;
      return;
    }
    this.#funhealthySince ??= this.#etcd.now;
    if (this.#etcd.now - this.#funhealthySince < gate || !this.#hooks.guards.putsBack) return;
    const back = minorOf(this.#binaryOf(good.release).version);
    const runs = this.#minors.get(conf.incarnation) ?? back;
    if (isEarlierMinor(back, runs) && !this.#mayGoBack(back, false)) {
      this.#funhealthySince = null;
      return;
    }
    this.#hooks.tell(`${this.name} puts back its last good settings`);
    this.#rejected = { tuning: conf.tuning, snapshotCount: conf.snapshotCount, release: conf.release };
    this.#funhealthySince = null;
    this.#conf = this.#effective(conf);
    this.#follow(this.#conf);
    this.supervise();
  }

  #restartByPermit(): void {
    const permit = this.#usablePermit();
    const told = this.#told;
    if (permit === null || told === null) return;
    const next = this.#next?.version ?? '';
    const runs = minorOf(this.#process()?.binary.version ?? next);
    const { etcd } = this.#desired ?? {};
    if (!admits(etcd ? order(this.#effective(etcd)) : null, runs, minorOf(next)))
      this.#hooks.violate('R17', `${this.name} stops its etcd ${runs}, and ${next} is what it would start`);
    this.#hooks.actsByPermit(this.name, permit);
    if (told.document.permit?.act === 'hold') {
      this.#hooks.tell(`${this.name} stops its etcd for the hold ${permit}`);
      this.#holds.begin(permit, this.#etcd.now);
      this.#etcd.stop(this.name);
      return;
    }
    this.#hooks.tell(`${this.name} restarts its etcd by permit ${permit}`);
    this.#spentPermit = permit;
    this.#etcd.stop(this.name);
    if (this.#conf !== null && this.#has(this.#conf.release)) this.#follow(this.#conf);
    this.#restartDoneAt = this.#etcd.now + restartTakes;
  }

  #usablePermit(): string | null {
    const told = this.#told;
    const permit = told?.document.permit ?? null;
    if (!this.agentUp || !this.#mayUse(permit)) return null;
    const wanted = this.#desired?.etcd ?? null;
    if (wanted !== null && (this.#isOtherVersion(wanted) || this.#isWayClosed(wanted))) return null;
    if (!this.#hooks.guards.needsPermit) return 'none';
    if (told === null || permit === null || permit.id === this.#spentPermit) return null;
    return this.#hooks.guards.leaseIsValid(told, permit.validForSeconds, this.#etcd.now) ? permit.id : null;
  }

  #mayUse(permit: AcceptedMember['document']['permit']): boolean {
    if (permit?.act === 'hold') return this.#process() !== undefined && this.#holds.permit !== permit.id;
    return this.restartPending || (permit?.asked === true && this.#process() !== undefined);
  }

  #within(seconds: number): boolean {
    return this.#hooks.guards.leaseIsValid({ requestedAt: this.#leaseFrom } as Accepted, seconds, this.#etcd.now);
  }

  #takeStep({ step }: DesiredModel): void {
    const cluster = this.#process()?.dir.cluster;
    if (step === null || !cluster || !this.#within(step.validForSeconds)) return;
    if (this.#lastStep?.id === step.id && this.#lastStep.outcome === 'done') return;
    const outcome = this.#execute(cluster, step.mutation);
    const reason = outcome.ok ? '' : outcome.reason;
    this.#hooks.tell(`${this.name}: ${step.mutation.kind} ${step.mutation.member} ${reason || 'done'}`);
    this.#lastStep = {
      id: step.id,
      member: step.mutation.member,
      outcome: outcome.ok ? 'done' : 'refused',
      reason: said(outcome.ok ? 'done' : outcome.reason),
    };
  }

  #maintain({ maintenance }: DesiredModel): void {
    const cluster = this.#process()?.dir.cluster;
    if (maintenance === null || !cluster || !this.#within(maintenance.validForSeconds)) return;
    if (this.#lastMaintenance?.id === maintenance.id) return;
    const outcome = this.#etcd.downgrade(cluster, maintenance.to);
    const reason = outcome.ok ? 'done' : outcome.reason;
    const asked = maintenance.to === null ? 'the end of its downgrade' : `a downgrade to ${maintenance.to}`;
    this.#hooks.tell(`${this.name} asks etcd for ${asked}: ${reason}`);
    this.#lastMaintenance = { id: maintenance.id, outcome: outcome.ok ? 'done' : 'failed', reason: said(reason) };
  }

  #execute(cluster: Cluster, mutation: NonNullable<DesiredModel['step']>['mutation']): Outcome {
    switch (mutation.kind) {
      case 'add-learner':
        return this.#etcd.addLearner(cluster, mutation.peerUrl);
      case 'promote':
        return this.#etcd.promote(cluster, mutation.memberId);
      case 'remove-learner': {
        const member = cluster.members.find(({ id }) => id === mutation.memberId);
        // The agent's own look at the list just before: the coordinator only ever means a learner.
        if (member !== undefined && !this.#hooks.guards.mayRemove(member))
          return { ok: false, reason: 'it is a voter by now' };
        return this.#etcd.remove(cluster, mutation.memberId);
      }
      case 'remove-voter':
        return this.#etcd.remove(cluster, mutation.memberId);
    }
  }

  #isWhole({ etcd, retired }: DesiredModel): boolean {
    const running = this.#process()?.dir.incarnation ?? null;
    if (running !== null && retired.includes(running)) return false;
    const rejected = etcd !== null && this.#rejected !== null && areSame(etcd, this.#rejected);
    if (etcd === null) return true;
    return running === etcd.incarnation && this.#has(etcd.release) && !this.restartPending && !rejected;
  }

  /** The index is read before the list that goes with it; anything may happen in between. */
  beginReport(): void {
    if (this.awake) this.#listBegunAt = this.#process()?.dir.index ?? null;
  }

  report(): Omit<ReportMessage, 'node' | 'machine'> | null {
    if (!this.awake || this.#run === null) return null;
    this.#sequence += 1;
    const asOf = this.#listBegunAt;
    this.#listBegunAt = null;
    const status = this.#status(asOf);
    if (this.lie !== null) this.everLied = true;
    const said = lying(status, this.lie, this.#lastSaid);
    this.#lastSaid = status.etcd ?? this.#lastSaid;
    const run = this.lie === 'run' ? farAhead : this.#run;
    return { run, sequence: this.#sequence, status: said, lie: this.lie };
  }

  #status(listBegunAt: number | null): NodeStatus {
    const process = this.#process();
    const lost = this.hasLostData;
    const told = this.#told;
    const down = this.#restartDoneAt !== null || this.#failure === null ? 'stopped' : 'crashed';
    const wanted = this.#desired?.etcd ?? null;
    const isHeldBack = this.#conf !== null && wanted !== null && this.#isOtherVersion(wanted);
    return {
      agent: {
        version: '0.1.0',
        takesMinorOrders: true,
        startedAt: '2026-01-01T00:00:00Z',
        inventory: this.#inventory,
        ...(this.#epoch === null ? {} : { epoch: this.#epoch }),
        generationSeen: this.#seen,
        ...(this.#seal === null ? {} : { seal: this.#seal }),
        generationApplied: this.#applied,
        waits: this.#fetching === null ? [] : [said(`etcd ${this.#fetching.release} from the coordinator`)],
      },
      service: {
        state:
          process !== undefined
            ? 'running'
            : lost
              ? 'lost-data'
              : isHeldBack
                ? 'held-back'
                : this.#conf === null
                  ? 'absent'
                  : down,
        incarnation: this.#conf?.incarnation ?? null,
        etcdVersion: this.#next?.version ?? null,
        ...(this.#started === null ? {} : { release: this.#started }),
        ...(this.#hasNoWayBack ? { noWayBack: true } : {}),
        restarts: this.#restarts,
        reason: process === undefined && !lost && this.#failure !== null ? said(this.#failure) : null,
        lastLog: [],
        restartPending: this.restartPending,
        ...(this.#spentPermit === '' ? {} : { lastPermit: this.#spentPermit }),
        ...this.#holds.report(told),
        rejected:
          wanted !== null && this.#rejected !== null && areSame(wanted, this.#rejected) ? said('it cannot run') : null,
      },
      etcd: process === undefined ? null : this.#etcdStatus(process, listBegunAt),
      certificates,
      lastStep: this.#lastStep,
      ...(this.#lastMaintenance === undefined ? {} : { lastMaintenance: this.#lastMaintenance }),
      restoreTool: { installed: 'etcdutl', obstacle: null },
      machine: { disk: null, memory: null, temperatureCelsius: null, clockOffsetMs: null, walFsyncP99Ms: null },
    };
  }

  #etcdStatus({ dir, binary }: Process, listBegunAt: number | null): NodeStatus['etcd'] {
    const { cluster } = dir;
    const member = cluster?.members.find(({ id }) => id === dir.memberId);
    if (cluster === null || member === undefined) return null;
    const follows = cluster.leader !== null && dir.index > 0;
    // A linearizable read waits until this member has applied all that was committed before it.
    const lists = follows && !member.isLearner && dir.index === cluster.commit;
    return {
      clusterId: cluster.id,
      memberId: member.id,
      isLearner: member.isLearner,
      leader: follows ? (cluster.leader ?? '0') : '0',
      raftTerm: 2,
      raftIndex: dir.index,
      raftAppliedIndex: dir.index,
      dbSizeBytes: 4096,
      dbSizeInUseBytes: 4096,
      revision: 1,
      version: binary.version,
      alarms: [],
      healthy: follows,
      linearizableRead: lists,
      members: lists
        ? cluster.members.map(({ id, name, peerUrl, isLearner }) => ({
            id,
            name,
            peerUrls: [peerUrl],
            clientUrls: [],
            isLearner,
          }))
        : null,
      membersAsOf: Math.min(listBegunAt ?? dir.index, dir.index),
      ...(this.#watches || this.#desired?.etcd?.from != null ? { clusterVersion: `${cluster.minor}.0` } : {}),
      ...(this.#watches ? { raftSnapshotIndex: dir.snapshot } : {}),
      ...(isEarlierMinor(minorOf(binary.version), '3.6') ? {} : formatOf(dir, cluster)),
    };
  }

  get #watches(): boolean {
    return this.#desired?.watchRaftSnapshots === true;
  }

  #process(): Process | undefined {
    return this.#etcd.processes.get(this.name);
  }
}

/** What etcd 3.6 and later say of the format of their data, and of a downgrade. */
function formatOf({ format }: DataDir, { target }: Cluster): Partial<EtcdReport> {
  const downgradeInfo = { enabled: target !== null, targetVersion: target === null ? '' : `${target}.0` };
  return { ...(format === null ? {} : { storageVersion: `${format}.0` }), downgradeInfo };
}

type Settings = Pick<EtcdConf, 'tuning' | 'snapshotCount' | 'release'>;

function areSame(one: Settings, other: Settings): boolean {
  return one.tuning === other.tuning && one.snapshotCount === other.snapshotCount && one.release === other.release;
}

function order({ minor, from }: EtcdConf): ReturnType<typeof orderOf> {
  return orderOf({ ...(minor === null ? {} : { minor }), ...(from === null ? {} : { from }) });
}

/** The order for what is put back: the way back, if that is of the minor version that the order comes from. */
function turned({ minor, from, release }: EtcdConf, good: Settings): Partial<EtcdConf> {
  if (minor === null || from === null) return {};
  const isOther = good.release === null ? release !== null : minorOf(good.release) === from;
  return isOther ? { minor: from, from: minor } : {};
}

/** What the real decision looks at of a desired state, in the form that it has over the wire. */
function documentOf(
  node: string,
  { inventory, epoch, generation, seal, priorSeals, desired }: PollAnswer,
): DesiredState {
  const { permit: leave } = desired;
  const permit = leave?.act === 'hold' ? { ...leave, stop: true } : leave;
  const incarnation = desired.etcd === null ? null : { ...desired.etcd, initialClusterState: desired.etcd.state };
  const numbered = { inventory, ...(epoch === null ? {} : { epoch }), generation, seal, priorSeals };
  return {
    ...desired,
    ...numbered,
    permit,
    nodeId: node,
    member: node,
    etcd: incarnation,
  } as unknown as DesiredState;
}
