import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { MaintenanceOutcome } from '@picket/shared/protocol/maintenance.ts';
import type { EtcdReport, ListedMember, NodeStatus } from '@picket/shared/protocol/report.ts';
import { defaultSnapshotPolicy, type SnapshotOutcome } from '@picket/shared/protocol/snapshots.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { applyStep } from '../../../src/controller/apply-step.ts';
import { nextStep } from '../../../src/controller/next-step.ts';
import { declaredCompromised } from '../../../src/controller/replacement/declare-compromised.ts';
import { declaredLost } from '../../../src/controller/replacement/declare-lost.ts';
import { replaced, vacated } from '../../../src/controller/replacement/replacement.ts';
import { claimOf } from '../../../src/model/claims.ts';
import type { ClusterStatus, NodeObservation } from '../../../src/model/cluster-status.ts';
import { memberNames } from '../../../src/model/member-names.ts';
import type { MemberProgress } from '../../../src/model/membership-progress.ts';
import type { Decision } from '../../../src/model/opinion.ts';
import { type ClusterProgress, emptyProgress, type Step } from '../../../src/model/progress.ts';
import { withoutClaims } from '../../../src/model/quarantine.ts';
import { peerUrlOf } from '../../../src/model/urls.ts';
import { longestSilence } from '../../../src/model/waits.ts';
import { said } from '../../support/said.ts';

export interface SpecChanges {
  readonly members?: number;
  readonly allowDowntime?: boolean;
  /** None are taken by default: they would come between the steps of a test. */
  readonly snapshotEveryMinutes?: number;
}

/** The seed's cluster: x-k3s-m-1 and up, at 192.168.7.11 and up. */
export function sampleSpec({
  members = 3,
  allowDowntime = false,
  snapshotEveryMinutes = 0,
}: SpecChanges = {}): ClusterSpec {
  return {
    name: 'x-k3s',
    revision: 1,
    members: Array.from({ length: members }, (_, index) => ({
      name: `x-k3s-m-${index + 1}`,
      address: `192.168.7.${index + 11}`,
    })),
    tuning: {
      heartbeatIntervalMs: 500,
      electionTimeoutMs: 5000,
      quotaBackendBytes: 2 * 1024 ** 3,
      snapshotCount: 10_000,
      autoCompactionRetention: '1h',
    },
    snapshots: { ...defaultSnapshotPolicy, everyMinutes: snapshotEveryMinutes },
    domain: 'edge.huatai.me',
    serviceNames: [],
    vips: [],
    advertise: 'ip',
    keyType: 'p256',
    leafLifetimeHours: 8760,
    ports: { client: 2379, peer: 2380, metrics: 2381 },
    allowLoopback: false,
    allowDowntime,
  };
}

export interface StatusChanges {
  readonly agent?: Partial<NodeStatus['agent']>;
  readonly service?: Partial<NodeStatus['service']>;
  readonly etcd?: Partial<EtcdReport> | null;
  readonly certificates?: NodeStatus['certificates'];
  readonly lastStep?: NodeStatus['lastStep'];
  readonly lastSnapshot?: SnapshotOutcome;
  readonly lastMaintenance?: MaintenanceOutcome;
  /** null: from an agent that does not report it. */
  readonly restoreTool?: NodeStatus['restoreTool'] | null;
  readonly machine?: Partial<NodeStatus['machine']>;
  readonly healthySince?: number | null;
}

const unknownMachine = { disk: null, memory: null, temperatureCelsius: null, clockOffsetMs: null, walFsyncP99Ms: null };
const hasEtcdutl = { installed: 'etcdutl', obstacle: null } as const;
/** A seal that vouches for anything. */
export const goodSeal = 's'.repeat(64);

const quietAgent = { version: '0.1.0', startedAt: '2026-01-01T00:00:00Z', waits: [] };
const noService: NodeStatus['service'] = {
  state: 'absent',
  incarnation: null,
  etcdVersion: null,
  restarts: 0,
  reason: null,
  lastLog: [],
  restartPending: false,
  rejected: null,
};
const certificate = { serial: 'a1', notBefore: '2026-01-01T00:00:00Z', notAfter: '2027-01-01T00:00:00Z' };
const threeCertificates: NodeStatus['certificates'] = [
  { purpose: 'server', ...certificate },
  { purpose: 'peer', ...certificate },
  { purpose: 'client', ...certificate },
];

/** A situation under construction. Members are named by their number: 1 is x-k3s-m-1. Times are in seconds. */
export class Scene {
  now = 0;
  spec: ClusterSpec;
  progress: ClusterProgress = emptyProgress;
  readonly nodes: Record<string, NodeObservation> = {};
  readonly clients: Record<string, NodeObservation> = {};
  /** etcd's own members, and the index of their list. */
  etcd: ListedMember[] = [];
  index = 10;
  leader = 'a1';
  #names = 0;

  constructor(changes: SpecChanges = {}) {
    this.spec = sampleSpec(changes);
  }

  name(number: number): string {
    return `x-k3s-m-${number}`;
  }

  wait(seconds: number): this {
    this.now += seconds * 1000;
    return this;
  }

  member(number: number): MemberProgress | undefined {
    return this.progress.members[this.name(number)];
  }

  /** Joined and prepared; its agent has just reported. */
  joins(number: number, changes: StatusChanges = {}): this {
    return this.reports(number, { etcd: null, ...changes });
  }

  /** A present report. By default etcd runs the member's incarnation if it has one, and serves. */
  reports(number: number, changes: StatusChanges = {}): this {
    const before = this.nodes[this.name(number)];
    const generation = before?.generation ?? 1;
    const present = this.member(number);
    const { etcd, service } = changes;
    // It stays in the agent's journal, and its end makes the status board count again.
    const known = before?.status?.lastMaintenance;
    const lastMaintenance = changes.lastMaintenance ?? known;
    const isNew = lastMaintenance?.id !== known?.id || lastMaintenance?.outcome !== known?.outcome;
    const endsNow = isNew && lastMaintenance?.outcome !== 'begun';
    const healthySince = endsNow ? this.now : (before?.healthySince ?? this.now);
    const ails = etcd === null || etcd?.healthy === false || (service?.state ?? 'running') !== 'running';
    // As the status board counts: its time begins once it is started.
    const isHeldBack = [before?.status?.service.state, service?.state].includes('held-back');
    this.nodes[this.name(number)] = {
      nodeId: `node${number}`,
      joinOrder: before?.joinOrder ?? Object.keys(this.nodes).length + 1,
      inventory: 'inventory1',
      generation,
      receivedAt: this.now,
      unhealthySince: ails ? ((isHeldBack ? null : before?.unhealthySince) ?? this.now) : null,
      healthySince: changes.healthySince === undefined ? healthySince : changes.healthySince,
      status: {
        agent: {
          version: '0.1.0',
          startedAt: '2026-01-01T00:00:00Z',
          inventory: 'inventory1',
          generationSeen: generation,
          generationApplied: generation,
          takesMinorOrders: true,
          waits: [],
          ...changes.agent,
        },
        service: {
          state: present === undefined ? 'absent' : 'running',
          incarnation: present?.incarnation ?? null,
          etcdVersion: '3.5.33',
          restarts: 0,
          reason: null,
          lastLog: [],
          restartPending: false,
          rejected: null,
          ...changes.service,
        },
        etcd: changes.etcd === null ? null : { ...this.#etcdReport(number), ...changes.etcd },
        certificates: changes.certificates ?? threeCertificates,
        lastStep: changes.lastStep ?? null,
        ...(changes.lastSnapshot === undefined ? {} : { lastSnapshot: changes.lastSnapshot }),
        ...(lastMaintenance === undefined ? {} : { lastMaintenance }),
        ...(changes.restoreTool === null ? {} : { restoreTool: changes.restoreTool ?? hasEtcdutl }),
        machine: { ...unknownMachine, ...changes.machine },
      },
    };
    return this;
  }

  /** A client node reports, by default the same as a blank member. */
  clientReports(name: string, { agent, service }: Pick<StatusChanges, 'agent' | 'service'> = {}): this {
    const status: NodeStatus = {
      agent: { ...quietAgent, inventory: 'inventory1', generationSeen: 1, generationApplied: 1, ...agent },
      service: { ...noService, ...service },
      etcd: null,
      certificates: [],
      lastStep: null,
      machine: unknownMachine,
    };
    const observation = {
      nodeId: name,
      joinOrder: 0,
      inventory: 'inventory1',
      generation: 1,
      healthySince: null,
      unhealthySince: null,
    };
    this.clients[name] = { ...observation, receivedAt: this.now, status };
    return this;
  }

  /** Everybody with an incarnation reports that it serves. */
  allReport(): this {
    for (const number of this.#numbers()) if (this.member(number) !== undefined) this.reports(number);
    return this;
  }

  /** The recorded indices of the lists of these voters as of now. */
  asOf(...numbers: readonly number[]): Readonly<Record<string, number>> {
    return Object.fromEntries(numbers.map((number) => [`a${number}`, this.index]));
  }

  /** Every voter, but no other, reports that it serves: they show the present list. */
  votersReport(): this {
    for (const number of this.#numbers()) if (this.member(number)?.phase === 'voter') this.reports(number);
    return this;
  }

  /** The coordinator was started again so many seconds ago; it has the last report of each node from before. */
  startedAgo(seconds: number): this {
    const began = this.now - seconds * 1000;
    for (const [name, node] of Object.entries(this.nodes)) {
      if (node.receivedAt === null || node.receivedAt >= began) continue;
      this.nodes[name] = { ...node, isStored: true, heardAt: began, unsureUntil: began + longestSilence };
    }
    return this;
  }

  published(number: number): this {
    const node = this.nodes[this.name(number)];
    if (node !== undefined) this.nodes[this.name(number)] = { ...node, generation: node.generation + 1 };
    return this;
  }

  decide(): Decision {
    return nextStep(this.spec, this.status(), this.progress, this.now);
  }

  /** As the coordinator observes it: claims are separated from the rest. */
  status(): ClusterStatus {
    const observed = (nodes: Record<string, NodeObservation>) =>
      Object.fromEntries(Object.entries(nodes).map(([name, node]) => [name, this.#observed(node)]));
    return { nodes: observed(this.nodes), clients: observed(this.clients) };
  }

  #observed(node: NodeObservation): NodeObservation {
    const { inventory, epoch = null, generation, status } = node;
    const claim =
      status === null
        ? null
        : claimOf(status, { inventory, epoch, generation, seals: ['own'] }, (_, seal) => seal === goodSeal);
    return withoutClaims(claim === null ? node : { ...node, claim }, this.progress);
  }

  /** Takes every step that is due, as the executor does. */
  settle(): readonly Step[] {
    const steps: Step[] = [];
    for (let count = 0; count < 20; count += 1) {
      const { step } = this.decide();
      if (step === null) return steps;
      steps.push(step);
      this.take(step);
    }
    throw new Error('the controller did not come to rest');
  }

  /** Takes the step that is due; null if there is none. */
  takeNext(): Step | null {
    const { step } = this.decide();
    if (step !== null) this.take(step);
    return step;
  }

  take(step: Step): this {
    this.#names += 1;
    const fresh = { incarnation: `life${this.#names}`, nonce: `nonce${this.#names}`, id: `step${this.#names}` };
    this.progress = applyStep(this.progress, step, this.spec.name, fresh, this.now);
    return this;
  }

  /** An operator replaces it. */
  replaces(number: number, force = false): this {
    const { spec, progress, now } = this;
    const situation = { spec, progress, now, status: this.status() };
    this.progress = replaced(situation, this.name(number), {
      reason: reason('replaced_by', { by: 'operator admin' }),
      force,
    });
    return this;
  }

  /** Another machine joins in its place. */
  vacates(number: number): this {
    const { spec, progress, now } = this;
    const situation = { spec, progress, now, status: this.status() };
    this.progress = vacated(situation, this.name(number), said('another machine joins'));
    return this;
  }

  /** An operator declares its machine lost. */
  declaredLost(number: number): this {
    const { spec, progress, now } = this;
    const situation = { spec, progress, now, status: { nodes: this.nodes, clients: this.clients } };
    this.progress = declaredLost(
      situation,
      this.name(number),
      `node${number}`,
      reason('said_lost', { by: 'operator admin' }),
    );
    return this;
  }

  /** An operator says that somebody else controls its machine, and evicts its node. */
  compromised(number: number): this {
    const { spec, progress, now } = this;
    const situation = { spec, progress, now, status: this.status() };
    const why = reason('said_compromised', { by: 'operator admin' });
    this.progress = declaredCompromised(situation, this.name(number), `node${number}`, why);
    return this.evicts(number);
  }

  /** Its node is gone, and nobody has replaced it. */
  evicts(number: number): this {
    delete this.nodes[this.name(number)];
    return this;
  }

  /** The founder serves and is recorded. */
  founded(): this {
    this.joins(1).settle();
    this.etcd = [this.listed(1, false)];
    this.reports(1).settle();
    return this;
  }

  /** etcd adds the ordered member, as the list of the voters then shows. */
  etcdAdds(number: number, changes: Partial<ListedMember> = {}): this {
    this.index += 1;
    this.etcd = [...this.etcd, { ...this.listed(number, true), name: '', ...changes }];
    return this;
  }

  etcdPromotes(number: number): this {
    this.index += 1;
    this.etcd = this.etcd.map((one) => (one.id === `a${number}` ? { ...one, isLearner: false } : one));
    return this;
  }

  etcdRemoves(id: string): this {
    this.index += 1;
    this.etcd = this.etcd.filter((one) => one.id !== id);
    return this;
  }

  /** This many voters, all serving, at rest. */
  static formed(voters: number, changes: SpecChanges = {}): Scene {
    const scene = new Scene(changes).founded();
    for (let number = 2; number <= voters; number += 1) {
      scene.joins(number);
      if (number < voters) scene.joins(number + 1);
      scene.allReport().settle();
      scene.etcdAdds(number).votersReport().settle();
      scene.reports(number).settle();
      scene.etcdPromotes(number).votersReport().settle();
      scene.allReport();
    }
    return scene.allReport();
  }

  listed(number: number, isLearner: boolean): ListedMember {
    const declared = this.spec.members.find(({ name }) => name === this.name(number));
    if (declared === undefined) throw new Error(`no member ${number} is declared`);
    return {
      id: `a${number}`,
      name: declared.name,
      peerUrls: [peerUrlOf(this.spec, declared)],
      clientUrls: [],
      isLearner,
    };
  }

  #etcdReport(number: number): EtcdReport {
    const isLearner = this.etcd.find(({ id }) => id === `a${number}`)?.isLearner ?? false;
    return {
      clusterId: 'c1',
      memberId: `a${number}`,
      isLearner,
      leader: this.leader,
      raftTerm: 2,
      raftIndex: this.index,
      raftAppliedIndex: this.index,
      dbSizeBytes: 4096,
      dbSizeInUseBytes: 4096,
      revision: 1,
      version: '3.5.33',
      alarms: [],
      healthy: true,
      linearizableRead: !isLearner,
      members: isLearner ? null : this.etcd,
      membersAsOf: this.index,
    };
  }

  #numbers(): readonly number[] {
    return memberNames(this).map((name) => Number(name.slice(this.name(0).length - 1)));
  }
}
