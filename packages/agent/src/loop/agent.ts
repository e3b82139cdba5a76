import type { NodeStatus, ReportRequest, RestoreToolReport } from '@picket/shared/protocol/report.ts';
import type { LeafPurpose } from '@picket/shared/protocol/words.ts';
import type { CoordinatorClient } from '../coordinator/client.ts';
import { loadDesiredState } from '../coordinator/desired-state-file.ts';
import { reportInDoubt } from '../coordinator/time-in-doubt.ts';
import type { UndatedCoordinator } from '../coordinator/undated.ts';
import { type CredentialReader, credentialReader } from '../credentials/credential-state.ts';
import type { EtcdEndpoint, EtcdGateway } from '../etcd/etcd.ts';
import type { AskFormer } from '../etcd/former-voter.ts';
import type { Probe } from '../etcd/probe.ts';
import type { Prover } from '../etcd/prove.ts';
import type { EtcdUnit, Host, Owner } from '../host/host.ts';
import type { MachineReadings } from '../host/machine.ts';
import { writeVersionRecord } from '../host/version-record.ts';
import type { IdentityUpkeep } from '../identity/identity-upkeep.ts';
import { type JournalStore, openJournal } from '../journal/journal.ts';
import { awaitedTime, type CoordinatorTime, corrected } from '../model/clock-doubt.ts';
import { credentialPath, fileNames } from '../model/managed-files.ts';
import {
  type Accepted,
  type CurrentState,
  isMember,
  type Journal,
  type Paths,
  type Plan,
  type Silence,
} from '../model/model.ts';
import { serves } from '../model/serves.ts';
import { recordDue } from '../model/version-guard.ts';
import type { InstalledEtcd } from '../observe/etcd-version.ts';
import { type LocalEtcd, localEtcd } from '../observe/local-etcd.ts';
import { type MachineWatch, machineWatch } from '../observe/machine.ts';
import { observe } from '../observe/observe.ts';
import type { Failpoint } from '../program/failpoints.ts';
import type { Log } from '../program/log.ts';
import { type Applied, apply } from '../reconcile/apply/apply.ts';
import type { ExecutionContext } from '../reconcile/apply/execution.ts';
import { stepFailure } from '../reconcile/apply/step-failure.ts';
import { plan } from '../reconcile/plan/plan.ts';
import { type ConfReader, confReader } from '../reconcile/read-conf.ts';
import { inForce, judged, rejection, type TrialWatch, trialSeeing, trialWait } from '../reconcile/trial/trial.ts';
import { type Reporter, reporter } from '../report/report.ts';
import { carriedOut, nodeStatus } from '../report/report-status.ts';
import { newsAfter, newsSeeing, noNews, type ServiceNews } from '../report/service-news.ts';
import { removeFetchedSnapshot } from '../snapshots/fetched-snapshot.ts';
import type { RestoreSnapshot } from '../snapshots/restore-snapshot.ts';
import type { SnapshotErrand } from '../snapshots/snapshot-errand.ts';
import type { UpkeepErrand } from '../upkeep/upkeep-errand.ts';
import type { OverlayKeeper } from './overlay-keeper.ts';
import { noPauses, type Pauses, pausesAfter, pausesSeeing } from './pauses.ts';
import { changesEtc, type Rest } from './when-to-save.ts';

export interface AgentDeps {
  readonly host: Host;
  readonly paths: Paths;
  readonly unit: EtcdUnit;
  /** See `ObserveDeps`. */
  readonly purposes: readonly LeafPurpose[];
  readonly etcdOwner: Owner | null;
  readonly coordinator: Pick<CoordinatorClient, 'desiredState' | 'certificate' | 'report'>;
  /** The same one, for a node whose clock is wrong. */
  readonly undated: UndatedCoordinator;
  readonly connectEtcd: (endpoint: EtcdEndpoint) => EtcdGateway;
  readonly probe: Probe;
  readonly askFormer: AskFormer;
  readonly snapshots: SnapshotErrand;
  readonly upkeep: UpkeepErrand;
  readonly restoreSnapshot: RestoreSnapshot;
  /** What this node can restore a snapshot with; null for a client, and while it is not known. */
  readonly restoreTool: () => Promise<RestoreToolReport | null>;
  readonly prove: Prover;
  readonly readings: MachineReadings;
  readonly installedEtcd: () => Promise<InstalledEtcd | null>;
  /** The command that installs an etcd of this minor version here. */
  readonly etcdRemedy: (minor: string) => Promise<string>;
  /** See `EtcdVersionReader`. */
  readonly etcdProblem?: (() => string | null) | undefined;
  /** On a machine whose /etc is in memory. */
  readonly overlay?: OverlayKeeper | undefined;
  /** Told of the control CA's bundle with each desired state that is accepted. */
  readonly trustControl: (bundle: string) => Promise<void>;
  /** null for an agent that has none to look after. */
  readonly identity: IdentityUpkeep | null;
  /** Report at least this often, in seconds; null leaves it to the coordinator. */
  readonly reportSeconds: number | null;
  readonly version: string;
  readonly buildTime: number;
  /** From 0 to 1, as Math.random gives it. */
  readonly random: () => number;
  readonly failpoint: Failpoint;
  readonly log: Log;
}

/** What the agent keeps in mind between two reconciles; what must outlive it is in the journal. */
export interface AgentMemory {
  accepted: Accepted | null;
  /** Of the last answer, and whether that answer was accepted: only then does "unchanged" speak of it. */
  etag: { readonly value: string; readonly accepted: boolean } | null;
  /** Why the coordinator's last word is not followed (R5). */
  refusal: string | null;
  coordinatorTime: CoordinatorTime | null;
  /** Why the clock was not believed at the last look. */
  clockDoubt: string | null;
  /** When this run of the agent began, in milliseconds since the epoch. */
  startedAt: number;
  pauses: Pauses;
  /** An etcd that has a new conf.yml and has not proven itself with it yet (R6). */
  trial: TrialWatch | null;
  silence: Silence | null;
  news: ServiceNews;
  /** Why what this agent does cannot be noted now, as on a full or read-only disk. */
  unnoted: string | null;
  /** Monotonic milliseconds at which it was last tried whether the disk takes anything, and for how long that will do. */
  diskTried: { readonly at: number; readonly forMs: number };
  status: NodeStatus | null;
  /** Monotonic milliseconds at which the look ended that the status tells of. */
  observedAt: number;
}

export interface Agent {
  readonly deps: AgentDeps;
  readonly journal: JournalStore;
  readonly localEtcd: LocalEtcd;
  readonly readCredential: CredentialReader;
  readonly confReader: ConfReader;
  readonly reporter: Reporter;
  readonly machine: MachineWatch;
  /** Monotonic milliseconds at which it began. */
  readonly began: number;
  /** The number of this run. */
  readonly run: number;
  readonly memory: AgentMemory;
}

/** What one reconcile did and found. */
export interface Outcome {
  readonly applied: Applied;
  /** What is left to do afterwards. */
  readonly plan: Plan;
  readonly status: NodeStatus;
  /** Nothing is under way that is worth looking at again soon. */
  readonly settled: boolean;
  /** The node is as the coordinator wants it. */
  readonly complete: boolean;
}

/** Takes up where the last agent of this node stopped. Throws what `openJournal` throws. */
export async function openAgent(deps: AgentDeps): Promise<Agent> {
  const { host, paths, reportSeconds, failpoint } = deps;
  const journal = await openJournal(host.files, paths.stateDir);
  const run = journal.current().runs + 1;
  const unnoted = await attemptNote(() => journal.update((before) => noteRun(run)(noteBrokenOff(before))));
  await removeFetchedSnapshot(host.files, paths.stateDir);
  const kept = await loadDesiredState({ files: host.files, stateDir: paths.stateDir, journal });
  if (kept.problem !== null) deps.log.warn({ problem: kept.problem }, 'the kept desired state is not followed');
  // An earlier run may have had this number and could not note it: by the clock, its reports are told from this one's.
  const after = Math.max(0, Math.floor(host.clock.now()));
  const memory: AgentMemory = {
    accepted: kept.accepted,
    etag: null,
    refusal: null,
    coordinatorTime: null,
    clockDoubt: null,
    startedAt: host.clock.now(),
    pauses: noPauses,
    trial: null,
    silence: null,
    news: noNews,
    unnoted,
    diskTried: neverTried,
    status: null,
    observedAt: Number.NEGATIVE_INFINITY,
  };
  const coordinator = { report: (request: ReportRequest) => reportInDoubt({ deps, journal, memory }, request) };
  return {
    deps,
    journal,
    localEtcd: localEtcd(deps.connectEtcd),
    readCredential: credentialReader(),
    confReader: confReader(),
    reporter: reporter({ coordinator, clock: host.clock, run, after, everySeconds: reportSeconds, failpoint }),
    machine: machineWatch({ readings: deps.readings, clock: host.clock, folder: paths.stateDir }),
    run,
    began: host.clock.monotonic(),
    memory,
  };
}

/** Looks, plans and acts once; then looks again, so that the status tells of the node as it now is. */
export async function reconcileOnce(agent: Agent): Promise<Outcome> {
  const { deps, memory, journal } = agent;
  // The poll may bring another meanwhile, which nothing here is about.
  const told = memory.accepted;
  const accepted = inForce(told, journal.current(), deps.paths, agent.confReader);
  const before = await look(agent, accepted);
  const intended = plan(accepted, before, deps.paths, agent.confReader);
  const applied = accepted === null ? nothingDone : await apply(intended.steps, contextOf(agent, accepted, told));
  memory.pauses = pausesAfter(memory.pauses, applied, deps.host.clock.monotonic(), deps.random());
  memory.news = newsAfter(memory.news, before, applied);

  // Not before: an etcd that crashed is started again before its disk is suspected.
  await tryDisk(agent, before);

  const acted = intended.steps.length > 0;
  const after = acted ? await look(agent, accepted) : before;
  const left = acted ? plan(accepted, after, deps.paths, agent.confReader) : intended;
  if (applied.failed !== null) deps.log.warn({ step: applied.failed.step.kind }, stepFailure(applied.failed));
  const failed = applied.failed === null ? null : stepFailure(applied.failed);
  const rejected = () => rejection(told, journal.current(), deps.paths, agent.confReader);
  const conf = () => {
    const why = rejected();
    if (why === null) return memory.trial === null ? null : trialWait(memory.trial);
    return `an operator: its last good conf.yml is in the place of the new one: ${why}`;
  };
  const troubling = () => [memory.refusal, failed, memory.unnoted, conf()].filter((word) => word !== null);
  if (accepted !== null && carriedOut(left, troubling())) await note(agent, noteApplied(accepted.document.generation));
  const troubles = troubling();
  const complete = accepted !== null && carriedOut(left, troubles);
  const current: CurrentState = { ...after, journal: journal.current() };
  const settled = memory.trial === null && isSettled(left, applied, current);
  tendOverlay(deps, applied, { settled, idle: left.steps.length === 0 });
  const { version, identity, paths } = deps;
  const reachEtcd = async () =>
    accepted === null || current.etcd === null ? null : contextOf(agent, accepted, told).gateway();
  const machine = await agent.machine.report(reachEtcd, memory.coordinatorTime);
  const status = nodeStatus({
    version,
    startedAt: new Date(memory.startedAt).toISOString(),
    accepted,
    current,
    news: memory.news,
    plan: left,
    rejected: rejected(),
    paths,
    troubles,
    remarks: [deps.overlay?.problem() ?? null].filter((word) => word !== null),
    identity: identity?.held() ?? null,
    machine,
    restoreTool: await deps.restoreTool(),
  });
  memory.status = status;
  memory.observedAt = deps.host.clock.monotonic();
  return { applied, plan: left, status, settled: settled && !watchesMembers(accepted), complete };
}

/** A change of etcd's members is recorded once a majority of the voters has shown it: all of them look often meanwhile. */
function watchesMembers(accepted: Accepted | null): boolean {
  return accepted !== null && isMember(accepted) && accepted.document.watchMembers === true;
}

/** A step that failed may have changed something all the same. */
function tendOverlay({ overlay }: AgentDeps, { done, failed }: Applied, rest: Rest): void {
  const steps = failed === null ? done : [...done, failed.step];
  if (steps.some(changesEtc)) overlay?.touched();
  overlay?.tend(rest);
}

const nothingDone: Applied = { done: [], failed: null };

async function look(agent: Agent, accepted: Accepted | null): Promise<CurrentState> {
  const { deps, memory, journal } = agent;
  const { obtain, start, proofs } = memory.pauses;
  const current = await observe(
    { ...deps, localEtcd: agent.localEtcd, readCredential: agent.readCredential },
    accepted,
    {
      journal: journal.current(),
      coordinatorTime: memory.coordinatorTime,
      pausedUntil: { obtain: obtain.until, start: start.until },
      unstarted: start.why,
      unheld: proofs,
      silence: memory.silence,
    },
  );
  memory.silence = current.silence;
  memory.pauses = pausesSeeing(memory.pauses, current);
  memory.news = newsSeeing(memory.news, current);
  memory.trial = trialSeeing(memory.trial, current, accepted);
  judgeClock(agent, current);
  const unrecorded = await noteVersion(agent, current);
  await note(agent, (before) => {
    const noted = noteRunning(current)(noteBinary(current)(noteLife(current)(noteRun(agent.run)(before))));
    return judged(noted, current, memory.accepted, deps.paths, memory.trial);
  });
  memory.unnoted ??= unrecorded;
  if (memory.trial?.confKey === journal.current().lastGood?.confKey) memory.trial = null;
  // The pause was for what could not run; the last good one could.
  if (current.journal.rejected === null && journal.current().rejected !== null)
    memory.pauses = { ...memory.pauses, start: noPauses.start };
  return { ...current, journal: journal.current() };
}

/** Says that a clock is not believed, and that it is again; and puts right what was noted by a wrong one. */
function judgeClock({ deps, memory, began }: Agent, { now, monotonic, clockDoubt }: CurrentState): void {
  if (clockDoubt !== null && clockDoubt !== memory.clockDoubt)
    deps.log.warn({}, `waiting for ${awaitedTime(clockDoubt)}`);
  if (clockDoubt === null && memory.clockDoubt !== null) deps.log.info({}, 'the clock can be believed again');
  memory.clockDoubt = clockDoubt;
  const { coordinatorTime: told } = memory;
  const there = told === null ? null : told.at + (monotonic - told.monotonic);
  const right = clockDoubt === null ? now : there;
  if (right !== null) memory.startedAt = corrected(memory.startedAt, right - (monotonic - began));
}

type JournalChange = (before: Journal) => Journal;

/**
 * Notes what a look has found. A disk that takes nothing keeps no node from being looked at and told of: the change is
 * tried again with the next look, and until then the reports say why it is not noted.
 */
async function note({ journal, memory }: Agent, change: JournalChange): Promise<void> {
  memory.unnoted = await attemptNote(() => journal.update(change));
}

const firstTryMs = 10_000;
const longestTryMs = 3600 * 1000;
const neverTried = { at: Number.NEGATIVE_INFINITY, forMs: firstTryMs / 2 };

/**
 * A disk that takes nothing ends etcd, which then cannot even log why, and while nothing changes the agent has nothing
 * to write that would show it. So where etcd does not serve, something is written; ever more rarely, for an etcd that
 * waits for its peers for days must not wear the card.
 */
async function tryDisk({ deps, journal, memory }: Agent, current: CurrentState): Promise<void> {
  const { service } = current;
  const ails = service.kind === 'crashed' || (service.kind === 'running' && !serves(current));
  const now = deps.host.clock.monotonic();
  if (!ails) memory.diskTried = neverTried;
  if (!ails || memory.unnoted !== null || now - memory.diskTried.at < memory.diskTried.forMs) return;
  memory.diskTried = { at: now, forMs: Math.min(2 * memory.diskTried.forMs, longestTryMs) };
  memory.unnoted = await attemptNote(() => journal.rewrite());
}

/** Why it could not be noted, or null. */
async function attemptNote(write: () => Promise<unknown>): Promise<string | null> {
  try {
    await write();
    return null;
  } catch (error) {
    return `what this node does cannot be noted: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Records which version a life runs, before its guard is asked the next time (R17); why that was in vain, or null. */
async function noteVersion({ deps }: Agent, current: CurrentState): Promise<string | null> {
  const due = recordDue(current);
  if (due === null) return null;
  const { host, paths } = deps;
  return attemptNote(() => writeVersionRecord(host.files, paths.dataRoot, due.life, due.record));
}

/** An agent that began while the disk took nothing has its run to note still. */
function noteRun(run: number): JournalChange {
  return (before) => ({ ...before, runs: Math.max(before.runs, run) });
}

/** A snapshot that the last agent had begun went with it; and how the upkeep that it had begun ended, nobody knows. */
function noteBrokenOff(before: Journal): Journal {
  const { lastSnapshot, lastUpkeep } = before;
  const brokenOff = { outcome: 'failed', reason: 'the agent was started anew meanwhile' } as const;
  return {
    ...before,
    ...(lastSnapshot?.outcome === 'begun' ? { lastSnapshot: { ...lastSnapshot, ...brokenOff } } : {}),
    ...(lastUpkeep?.outcome === 'begun' ? { lastUpkeep: { ...lastUpkeep, ...brokenOff } } : {}),
  };
}

/** From the first answer of etcd on, an empty data dir is a lost one (R4). */
function noteLife({ etcd, dataDirs }: CurrentState): JournalChange {
  return (before) => {
    const incarnation = before.startedWith?.incarnation;
    if (etcd === null || incarnation === undefined) return before;
    const folder = dataDirs[incarnation] ?? 'empty';
    if (before.incarnations[incarnation] !== 'made' || folder === 'empty') return before;
    return { ...before, incarnations: { ...before.incarnations, [incarnation]: 'lived' } };
  };
}

/** Whoever started it, it runs what is installed: only another one is worth a restart. */
function noteBinary({ etcd, etcdVersion }: CurrentState): JournalChange {
  return (before) => {
    const { startedWith } = before;
    const same = etcd !== null && etcd.version === etcdVersion && startedWith !== null;
    return same ? { ...before, startedWith: { ...startedWith, etcdVersion } } : before;
  };
}

/** An etcd that is stopped later in this boot, and not by this agent, was stopped by hand. */
function noteRunning({ service, boot }: CurrentState): JournalChange {
  return (before) =>
    service.kind === 'running' && before.startedWith !== null && boot !== null ? { ...before, ranIn: boot } : before;
}

function noteApplied(generation: number): JournalChange {
  return (before) => ({ ...before, generationApplied: Math.max(before.generationApplied, generation) });
}

/** @param told what `accepted` was made of */
function contextOf(agent: Agent, accepted: Accepted, told: Accepted | null): ExecutionContext {
  const { deps, memory } = agent;
  const { host, paths } = deps;
  return {
    ...deps,
    accepted,
    superseded: () => memory.accepted?.document !== told?.document,
    journal: agent.journal,
    observe: () => look(agent, accepted),
    async gateway() {
      if (!isMember(accepted)) return null;
      const { member, trust } = accepted.document;
      const [client, conf] = await Promise.all([
        host.files.read(credentialPath(paths, 'client')),
        host.files.read(fileNames(paths).conf),
      ]);
      return agent.localEtcd.gateway(member, trust.client, client, conf);
    },
  };
}

function isSettled(left: Plan, applied: Applied, current: CurrentState): boolean {
  if (left.steps.length > 0 || applied.failed !== null) return false;
  if (current.service.kind === 'running') return serves(current);
  return current.monotonic >= current.pausedUntil.start;
}
