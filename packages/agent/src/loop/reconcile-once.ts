import { isoTime } from '@picket/shared/iso-time.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { likenessOf } from '@picket/shared/reasons/likeness.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import { writeVersionRecord } from '../host/version-record.ts';
import type { Journal } from '../journal/journal.ts';
import { credentialPath, fileNames } from '../model/managed-files.ts';
import { type Accepted, type CurrentState, memberStateOf, type Plan } from '../model/model.ts';
import { programOf, unitOf } from '../model/program.ts';
import { serves } from '../model/serves.ts';
import { recordDue } from '../model/version-guard.ts';
import { observe } from '../observe/observe.ts';
import type { Log } from '../program/log.ts';
import { packageProblem } from '../programs/package-problem.ts';
import { type Applied, apply } from '../reconcile/apply/apply.ts';
import type { ExecutionContext } from '../reconcile/apply/execution.ts';
import { stepFailure } from '../reconcile/apply/step-failure.ts';
import { plan } from '../reconcile/plan/plan.ts';
import { changedSince, inForce, judged, rejection, trialWait } from '../reconcile/trial/trial.ts';
import { carriedOut, nodeStatus } from '../report/report-status.ts';
import type { Agent, AgentDeps } from './agent.ts';
import { closedWay } from './closed-way.ts';
import { isDiskTryDue } from './disk-tries.ts';
import { attemptNote, heedLocalRelease, type JournalChange, noteApplied, noteSeen } from './journal-notes.ts';
import { changesEtc, type Rest } from './overlay-keeper.ts';

/** What one reconcile did and found. */
export interface Outcome {
  readonly applied: Applied;
  /** What is left to do afterwards. */
  readonly plan: Plan;
  readonly status: NodeStatus;
  /** Nothing is in progress that needs another observation soon. */
  readonly settled: boolean;
  /** The node is as the coordinator wants it. */
  readonly complete: boolean;
}

/** Observes, plans and acts once; then observes again, so that the status shows the node as it is now. */
export async function reconcileOnce(agent: Agent): Promise<Outcome> {
  const { deps, memory, journal } = agent;
  // A poll may bring another desired state meanwhile; this reconcile keeps to this one.
  const received = memory.current.accepted;
  await heedLocalRelease(agent);
  const wantedEtcdProblem =
    (await tendPrograms(agent, received)) ?? (await packageProblem(deps, received, journal.current()));
  const askedWith = journal.current();
  const asked = (at: Journal) =>
    closedWay(deps, agent.confReader, agent.wayBack, { received, journal: at, wantedEtcdProblem });
  const closed = await asked(askedWith);
  const accepted = inForce(received, journal.current(), deps.paths, agent.confReader, wantedEtcdProblem, closed);
  const before = await look(agent, accepted, wantedEtcdProblem);
  const intended = plan(accepted, before, deps.paths, agent.confReader);
  const applied =
    accepted === null
      ? nothingDone
      : await apply(intended.steps, contextOf(agent, accepted, received, wantedEtcdProblem));
  const { clock } = deps.host;
  memory.remember({ kind: 'acted', seen: before, applied, at: clock.monotonic(), random: deps.random() });

  // Not earlier: an etcd that crashed is restarted before its disk is tested.
  await tryDisk(agent, before);

  const acted = intended.steps.length > 0;
  const after = acted ? await look(agent, accepted, wantedEtcdProblem) : before;
  const left = acted ? plan(accepted, after, deps.paths, agent.confReader) : intended;
  const failed = applied.failed === null ? null : stepFailure(applied.failed);
  if (failed !== null) deps.log.warn({ step: applied.failed?.step.kind }, inWords(failed));
  // What was judged just now may have no way back either: nothing is put back then, and nothing says so (R19).
  const isNew = askedWith.rejected !== journal.current().rejected;
  const noWay = closed === null && isNew ? await asked(journal.current()) : closed;
  // The last good conf.yml is not in force if the way back to it is closed.
  const rejected = () => (noWay === null ? rejection(received, journal.current(), deps.paths, agent.confReader) : null);
  const conf = () => {
    const why = rejected();
    const { trial } = memory.current;
    if (why === null) return trial === null ? null : trialWait(trial, changedSince(journal.current(), accepted));
    return reason('conf_put_back', { changed: changedSince(journal.current(), received), why });
  };
  const troubling = () => {
    const { refusal, unnoted } = memory.current;
    return [refusal, failed, unnoted, noWay?.why ?? null, conf(), wantedEtcdProblem].filter((word) => word !== null);
  };
  if (accepted !== null && carriedOut(left, troubling()))
    await note(agent, journal.current(), noteApplied(accepted.document.generation));
  const troubles = troubling();
  const complete = accepted !== null && carriedOut(left, troubles);
  const current: CurrentState = { ...after, journal: journal.current() };
  const settled = memory.current.trial === null && isSettled(left, applied, current);
  tendOverlay(deps, applied, { settled, idle: left.steps.length === 0 });
  const { version, identity, paths } = deps;
  const reachEtcd = async () =>
    accepted === null || current.etcd === null
      ? null
      : contextOf(agent, accepted, received, wantedEtcdProblem).gateway();
  const machine = await agent.machine.report(reachEtcd, memory.current.coordinatorTime);
  const status = nodeStatus({
    version,
    startedAt: isoTime(memory.current.startedAt),
    accepted,
    current,
    news: memory.current.news,
    plan: left,
    rejected: rejected(),
    paths,
    troubles,
    remarks: [deps.overlay?.problem() ?? null].filter((word) => word !== null),
    identity: identity?.held() ?? null,
    machine,
    restoreTool: await deps.restoreTool(),
  });
  memory.remember({ kind: 'status-made', status, at: clock.monotonic() });
  // A change of etcd's members is recorded once a majority of the voters has shown it, so all of them observe often
  // meanwhile.
  const watchesMembers = memberStateOf(accepted)?.watchMembers === true;
  return { applied, plan: left, status, settled: settled && !watchesMembers, complete };
}

/** A failed step may still have changed something. */
function tendOverlay({ overlay }: AgentDeps, { done, failed }: Applied, rest: Rest): void {
  const steps = failed === null ? done : [...done, failed.step];
  if (steps.some(changesEtc)) overlay?.touched();
  overlay?.tend(rest);
}

const nothingDone: Applied = { done: [], failed: null };

/** Why the wanted release cannot be started here; null if it can. What is here and needed stays; what is lost comes back. */
function tendPrograms({ deps, journal }: Agent, received: Accepted | null): Promise<AnyReason | null> {
  const { startedWith, lastGood } = journal.current();
  const good = lastGood?.program === undefined ? null : programOf(lastGood.program);
  const inUse = [startedWith?.program ?? null, good].filter((program) => program !== null);
  const document = memberStateOf(received);
  // Of another incarnation, nothing is put back.
  const canReturn = document?.etcd != null && document.etcd.incarnation === lastGood?.incarnation;
  return deps.programs.tend(document?.program, inUse, canReturn ? lastGood.program : undefined);
}

/** @param wantedEtcdProblem why the release or package that the coordinator wants cannot be started here; null if it can */
async function look(
  agent: Agent,
  accepted: Accepted | null,
  wantedEtcdProblem: AnyReason | null,
): Promise<CurrentState> {
  const { deps, memory, journal } = agent;
  const { pauses, coordinatorTime, silence, ailing, clockDoubt } = memory.current;
  const { obtain, start, proofs } = pauses;
  const current = await observe(
    { ...deps, localEtcd: agent.localEtcd, readCredential: agent.readCredential },
    accepted,
    {
      journal: journal.current(),
      coordinatorTime,
      wantedEtcdProblem,
      pausedUntil: { obtain: obtain.until, start: start.until },
      unstarted: start.why,
      unheld: proofs,
      silence,
      ailing,
    },
  );
  memory.remember({ kind: 'looked', current, accepted });
  sayDoubt(deps.log, clockDoubt, current.clockDoubt);
  const unrecorded = await noteVersion(agent, current);
  await note(agent, current.journal, (before) => {
    const { accepted: received, trial } = memory.current;
    return judged(noteSeen(agent.run, current, deps.paths)(before), current, received, deps.paths, trial);
  });
  if (unrecorded !== null) memory.remember({ kind: 'version-not-noted', problem: unrecorded });
  return { ...current, journal: journal.current() };
}

/** Logs when the clock is no longer trusted, and when it is again. */
function sayDoubt(log: Log, before: AnyReason | null, doubt: AnyReason | null): void {
  if (doubt !== null && (before === null || likenessOf(doubt) !== likenessOf(before)))
    log.warn({}, `waiting for ${inWords(reason('time_sync', { why: doubt }))}`);
  if (doubt === null && before !== null) log.info({}, 'the clock is trusted again');
}

/**
 * Records the result of an observation. A node whose disk takes no writes is still observed and reported: each
 * observation tries again, and until then the reports say why it is not recorded.
 *
 * @param was the journal that the observation used
 */
async function note({ journal, memory }: Agent, was: Journal, change: JournalChange): Promise<void> {
  const problem = await attemptNote(() => journal.update(change));
  memory.remember({ kind: 'noted', problem, was, is: journal.current() });
}

async function tryDisk({ deps, journal, memory }: Agent, seen: CurrentState): Promise<void> {
  const at = deps.host.clock.monotonic();
  const { unnoted, diskTries } = memory.current;
  if (unnoted !== null || !isDiskTryDue(diskTries, seen, at)) return;
  memory.remember({ kind: 'disk-tried', at, problem: await attemptNote(() => journal.rewrite()) });
}

/** Records which version an incarnation runs, before the guard reads it next (R17). Returns why that failed, or null. */
async function noteVersion({ deps }: Agent, current: CurrentState): Promise<AnyReason | null> {
  const due = recordDue(current);
  if (due === null) return null;
  const { host, paths } = deps;
  return attemptNote(() => writeVersionRecord(host.files, paths.dataRoot, due.incarnation, due.record));
}

/** @param told the answer from which `accepted` was made */
function contextOf(
  agent: Agent,
  accepted: Accepted,
  received: Accepted | null,
  wantedEtcdProblem: AnyReason | null,
): ExecutionContext {
  const { deps, memory } = agent;
  const { host, paths } = deps;
  const unit = unitOf(deps.unit, paths, memberStateOf(accepted)?.program);
  return {
    ...deps,
    accepted,
    ordersBack: accepted === received,
    unit,
    packageUnit: deps.unit,
    installedEtcd: () => deps.installedEtcd(unit.binary),
    superseded: () => memory.current.accepted?.document !== received?.document,
    journal: agent.journal,
    observe: () => look(agent, accepted, wantedEtcdProblem),
    async gateway() {
      const document = memberStateOf(accepted);
      if (document === null) return null;
      const { member, trust } = document;
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
