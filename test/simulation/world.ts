import { isDeclared } from '@picket/coordinator/model/member-names.ts';
import type { ClusterProgress, Step } from '@picket/coordinator/model/progress.ts';
import type { Situation } from '@picket/coordinator/model/situation.ts';
import type { UpgradePause } from '@picket/coordinator/model/upgrade-progress.ts';
import { peerUrlOf } from '@picket/coordinator/model/urls.ts';
import { decisionGoodFor, freshFor } from '@picket/coordinator/model/waits.ts';
import { minorOf } from '@picket/shared/etcd-version.ts';
import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import type { Reason } from '@picket/shared/reasons/reason.ts';
import { sampleSpec } from '../../packages/coordinator/test/controller/support/situations.ts';
import { AgentModel, type PollAnswer, usualMinor } from './agent-model.ts';
import {
  CoordinatorModel,
  type Durable,
  mostNames,
  newStore,
  nodeId,
  type Publication,
  type ReportMessage,
  restoredStore,
  standing,
} from './coordinator-model.ts';
import type { DesiredModel } from './desired-state-model.ts';
import { type Cluster, EtcdModel } from './etcd-model.ts';
import type { Guards } from './guards.ts';
import { judgeStep } from './judge-step.ts';
import { ofMembers } from './lies.ts';
import { lastOf35, upgradeTo } from './releases-model.ts';
import { isSealed } from './seals-model.ts';

/** An invariant does not hold; the history says how it came to that. */
export class Violation extends Error {
  readonly rule: string;

  constructor(rule: string, what: string, history: readonly string[]) {
    super(`${rule}: ${what}\n${history.join('\n')}`);
    this.rule = rule;
  }
}

interface AnswerMessage {
  readonly from: CoordinatorModel;
  readonly node: string;
  readonly machine: number;
  readonly answer: PollAnswer;
}

interface Link {
  polls: boolean;
  reports: boolean;
}

/** So long etcd may fail with new settings before its agent has put the last good ones back. */
const mostFailing = 30_000;
const longPoll = 30_000;
/** More than this at once are not kept: the oldest is lost. */
const mostInFlight = 12;

/** Everything there is, on one clock. Deterministic: the same calls, the same history. */
export class World {
  readonly start = Date.UTC(2026, 0, 1);
  now = this.start;
  readonly history: string[] = [];
  readonly etcd: EtcdModel;
  /** The one that nodes and operators reach, and every one that there is: those from before a restore may run on. */
  coordinator: CoordinatorModel;
  readonly coordinators: CoordinatorModel[] = [];
  /** Nodes have reached one from before a restore after it. */
  spokeTwo = false;
  founderOfBackup: string | null = null;
  #backup: Durable | null = null;
  readonly agents = new Map<string, AgentModel>();
  readonly links = new Map<string, Link>();
  /** Held up on their way, until the adversary lets them arrive. */
  readonly answers: AnswerMessage[] = [];
  readonly reports: ReportMessage[] = [];
  /** A spec before the present one had an even number of members. */
  evenAsked = false;
  /** A wiped disk that only an operator can mend. */
  beyondRepair = false;
  /** Each settings of its own: those that were last made up, and those that were wanted before. */
  newestTuning: number;
  formerTuning: number | null = null;
  /** A coordinator was restored, or had a reason to freeze the cluster. */
  mayFreeze = false;
  /** Of the coordinator that runs. */
  #copyOfDisk: { readonly coordinator: CoordinatorModel; readonly store: Durable } | null = null;
  /** Coordinators whose disk was put back, until they have another epoch. */
  readonly #rolledBack = new Set<CoordinatorModel>();
  /** A voter has lied about who is a member, and nobody else may have said otherwise. */
  membersLied = false;
  readonly #guards: Guards;
  readonly #polls = new Map<string, { readonly sentAt: number; readonly heldUp: boolean }>();
  #arriving: AnswerMessage[] = [];
  readonly #urls: ReadonlyMap<string, string>;
  readonly #recordedIds = new Map<CoordinatorModel, string | null>();
  /** Tokens of formations that an operator gave up. */
  readonly #givenUp = new Set<string>();
  readonly #released = new Map<string, string>();
  /** Judges more than {@link check}, once for each step of a run. */
  atEachStep: (world: World) => void = () => undefined;
  /** Members that an operator takes out of etcd past the coordinator. */
  readonly #byHand = new Set<string>();
  /** The minor versions that operators have let the cluster run, and those of which each incarnation was given an etcd. */
  readonly orderedMinors = new Set<string>([usualMinor]);
  readonly #given = new Map<string, Set<string>>();
  upgrades = 0;
  /** Permits of a cluster that an operator gave up: what they may take down is no longer this cluster. */
  readonly #abandoned = new Set<string>();
  /** When each coordinator last took a report of each node. */
  readonly #heardAt = new Map<CoordinatorModel, Map<string, number>>();
  /** Settings that nobody can run with, and who was given them. */
  readonly #tried = new Map<CoordinatorModel, Map<number, string>>();
  readonly #disclosed = new Map<CoordinatorModel, Map<string, Publication>>();

  constructor(spec: ClusterSpec, guards: Guards) {
    this.#guards = guards;
    this.newestTuning = spec.tuning.heartbeatIntervalMs;
    // Also of those that may be declared later.
    const all = sampleSpec({ members: mostNames });
    this.#urls = new Map(all.members.map((member) => [member.name, peerUrlOf(spec, member)]));
    this.etcd = new EtcdModel(this.#urls, (rule, what) => {
      if (this.membersLied && (rule === 'R1' || rule === 'R4')) this.beyondRepair = true;
      else this.violate(rule, what);
    });
    this.etcd.now = this.now;
    this.etcd.founded = (token) => this.#founded(token);
    this.etcd.isOrdered = (incarnation, minor) =>
      this.orderedMinors.has(minor) && this.#given.get(incarnation)?.has(minor) === true;
    this.etcd.mayLeave = (memberId) => this.#leaving(memberId);
    this.coordinator = this.#newCoordinator(newStore(spec));
  }

  #newCoordinator(store: Durable): CoordinatorModel {
    const hooks = {
      now: () => this.now,
      violate: (rule: string, what: string) => this.violate(rule, what),
      tell: (what: string) => this.tell(this.coordinators.length > 1 ? `${nameOf()}: ${what}` : what),
      published: (node: string, publication: Publication) => this.#published(coordinator, node, publication),
      steps: (step: Step, situation: Situation) => this.#steps(coordinator, step, situation),
    };
    const coordinator: CoordinatorModel = new CoordinatorModel(store, hooks, this.#guards);
    const nameOf = (): string => coordinator.epoch?.name ?? 'the first coordinator';
    this.#disclosed.set(coordinator, new Map());
    this.coordinators.push(coordinator);
    return coordinator;
  }

  /** Whichever of them there are, it is of the newest. */
  backUp(): void {
    const { durable } = this.coordinators.at(-1) ?? this.coordinator;
    this.#backup = { ...durable };
  }

  copyDisk(): void {
    const { coordinator } = this;
    this.#copyOfDisk = { coordinator, store: { ...coordinator.durable } };
  }

  /**
   * The coordinator goes on from an older disk, and a node that follows more than that reports at once: as long as none of
   * them is heard, nothing can tell it from one that never was further. Before that report, nodes hear what it publishes.
   * @param change what operators do before that
   */
  rollBack(change: () => void): void {
    const { coordinator } = this;
    const copy = this.#copyOfDisk;
    if (copy?.coordinator !== coordinator || coordinator.crashAt !== null) return;
    const { nodes, publications, restoration } = copy.store;
    // A copy of before the restore would be of another epoch: that is a backup.
    if (restoration?.epoch.name !== coordinator.epoch?.name || idsOf(coordinator.durable) !== idsOf(copy.store)) return;
    const witness = [...this.agents.values()].find(
      ({ name, machine, awake, generationSeen, epochFollowed, lie }) =>
        awake &&
        lie === null &&
        epochFollowed === (restoration?.epoch.number ?? 0) &&
        restoration?.awaited.includes(nodeId(name, machine)) !== true &&
        standing(nodes).some(({ id }) => id === nodeId(name, machine)) &&
        this.links.get(name)?.reports === true &&
        generationSeen > (publications.get(nodeId(name, machine))?.generation ?? 0),
    );
    if (witness === undefined) return;
    this.tell('the disk of the coordinator is put back');
    this.#rolledBack.add(coordinator);
    this.#disclosed.set(coordinator, new Map());
    // On their way to a machine that is gone; and what it had kept was true once.
    this.reports.length = 0;
    this.#polls.clear();
    coordinator.rollBack({ ...copy.store, reports: new Map() });
    change();
    for (const node of this.agents.keys()) this.poll(node, false);
    this.#deliverArriving();
    this.report(witness.name, false);
    if (coordinator.progress.frozen === null)
      this.violate('R5', `${witness.name} has seen more than the store that was put back, and nothing is frozen`);
    // What was set going since the copy is not known; nor which settings were tried.
    this.#recordedIds.delete(coordinator);
    this.#triedBy(coordinator).clear();
  }

  /** A coordinator that is behind, as its seals prove, gets another epoch from its own store. */
  reviveOvertaken(): void {
    if (this.progress.provenBehind === null) return;
    this.tell('the coordinator is backed up, and restored from that');
    this.backUp();
    this.restore();
  }

  /** Another coordinator is made of the backup, and nodes reach that; the one before runs on if it does. */
  restore(): void {
    if (this.#backup === null) return;
    this.mayFreeze = true;
    this.founderOfBackup = this.#backup.record.progress.formation?.incarnation ?? null;
    const store = restoredStore(this.#backup, this.coordinators.length, this.now);
    const restored = this.#newCoordinator(store);
    // It comes up like any other: what its store has of a clock that was ahead is mended.
    restored.crash();
    restored.start();
    this.reach(restored);
  }

  /** From now on nodes and operators reach this one. */
  reach(coordinator: CoordinatorModel): void {
    this.coordinator = coordinator;
    this.spokeTwo ||= coordinator !== this.coordinators.at(-1);
    this.#polls.clear();
    // They were sent over connections to another machine.
    this.reports.length = 0;
  }

  #founded(token: string): void {
    const other = this.etcd.clusters.find((cluster) => cluster.token !== token && !this.#givenUp.has(cluster.token));
    if (other !== undefined && !this.#givenUp.has(token))
      this.violate('R1', `a cluster is founded beside ${other.id}, which nobody gave up`);
  }

  get spec(): ClusterSpec {
    return this.coordinator.spec;
  }

  get progress(): ClusterProgress {
    return this.coordinator.progress;
  }

  get cluster(): Cluster | undefined {
    const { formation } = this.progress;
    return this.etcd.clusters.find(({ id, token }) => id === formation?.clusterId || token === formation?.token);
  }

  get hasReset(): boolean {
    return this.#givenUp.size > 0;
  }

  tell(what: string): void {
    this.history.push(`${String((this.now - this.start) / 1000).padStart(8)} s  ${what}`);
  }

  violate(rule: string, what: string): never {
    throw new Violation(rule, what, this.history);
  }

  advance(milliseconds: number): void {
    this.now += milliseconds;
    this.etcd.now = this.now;
    this.etcd.settle();
  }

  join(node: string): void {
    if (!this.coordinator.up) return;
    const former = this.agents.get(node);
    if (former !== undefined) {
      if (!this.coordinator.hasPlaceFor(node)) return;
      // A machine that was released joins again without what it had.
      if (!this.coordinators.some((coordinator) => coordinator.hasReleased(node, former.machine))) {
        this.#joinAgain(former);
        return;
      }
    }
    former?.hostDown();
    const machine = (former?.machine ?? 0) + 1;
    const agent = this.#newAgent(node, machine);
    agent.everLied = former?.everLied ?? false;
    this.agents.set(node, agent);
    this.links.set(node, { polls: true, reports: true });
    this.#polls.delete(node);
    this.tell(`${node} joins`);
    this.coordinator.join(node, machine);
  }

  /**
   * A machine that joined after the backup joins the restored coordinator with its key and its data: it stays the same node.
   * Another machine in its place would take a vote away that the quorum may need.
   */
  #joinAgain(agent: AgentModel): void {
    const { name, machine } = agent;
    if (agent.blank || !this.coordinator.isOlderThanJoin(name, machine)) return;
    agent.hostStart();
    agent.startAgent();
    this.links.set(name, { polls: true, reports: true });
    this.#polls.delete(name);
    this.tell(`${name} joins again as the same node`);
    this.coordinator.joinAgain(name, machine);
  }

  #newAgent(node: string, machine: number): AgentModel {
    return new AgentModel(node, machine, this.etcd, {
      guards: this.#guards.agent,
      violate: (rule, what) => this.violate(rule, what),
      tell: (what) => this.tell(what),
      actsByPermit: (name, permit) => this.#actsByPermit(name, permit),
    });
  }

  /** The machine is switched off, and another joins in its place once that is not heard any more; whether it was let in. */
  replaceMachine(node: string): boolean {
    const former = this.agents.get(node);
    if (former === undefined || !this.coordinator.knows(node)) return false;
    former.hostDown();
    this.run(40, 4);
    const machine = former.machine + 1;
    this.coordinator.takeIn(node, machine);
    if (this.coordinator.machineOf(node) !== machine) return false;
    this.tell(`another machine is ${node}`);
    const agent = this.#newAgent(node, machine);
    agent.everLied = former.everLied;
    this.agents.set(node, agent);
    this.links.set(node, { polls: true, reports: true });
    this.#polls.delete(node);
    return true;
  }

  /** These machines are switched off, and an operator says that they are lost; others join once the cluster is known again. */
  lose(nodes: readonly string[]): void {
    const next = new Map(nodes.map((node) => [node, (this.agents.get(node)?.machine ?? 0) + 1]));
    for (const node of nodes) this.agents.get(node)?.hostDown();
    this.run(100, 4);
    for (const node of nodes) this.coordinator.evictLost(node);
    this.run(10, 5);
    if (this.coordinator.rests) return;
    for (const [node, machine] of next) {
      this.agents.set(node, this.#newAgent(node, machine));
      this.links.set(node, { polls: true, reports: true });
      this.#polls.delete(node);
      this.tell(`another machine is ${node}`);
      this.coordinator.join(node, machine);
    }
  }

  /** An operator takes a member out by etcdctl. */
  removeByHand(memberId: string): void {
    const cluster = this.etcd.clusters.find(({ members }) => members.some(({ id }) => id === memberId));
    if (cluster === undefined) return;
    this.#byHand.add(memberId);
    if (this.etcd.remove(cluster, memberId).ok) this.tell(`an operator removes ${memberId} by etcdctl`);
  }

  #leaving(memberId: string): { readonly force: boolean } | null {
    // Who removes one of two voters by hand has decided to.
    if (this.#byHand.has(memberId)) return { force: true };
    // What was ordered in a cluster that operators have given up meanwhile was allowed then.
    const of = this.etcd.clusters.find(({ members }) => members.some(({ id }) => id === memberId));
    if (of !== undefined && this.#givenUp.has(of.token)) return { force: true };
    // After a restore, operators may have said more at one coordinator than at the other.
    const words = this.coordinators.flatMap(({ progress }) =>
      Object.values(progress.members).flatMap(({ memberId: id, leaving }) =>
        id === memberId && leaving !== undefined && leaving.learnerOnly !== true ? [leaving] : [],
      ),
    );
    return words.find(({ force }) => force) ?? words[0] ?? null;
  }

  /** Sends a long poll; it is answered now or when something is published. */
  poll(node: string, heldUp: boolean): void {
    const agent = this.agents.get(node);
    if (agent?.awake !== true) return;
    this.coordinator.keepUp();
    if (!this.coordinator.answers(node, agent.machine)) return;
    this.#judgeLease(node);
    const publication = this.coordinator.visible(node);
    // A restarted agent does not know when it asked for what it holds: it asks for the whole, without an ETag.
    const request = { sentAt: this.now, heldUp };
    if (publication !== null && publication.seal !== agent.etag)
      this.#answer(this.coordinator, node, request, publication);
    else this.#polls.set(node, request);
  }

  /** A poll that has waited for long is answered that nothing has changed. */
  #pollAgain(node: string): void {
    const request = this.#polls.get(node);
    if (this.now - (request?.sentAt ?? 0) < longPoll) return;
    const agent = this.agents.get(node);
    this.coordinator.keepUp();
    if (request !== undefined && agent !== undefined && this.links.get(node)?.polls === true)
      if (this.coordinator.answers(node, agent.machine)) {
        this.#judgeLease(node);
        agent.unchanged(request.sentAt);
      }
    this.#polls.delete(node);
    this.poll(node, false);
  }

  report(node: string, heldUp: boolean): void {
    const agent = this.agents.get(node);
    const report = agent?.report() ?? null;
    if (agent === undefined || report === null || this.links.get(node)?.reports !== true) return;
    const message = { node, machine: agent.machine, ...report };
    if (!heldUp) {
      this.#accept(message);
      return;
    }
    if (this.reports.length >= mostInFlight) this.reports.shift();
    this.reports.push(message);
  }

  deliverReport(index: number, again: boolean): void {
    const at = index % Math.max(1, this.reports.length);
    const report = this.reports[at];
    if (report === undefined) return;
    if (!again) this.reports.splice(at, 1);
    this.#accept(report);
  }

  #accept(report: ReportMessage): void {
    const { node, status, lie } = report;
    const voters = Object.values(this.progress.members).filter(({ phase }) => phase === 'voter').length;
    const heardAt = this.#heardAt.get(this.coordinator) ?? new Map<string, number>();
    const before = heardAt.get(node);
    // A step that follows from this report is taken at once.
    this.#heardAt.set(this.coordinator, heardAt.set(node, this.now));
    if (!this.coordinator.accept(report)) {
      if (before === undefined) heardAt.delete(node);
      else heardAt.set(node, before);
      return;
    }
    // Even where the coordinator has crashed since: what it decided by that report may be kept.
    if (lie !== null && ofMembers.includes(lie)) {
      // As long as there is no majority without it, there is nothing but its word.
      const liars = [...this.agents.values()].filter(({ everLied }) => everLied).length;
      if (voters <= 2 || liars > 1) {
        this.membersLied = true;
        this.beyondRepair = true;
      }
    }
    if (!this.coordinator.up) return;
    // By that report it was let go.
    if (this.coordinator.machineOf(node) !== report.machine) return;
    const { coordinator } = this;
    if (this.progress.frozen !== null || coordinator.awaits(node)) return;
    // It has put its data away, and is no node any more.
    if (coordinator.machineOf(node) !== report.machine) return;
    const { generationSeen, inventory, epoch, seal = '' } = status.agent;
    const followed = {
      inventory: inventory ?? coordinator.inventory,
      epoch: epoch ?? null,
      generation: generationSeen,
    };
    const published = coordinator.visible(node)?.generation ?? 0;
    const isAhead =
      followed.inventory !== coordinator.inventory ||
      (epoch?.number ?? 0) > (coordinator.epoch?.number ?? 0) ||
      generationSeen > published;
    const sealed = isSealed(seal, followed, report);
    if (sealed && (epoch?.number ?? 0) < (coordinator.epoch?.number ?? 0)) {
      // The restored coordinator has answered that by its epoch; the node follows once more is published to it.
      if (isAhead && !coordinator.isQuarantined(node))
        this.violate(
          'R5',
          `${node} follows the coordinator from before the restore, and nothing above that is published to it`,
        );
      return;
    }
    if (isAhead && sealed)
      this.violate('R5', `${node} follows what was not published to it, a seal proves it, and nothing is frozen`);
    if (isAhead && !coordinator.isQuarantined(node))
      this.violate('R5', `${node} claims generation ${generationSeen} of ${published}, and is not quarantined`);
    const { clusterId } = this.progress.formation ?? { clusterId: null };
    const ofThisIncarnation = status.service.incarnation === this.progress.members[node]?.incarnation;
    const isForeign = status.etcd && clusterId !== null && ofThisIncarnation && status.etcd.clusterId !== clusterId;
    // Until other voters had time to report, or to come back by their permit, the cluster only waits.
    // It says so of the first member of another cluster, and each other one waits with that.
    const isTold = coordinator.waits.some(({ code }) => code === 'voter_serves_recorded');
    if (isForeign && !coordinator.isQuarantined(node) && !isTold)
      this.violate('R1', `${node} is in the cluster ${status.etcd?.clusterId}, and nothing is frozen`);
  }

  deliverAnswer(index: number): void {
    const at = index % Math.max(1, this.answers.length);
    const message = this.answers[at];
    if (message === undefined) return;
    this.answers.splice(at, 1);
    this.#receive(message);
  }

  #deliverArriving(): void {
    const arriving = this.#arriving;
    this.#arriving = [];
    for (const message of arriving) this.#receive(message);
  }

  #receive(message: AnswerMessage): void {
    const { from, node, machine, answer } = message;
    const agent = this.agents.get(node);
    if (agent?.agentUp !== true || agent.machine !== machine) return;
    if (!agent.awake) {
      // It waits in the agent's socket until the agent goes on.
      this.#arriving.push(message);
      return;
    }
    const before = agent.generationSeen;
    const { seal, epochFollowed: epoch } = agent;
    agent.receive(answer);
    if (agent.epochFollowed < epoch)
      this.violate('R5', `${node} follows a coordinator that was restored earlier than the last one it has followed`);
    if (agent.generationSeen < before) this.violate('R5', `${node} went from ${before} to ${agent.generationSeen}`);
    // Sent before the restore, and followed after it: as if the node had reached that one.
    if (agent.seal === answer.seal && agent.seal !== seal) this.spokeTwo ||= from !== this.coordinators.at(-1);
    const isOfSameEpoch = seal !== null && agent.epochFollowed === epoch;
    if (isOfSameEpoch && agent.seal === answer.seal && !from.publishedAfter(answer.seal, seal))
      this.violate('R5', `${node} follows generation ${answer.generation}, which does not come after ${seal}`);
    const stored = from.durable.publications.get(nodeId(node, machine));
    // What was put back had it once.
    if ((stored?.generation ?? 0) < answer.generation && !this.#rolledBack.has(from)) {
      this.violate('R12', `${node} acts on generation ${answer.generation}, which the store does not have`);
    }
  }

  #answer(
    from: CoordinatorModel,
    node: string,
    { sentAt, heldUp }: { readonly sentAt: number; readonly heldUp: boolean },
    publication: Publication,
  ): void {
    if (this.links.get(node)?.polls !== true) return;
    const queue = heldUp ? this.answers : this.#arriving;
    if (queue.length >= mostInFlight) queue.shift();
    const machine = this.agents.get(node)?.machine ?? 1;
    queue.push({ from, node, machine, answer: { ...publication, sentAt, inventory: from.inventory } });
  }

  #steps(coordinator: CoordinatorModel, step: Step, situation: Situation): void {
    judgeStep(step, situation, (rule, what) => this.violate(rule, what));
    if (step.kind === 'grant-permit') this.#judgeHearing(coordinator, step.member, situation);
    this.#judgeDeletion(step, situation);
    if (step.kind === 'freeze') this.#judgeFreeze(step, situation);
    if (step.kind === 'end-upgrade-stage' && step.minor !== null && this.cluster?.minor !== step.minor)
      this.violate('R17', `etcd's cluster version counts as ${step.minor}, and is ${this.cluster?.minor}`);
    if (step.kind === 'end-upgrade-stage' && step.stage.kind === 'downgrade' && !this.#hasFallen(step.stage.to))
      this.violate('R17', `the downgrade to ${step.stage.to} counts as begun, and a member has not come down to it`);
    // What a founder says first is what its cluster is known by, though it be a lie.
    if (step.kind === 'record-cluster' && !this.etcd.clusters.some(({ id }) => id === step.clusterId))
      this.beyondRepair = true;
  }

  #hasFallen(minor: string): boolean {
    const { cluster } = this;
    const isDown = cluster?.members.every(({ dir }) => dir?.format == null || dir.format === minor) === true;
    return isDown && cluster?.minor === minor;
  }

  /** Every voter was heard just before, whatever the clock of the coordinator says. */
  #judgeHearing(coordinator: CoordinatorModel, member: string, { progress }: Situation): void {
    for (const [name, { phase }] of Object.entries(progress.members)) {
      const age = this.#unheardFor(coordinator, name);
      if (phase === 'voter' && age > 35_000)
        this.violate('R2', `${member} gets a permit, and ${name} was last heard ${age / 1000} s ago`);
    }
  }

  /** An answer extends the lease of a permit that is not used yet, so it comes only while every other voter is heard. */
  #judgeLease(node: string): void {
    const { coordinator } = this;
    const { permit, members } = coordinator.progress;
    if (permit?.member !== node || permit.withdrawnAt !== null || permit.hold?.taken === true) return;
    const { lastPermit, held } = coordinator.said(node)?.service ?? {};
    if (lastPermit === permit.id || held?.permit === permit.id) return;
    for (const [name, { phase }] of Object.entries(members)) {
      const age = this.#unheardFor(coordinator, name);
      if (phase === 'voter' && name !== node && age > freshFor + decisionGoodFor)
        this.violate('R2', `the lease of ${node} is extended, and ${name} was last heard ${age / 1000} s ago`);
    }
  }

  /** Milliseconds since this coordinator took a report of the node. */
  #unheardFor(coordinator: CoordinatorModel, node: string): number {
    return this.now - (this.#heardAt.get(coordinator)?.get(node) ?? Number.NEGATIVE_INFINITY);
  }

  /** One liar alone freezes nothing that several voters speak for. */
  #judgeFreeze(step: Extract<Step, { kind: 'freeze' }>, { progress, status }: Situation): void {
    this.mayFreeze = true;
    const liars = [...this.agents.values()].filter(({ everLied }) => everLied).length;
    const voters = Object.entries(progress.members).filter(([, { phase }]) => phase === 'voter');
    if (step.by !== undefined) {
      const { by } = step;
      const proven = [...this.agents.values()].some((agent) => agent.follows(by));
      if (!proven) this.violate('R5', `frozen for what nobody follows: ${inWords(step.reason)}`);
    } else if (tellsOfOtherCluster(step.reason)) {
      const right = voters.filter(([name]) => {
        const etcd = status.nodes[name]?.status?.etcd;
        return etcd?.linearizableRead === true && etcd.clusterId === progress.formation?.clusterId;
      });
      const heard = right.filter(([name]) => this.now - (status.nodes[name]?.receivedAt ?? 0) < 30_000);
      if (liars <= 1 && heard.length * 2 > voters.length && this.coordinator.isOnTime)
        this.violate('R1', `frozen though a majority serves: ${inWords(step.reason)}`);
    } else if (liars <= 1 && voters.length > 1) {
      const { cluster } = this;
      const gone = voters.some(([, { memberId }]) => !cluster?.members.some(({ id }) => id === memberId));
      if (!gone) this.violate('R3', `frozen by a list of one voter: ${inWords(step.reason)}`);
    }
  }

  #published(coordinator: CoordinatorModel, node: string, publication: Publication): void {
    const { desired, generation } = publication;
    const { progress } = coordinator;
    const { frozen, formations } = progress;
    const disclosed = this.#disclosed.get(coordinator);
    if (frozen !== null) this.violate('R5', `${node} is shown something new while the cluster is frozen`);
    if (coordinator.isQuarantined(node)) this.violate('R5', `${node} is shown something new, and is quarantined`);
    const nodeRole = `${node} ${coordinator.machineOf(node)}`;
    const before = disclosed?.get(nodeRole);
    if (before !== undefined && before.generation > generation) {
      this.violate('R5', `${node} was shown generation ${before.generation}, then ${generation}`);
    }
    disclosed?.set(nodeRole, publication);
    if (desired.etcd?.state === 'new') {
      const { token, incarnation } = desired.etcd;
      const key = `${formations} of ${coordinator.epoch?.name ?? 'the first coordinator'}`;
      const first = this.#released.get(token);
      if (first !== undefined && first !== incarnation)
        this.violate('R1', `${token} released ${first} and ${incarnation}`);
      this.#released.set(token, incarnation);
      this.#oneFounder(key, incarnation);
    }
    this.#noteMinor(desired);
    const { tuning, release = null } = desired.etcd ?? {};
    const isUnrunnable = tuning !== undefined && this.etcd.isUnrunnable(tuning, release);
    // What a disk that was put back shows again, no node follows that has seen more.
    const canFollow = generation > (this.agents.get(node)?.generationSeen ?? 0);
    if (canFollow && isUnrunnable && progress.upgrade === null) {
      const tried = this.#triedBy(coordinator);
      const first = tried.get(tuning) ?? node;
      const lied = [first, node].some((name) => this.agents.get(name)?.everLied === true);
      if (first !== node && !lied)
        this.violate('R6', `${node} is given ${tuning}, which ${first} was given and cannot run with`);
      tried.set(tuning, node);
    }
    const request = coordinator === this.coordinator ? this.#polls.get(node) : undefined;
    if (request === undefined) return;
    this.#polls.delete(node);
    if (this.now - request.sentAt <= longPoll) this.#answer(coordinator, node, request, publication);
  }

  #noteMinor({ etcd }: DesiredModel): void {
    const minor = etcd?.release == null ? etcd?.minor : minorOf(etcd.release);
    if (etcd === null || minor == null) return;
    this.#given.set(etcd.incarnation, (this.#given.get(etcd.incarnation) ?? new Set()).add(minor));
  }

  /** Per formation, not only per token: a second nonce would be a second founder too. */
  #oneFounder(formation: string, incarnation: string): void {
    const key = `formation ${formation}`;
    const first = this.#released.get(key);
    if (first !== undefined && first !== incarnation) {
      this.violate('R1', `${key} released ${first} and ${incarnation} as founders`);
    }
    this.#released.set(key, incarnation);
  }

  #actsByPermit(node: string, permit: string): void {
    const down = this.#disrupting().find(({ name }) => name !== node);
    if (down !== undefined)
      this.violate('R2', `${node} goes down by permit ${permit}, and ${down.name} may be down too`);
    const open = this.coordinators.some(({ progress }) => progress.frozen !== null || progress.permit?.id === permit);
    if (!open && !this.#abandoned.has(permit)) {
      this.violate('R2', `${node} acts on permit ${permit}, which the coordinator has closed`);
    }
  }

  /** In this formation, and in etcd: what an operator gave up, and what etcd has removed, may be down as it likes. */
  #disrupting(): readonly AgentModel[] {
    const { cluster } = this;
    const token = cluster?.token ?? this.progress.formation?.token;
    const isOut = (name: string) => cluster?.members.every((member) => member.name !== name) === true;
    return [...this.agents.values()].filter(
      (agent) => agent.disrupts && !agent.everLied && agent.formationToken === token && !isOut(agent.name),
    );
  }

  /** A coordinator knows nothing of what another, from which it was restored, tries after that. */
  #triedBy(coordinator: CoordinatorModel): Map<number, string> {
    const tried = this.#tried.get(coordinator) ?? new Map<number, string>();
    this.#tried.set(coordinator, tried);
    return tried;
  }

  /** An operator lets what has failed be tried again, maybe on another member. */
  resume(): void {
    this.#triedBy(this.coordinator).clear();
    this.coordinator.steer('resume');
  }

  /** The settings that were wanted before this may be tried again, too. */
  retry(tuning: number): void {
    this.#triedBy(this.coordinator).delete(tuning);
  }

  reset(): void {
    const { cluster } = this;
    const voters = cluster?.mostVoters ?? 0;
    const heeds = cluster?.members.some(({ isLearner, name }) => !isLearner && this.#heeds(name)) ?? false;
    const { permit, formation } = this.progress;
    if (!this.coordinator.reset()) return;
    this.tell('the operator resets the formation');
    if (voters > 1 && heeds) this.violate('R1', `reset of a formation that has had ${voters} voters`);
    this.#recordedIds.delete(this.coordinator);
    if (formation !== null) this.#givenUp.add(formation.token);
    if (permit !== null) this.#abandoned.add(permit.id);
  }

  /** An operator deletes the cluster. What it comes to is checked at the end; it is never whole again. */
  deleteCluster(force: boolean): void {
    const { permit, formation } = this.progress;
    if (!this.coordinator.deleteCluster(force)) return;
    this.beyondRepair = true;
    this.#recordedIds.delete(this.coordinator);
    if (formation !== null) this.#givenUp.add(formation.token);
    if (permit !== null) this.#abandoned.add(permit.id);
  }

  /** Once everybody has heard of it, no etcd of a deleted cluster runs (R4). */
  checkDeleted(): void {
    const { deletion, frozen, retired } = this.progress;
    if (deletion?.ended == null || frozen !== null || this.spokeTwo) return;
    for (const agent of this.agents.values()) {
      const { name, machine, awake, everLied } = agent;
      const runs = this.etcd.processes.get(name)?.dir.incarnation;
      const isRetired = retired.some((one) => one.incarnation === runs && one.nodeId === nodeId(name, machine));
      if (awake && !everLied && isRetired && this.coordinator.answers(name, machine))
        this.violate('R4', `the cluster is deleted, and the etcd of ${name} runs on`);
    }
  }

  /** Only what its own agent has confirmed lets a node go, and a deleted cluster begins nothing. */
  #judgeDeletion(step: Step, { progress }: Situation): void {
    if (progress.deletion?.ended == null) return;
    if (!afterDeletion.includes(step.kind)) this.violate('R1', `${step.kind} comes in a cluster that is deleted`);
    const agent = step.kind === 'let-go' ? this.agents.get(step.name) : undefined;
    if (agent === undefined || step.kind !== 'let-go' || nodeId(agent.name, agent.machine) !== step.nodeId) return;
    const runs = this.etcd.processes.get(agent.name)?.dir.incarnation;
    if (!agent.everLied && progress.retired.some(({ incarnation }) => incarnation === runs))
      this.violate('R16', `${agent.name} is let go, and its etcd runs`);
  }

  /** An operator orders an upgrade to the next minor version; `far`: to the last one. */
  upgrade({
    breaks,
    far,
    pauses,
  }: {
    readonly breaks: boolean;
    readonly far: boolean;
    readonly pauses: readonly UpgradePause[];
  }): void {
    const minors = this.progress.etcdMinor === '3.5' ? ['3.6', ...(far ? ['3.7'] : [])] : ['3.7'];
    const to = upgradeTo(minors.at(-1) ?? '', this.upgrades);
    if (!this.coordinator.upgrade(to, pauses)) return;
    this.upgrades += 1;
    for (const minor of minors) this.orderedMinors.add(minor);
    if (breaks) this.etcd.brokenVersions.add(to);
  }

  /** An operator orders a downgrade to the minor version before. */
  downgrade(): void {
    const { etcdMinor } = this.progress;
    const to = etcdMinor === '3.7' ? upgradeTo('3.6', this.upgrades) : lastOf35;
    if (etcdMinor !== '3.5' && this.coordinator.downgrade(to)) this.upgrades += 1;
  }

  /** The snapshot that an upgrade has ordered is taken, if the member that is to take it serves. */
  #takeSnapshot(coordinator: CoordinatorModel): void {
    const { upgrade, snapshots, members } = coordinator.progress;
    if (upgrade === null || snapshots.task === null || !coordinator.up) return;
    const dir = this.etcd.processes.get(snapshots.task.executor)?.dir;
    const isOfIt = dir?.incarnation === members[snapshots.task.executor]?.incarnation;
    if (isOfIt && dir?.cluster?.leader != null && this.agents.get(snapshots.task.executor)?.awake === true)
      coordinator.snapshotTaken();
  }

  /** An operator takes a snapshot of what is left, without a quorum, and restores it. */
  rescue(force: boolean): void {
    const heard = this.#heard();
    const { progress } = this;
    const executor = this.coordinator.takeWithoutQuorum();
    // One that is being taken is named again.
    if (executor === null || progress.snapshots.task !== null) return;
    this.tell(`the operator orders a snapshot of ${executor} without a quorum`);
    const reads = heard.filter(({ etcd }) => etcd.linearizableRead);
    if (reads.length > 0) this.violate('R16', `a snapshot without a quorum, and ${reads[0]?.name} has answered a read`);
    const left = heard.filter(
      ({ name, etcd, incarnation }) =>
        progress.members[name]?.phase === 'voter' &&
        progress.members[name].incarnation === incarnation &&
        etcd.clusterId === progress.formation?.clusterId &&
        isDeclared(this.spec, name),
    );
    const given = left.find(({ name }) => name === executor)?.etcd.raftAppliedIndex ?? 0;
    const better = left.find(({ etcd }) => etcd.raftAppliedIndex > given);
    if (better !== undefined)
      this.violate('R16', `a snapshot of ${executor} without a quorum, and ${better.name} has more`);
    if (this.agents.get(executor)?.awake !== true || !this.etcd.processes.has(executor)) return;
    this.coordinator.snapshotTaken();
    this.restoreSnapshot(force);
  }

  /** What the coordinator has heard in time of each etcd, whatever its clock says. */
  #heard() {
    return [...this.agents.keys()].flatMap((name) => {
      if (this.#unheardFor(this.coordinator, name) > 35_000) return [];
      const { etcd, service } = this.coordinator.said(name) ?? { etcd: null };
      return etcd === null ? [] : [{ name, etcd, incarnation: service?.incarnation }];
    });
  }

  /** An operator gives the cluster up for a snapshot (R16). */
  restoreSnapshot(force = false): void {
    const { cluster } = this;
    const reads = this.#heard().filter(({ etcd }) => etcd.linearizableRead);
    const { permit, formation } = this.progress;
    const voters = cluster?.members.filter(({ isLearner }) => !isLearner) ?? [];
    const heeds = voters.some(({ name }) => this.#heeds(name));
    if (!this.coordinator.restoreSnapshot(force)) return;
    this.tell('the operator restores a snapshot');
    if (reads.length > 0)
      this.violate('R16', `a cluster is given up without its name, and ${reads[0]?.name} has answered a read`);
    // A liar may have said that its data is lost, and then it is as good as that.
    const whole = voters.filter(({ name, dir }) => {
      const agent = this.agents.get(name);
      return agent?.holds(dir) === true && !agent.everLied;
    });
    if (!force && heeds && whole.length > 0 && 2 * whole.length >= voters.length)
      this.violate(
        'R16',
        `a cluster is given up without force, and ${whole.length} of ${voters.length} have their data`,
      );
    // What it comes to then is for the tests of a restore.
    this.beyondRepair = true;
    // Its founder begins with what is wanted, as every founder does: there is nothing to put back.
    this.#triedBy(this.coordinator).clear();
    this.#recordedIds.delete(this.coordinator);
    if (formation !== null) this.#givenUp.add(formation.token);
    if (permit !== null) this.#abandoned.add(permit.id);
  }

  /** Whether this node may still do what the coordinator says, and not only what one says that was restored later (R5). */
  #heeds(name: string): boolean {
    return (this.agents.get(name)?.epochFollowed ?? 0) <= (this.coordinator.epoch?.number ?? 0);
  }

  /** What must hold at every moment. */
  check(): void {
    for (const coordinator of this.coordinators) {
      const { frozen, formation, deletion } = coordinator.progress;
      if (frozen !== null && !this.mayFreeze) this.violate('R5', `frozen without a reason: ${inWords(frozen)}`);
      if (frozen === null && this.#rolledBack.has(coordinator))
        this.violate('R5', 'a coordinator whose disk was put back is no longer frozen');
      const id = formation?.clusterId ?? null;
      const recorded = this.#recordedIds.get(coordinator) ?? null;
      // A restore may show that the backup was of another formation.
      if (recorded !== null && id !== recorded && coordinator.epoch === null && deletion === null)
        this.violate('R1', `the cluster ID went from ${recorded} to ${id}`);
      this.#recordedIds.set(coordinator, id);
    }
    const disrupting = this.#disrupting();
    if (disrupting.length > 1) {
      this.violate('R2', `${disrupting.map(({ name }) => name).join(' and ')} may be down by permit at once`);
    }
    for (const cluster of this.etcd.clusters) {
      if (cluster.members.filter(({ isLearner }) => isLearner).length > 1) this.violate('R3', 'two learners');
    }
  }

  /** Everybody who can does what is due. `step` is how coarse time is. */
  run(seconds: number, step = 1): void {
    const end = this.now + seconds * 1000;
    while (this.now < end) {
      this.advance(step * 1000);
      for (const agent of this.agents.values()) agent.supervise();
      this.#deliverArriving();
      for (const [node, agent] of this.agents) {
        agent.act();
        if (agent.failsFor > mostFailing)
          this.violate('R6', `${node} still has settings that its etcd cannot run with`);
        this.check();
        this.report(node, false);
        // Only then does it ask again: one answer is acted on before the next is asked for.
        this.#pollAgain(node);
      }
      for (const coordinator of this.coordinators) {
        this.#takeSnapshot(coordinator);
        coordinator.advance();
      }
      this.check();
      this.atEachStep(this);
    }
  }
}

/** The steps of a cluster whose incarnations are over. */
const afterDeletion: readonly Step['kind'][] = [
  ...(['let-go', 'free-name', 'freeze', 'quarantine', 'end-quarantine'] as const),
];

/** Of a freeze, or of a quarantine that a mutant makes a freeze. */
export function tellsOfOtherCluster({ code }: Reason): boolean {
  return code === 'member_of_other_cluster' || code === 'reports_other_cluster';
}

/** Of the nodes that a store has, whatever has become of their order. */
function idsOf({ nodes }: Durable): string {
  return standing(nodes)
    .map(({ id }) => id)
    .sort()
    .join();
}
