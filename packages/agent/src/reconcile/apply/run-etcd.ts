import { failure, PicketError, reasonOf } from '@picket/shared/errors.ts';
import { isEarlierMinor, minorOf } from '@picket/shared/etcd-version.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { ServiceState } from '../../host/host.ts';
import { stopGraceMs } from '../../host/stop-times.ts';
import {
  readVersionRecord,
  type VersionRecord,
  versionRecordPath,
  versionRecordText,
  writeVersionRecord,
} from '../../host/version-record.ts';
import { inDoubt, type Journal } from '../../journal/journal.ts';
import { isMember, memberStateOf, type Start, type StepOf } from '../../model/model.ts';
import { reported } from '../../model/reported.ts';
import { serves, takesPart, tendsDatabase } from '../../model/serves.ts';
import { admits, orderOf } from '../../model/version-guard.ts';
import { isStillborn } from '../data-dir.ts';
import { requireFormerSilent } from './ask-voter.ts';
import { clearForDisruption } from './disruption.ts';
import type { ExecutionContext } from './execution.ts';
import { askWayBack } from './way-back.ts';
import { rehearseManagedFile, writeManagedFile } from './write-managed-file.ts';

function restartRefused(why: Reason): PicketError {
  return failure('restart_refused', { reason: why });
}

function startRefused(why: Reason): PicketError {
  return failure('start_refused', { reason: why });
}

export async function stopEtcd({ of }: StepOf<'stop-etcd'>, context: ExecutionContext): Promise<void> {
  const { host, journal } = context;
  if (of === 'down' && (await host.init.state()).kind === 'running') throw restartRefused(reason('back_by_itself'));
  // The observation behind this decision is a moment old.
  if (of === 'rejected' && serves(await context.observe())) throw restartRefused(reason('serves_after_all'));
  if (of === 'silent' && tendsDatabase(journal.current())) throw restartRefused(reason('defragments_now'));
  if (of === 'silent' && takesPart(await context.observe())) throw restartRefused(reason('follows_again'));
  if (of === 'stillborn' && !isStillborn(await context.observe())) throw restartRefused(reason('lives_after_all'));
  if (of === 'guarded' && !isGuarding(await host.init.state())) throw restartRefused(reason('back_by_itself'));
  if (of !== 'retired' && of !== 'down' && of !== 'guarded') await requireStartable(context);
  await stop(context);
  // Another service runs under the same name now, and it is not this agent's (R13).
  if (of === 'retired') await journal.set({ startedWith: null });
}

function isGuarding(service: ServiceState): boolean {
  return service.kind === 'running' && service.guarding === true;
}

/** If etcd could not be started again, do not stop it (R17): the binary may have changed since the observation. */
async function requireStartable(context: ExecutionContext): Promise<void> {
  const { host, paths, journal, installedEtcd } = context;
  const incarnation = journal.current().startedWith?.incarnation;
  const record = incarnation === undefined ? null : await readVersionRecord(host.files, paths.dataRoot, incarnation);
  const version = (await installedEtcd())?.version ?? null;
  if (record === null || incarnation === undefined) return;
  if (version === null || !admits(orderFor(incarnation, context), record.minor, minorOf(version)))
    throw restartRefused(reason('runs_other_minor', { minor: record.minor, installed: version }));
  await requireWayBack(record.minor, minorOf(version), context, restartRefused);
}

/** The order for this incarnation to go from one minor version to another one. */
function orderFor(incarnation: string, { accepted }: Pick<ExecutionContext, 'accepted'>) {
  const wanted = memberStateOf(accepted)?.etcd ?? null;
  return wanted?.incarnation === incarnation ? orderOf(wanted) : null;
}

/** Nothing is stopped for, or started with, an earlier minor version that its data may refuse (R6). An earlier answer may be old. */
async function requireWayBack(
  is: string,
  minor: string,
  context: ExecutionContext,
  refuse: (why: Reason) => PicketError,
): Promise<void> {
  const { accepted, ordersBack } = context;
  if (!isEarlierMinor(minor, is) || !isMember(accepted)) return;
  const why = await askWayBack(minor, accepted, ordersBack, context);
  if (why !== null) throw refuse(why);
}

/** {@link requireWayBack} for the etcd that a start would take now. */
async function requireWayBackToInstalled(
  incarnation: string,
  context: ExecutionContext,
  refuse: (why: Reason) => PicketError,
): Promise<void> {
  const { host, paths, installedEtcd } = context;
  const record = await readVersionRecord(host.files, paths.dataRoot, incarnation);
  const version = (await installedEtcd())?.version ?? null;
  if (record !== null && version !== null) await requireWayBack(record.minor, minorOf(version), context, refuse);
}

/** The record that a start with another minor version writes; null if the record stays, or admits no such start (R17). */
async function recordOfStart(incarnation: string, context: ExecutionContext): Promise<VersionRecord | null> {
  const { host, paths, installedEtcd } = context;
  const record = await readVersionRecord(host.files, paths.dataRoot, incarnation);
  const installed = await installedEtcd();
  if (record === null || installed === null) return null;
  const { version, fingerprint } = installed;
  const minor = minorOf(version);
  if (minor === record.minor || !admits(orderFor(incarnation, context), record.minor, minor)) return null;
  return { minor, fingerprint };
}

/** First records that this agent stops etcd, if it can: otherwise the stop looks like somebody else's. */
async function stop({ host, journal }: ExecutionContext): Promise<void> {
  await journal.set({ ranIn: null }).catch(() => undefined);
  await host.init.stop(stopGraceMs);
}

/** Starts an etcd that is down, on an existing data directory. */
export async function startEtcd(step: StepOf<'start-etcd'>, context: ExecutionContext): Promise<void> {
  const { host, paths, journal } = context;
  const { incarnation } = step;
  const folder = `${paths.dataRoot}/${incarnation}`;
  const { incarnations, startedWith } = journal.current();
  const stage = incarnations[incarnation];
  if (stage !== 'made' && stage !== 'lived')
    throw failure('data_dir_refused', { folder, problem: 'it does not exist yet' });
  if (!(await host.files.exists(folder))) throw failure('data_dir_refused', { folder, problem: 'it is missing' });
  // A supervisor was faster. Which files etcd read then is not known, so the old record stays: at worst it asks for an
  // unnecessary restart.
  const service = await host.init.state();
  if (service.kind === 'running' && startedWith !== null) return;
  // Only this agent's definition starts a release. Another one has started something else.
  if (service.kind === 'running' && step.program !== undefined && (await host.init.altered(context.unit)).length > 0)
    throw failure('service_not_started', { binary: context.unit.binary, problem: 'another etcd runs in its place' });
  const { accepted } = context;
  const restore = memberStateOf(accepted)?.etcd?.restore;
  // Checked again: making the data directory may have taken an hour.
  if (restore !== undefined && service.kind !== 'running') await requireFormerSilent(restore, context);
  await requireWayBackToInstalled(incarnation, context, startRefused);
  await begin(step, context);
}

/** Restarts a running etcd with a permit, once this node has checked that the cluster can do without it (R2). */
export async function restartEtcd(step: StepOf<'restart-etcd'>, context: ExecutionContext): Promise<void> {
  const { permitId, incarnation } = step;
  for (const file of step.files) await rehearseManagedFile(file, context);
  await rehearseDefinition(context);
  await rehearseRecord(incarnation, context);
  await clearForDisruption({ permitId, incarnation, refuse: restartRefused }, context);
  await requireStartable(context);
  await stop(context);
  await orStart(context, async () => {
    // The stop took time, and without this member the others may have raised the cluster version.
    await requireWayBackToInstalled(incarnation, context, restartRefused);
    for (const file of step.files) await writeManagedFile(file, context);
  });
  await begin(step, context, { lastPermit: permitId });
}

/** Checks, before etcd is stopped, whether the disk will take the definition that names another binary. */
async function rehearseDefinition(context: ExecutionContext): Promise<void> {
  const { host, unit } = context;
  for (const path of await host.init.altered(unit)) {
    const content = (await host.files.read(path)) ?? '';
    await rehearseManagedFile({ path, content, mode: 0o644 }, context);
  }
}

/** Likewise for the record of another minor version. */
async function rehearseRecord(incarnation: string, context: ExecutionContext): Promise<void> {
  const record = await recordOfStart(incarnation, context);
  if (record === null) return;
  const path = versionRecordPath(context.paths.dataRoot, incarnation);
  await rehearseManagedFile({ path, content: versionRecordText(record), mode: 0o644 }, context);
}

/**
 * Begins a hold, once this node has checked that the cluster can do without it (R2). It is recorded before etcd stops, so
 * a later agent keeps etcd down.
 */
export async function takeHold(
  { permitId, incarnation, stop: stops }: StepOf<'take-hold'>,
  context: ExecutionContext,
): Promise<void> {
  const { host, journal } = context;
  const refusals: Reason[] = [];
  const refuse = (why: Reason) => {
    refusals.push(why);
    return failure('hold_refused', { reason: why });
  };
  try {
    await clearForDisruption({ permitId, incarnation, refuse }, context);
    if (stops) await requireStartable(context);
  } catch (error) {
    const [why = reasonOf(error)] = refusals;
    const holdRefused = { permit: permitId, reason: reported(why) };
    // A command waits for the answer, and its user decides whether to try again.
    await journal.set({ holdRefused });
    throw error;
  }
  const held = { permit: permitId, boot: host.boot, since: host.clock.monotonic(), stopped: stops };
  await journal.set({ held });
  if (stops) await stop(context);
}

/**
 * Acts while etcd is down, and starts etcd as it was if that fails. etcd is down while the files change, so a running etcd always matches the files on the disk. After a crash here, etcd
 * is down, and the next plan writes what is left and starts it. If the way back is closed by now, or the disk stops taking writes,
 * the member misses the change but keeps its etcd.
 */
async function orStart({ host }: ExecutionContext, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof PicketError) await host.init.start();
    throw error;
  }
}

/**
 * The record is made before the start, while etcd is down. After a crash in between, the files are those of this very
 * record, and the next plan starts etcd. The definition, which names the binary, comes first: the other way round, the record
 * could name a release that does not run. If another binary is about to be named, the former record is put in doubt before:
 * something else may start etcd without the new one.
 *
 * The record of the minor version comes after the definition and before the start (R17): until then the guard starts no etcd that the
 * record does not admit, and after that none that the definition does not name.
 */
async function begin(
  { incarnation, restartKey, confKey, program }: Start,
  context: ExecutionContext,
  used: Partial<Pick<Journal, 'lastPermit'>> = {},
): Promise<void> {
  const { host, paths, journal, unit, failpoint } = context;
  const etcdVersion = (await context.installedEtcd())?.version ?? null;
  const startedWith = { incarnation, restartKey, confKey, etcdVersion, ...(program === undefined ? {} : { program }) };
  const { startedWith: before } = journal.current();
  if (before !== null && before.program?.sha256 !== program?.sha256)
    await journal.set({ startedWith: inDoubt(before) });
  failpoint('etcd.before-install');
  await host.init.install(unit);
  failpoint('etcd.after-install');
  const record = await recordOfStart(incarnation, context);
  if (record !== null) await writeVersionRecord(host.files, paths.dataRoot, incarnation, record);
  failpoint('etcd.after-version');
  await journal.set({ ...used, startedWith });
  failpoint('etcd.before-start');
  await host.init.start();
  failpoint('etcd.after-start');
}
