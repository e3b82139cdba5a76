import { inWords } from '@picket/shared/reasons/in-words.ts';
import { clientKeyTarget, fileNames } from '../../model/managed-files.ts';
import type { AgentStep, StepOf } from '../../model/model.ts';
import { unitOfProgram } from '../../model/program.ts';
import { changeMembership } from './change-membership.ts';
import type { ExecutionContext } from './execution.ts';
import { putDataAway, removeFiles } from './leave-cluster.ts';
import { clearUnborn, makeDataDir, restoreData } from './make-data-dir.ts';
import { obtainCredential } from './obtain-credential.ts';
import { proveRenewal } from './prove-credential.ts';
import { restartEtcd, startEtcd, stopEtcd, takeHold } from './run-etcd.ts';
import { subjectOf } from './step-failure.ts';
import { takeSnapshot, tendDatabase } from './tend-database.ts';
import { writeManagedFile } from './write-managed-file.ts';

export interface Applied {
  readonly done: readonly AgentStep[];
  readonly failed: { readonly step: AgentStep; readonly error: unknown } | null;
}

type Executors = {
  readonly [Kind in AgentStep['kind']]: (step: StepOf<Kind>, context: ExecutionContext) => Promise<void>;
};

/** The executor of each kind of step; a kind without an executor does not compile. */
const executors: Executors = {
  'obtain-credential': obtainCredential,
  'prove-credential': proveRenewal,
  'write-file': writeManagedFile,
  'link-client-key': (_step, { host, paths }) => host.files.linkWhole(fileNames(paths).clientKeyLink, clientKeyTarget),
  'install-service': installService,
  'stop-etcd': stopEtcd,
  'make-data-dir': makeDataDir,
  'clear-unborn': clearUnborn,
  'restore-data': restoreData,
  'start-etcd': startEtcd,
  'restart-etcd': restartEtcd,
  'take-hold': takeHold,
  'remove-files': removeFiles,
  'put-data-away': putDataAway,
  'change-membership': changeMembership,
  'take-snapshot': takeSnapshot,
  maintenance: tendDatabase,
};

/**
 * Carries out the steps in order and stops at the first that fails: later steps depend on earlier ones. It also stops
 * if another desired state was accepted meanwhile: a step such as a restore may last an hour, and the rest may no
 * longer be wanted.
 */
export async function apply(steps: readonly AgentStep[], context: ExecutionContext): Promise<Applied> {
  const done: AgentStep[] = [];
  for (const step of steps) {
    if (context.superseded()) break;
    try {
      const why = 'why' in step ? { why: inWords(step.why) } : {};
      context.log.info({ step: step.kind, ...subjectOf(step), ...why }, `step: ${step.kind}`);
      await execute(step, context);
      done.push(step);
    } catch (error) {
      return { done, failed: { step, error } };
    }
  }
  return { done, failed: null };
}

async function execute<Kind extends AgentStep['kind']>(step: StepOf<Kind>, context: ExecutionContext): Promise<void> {
  const executor = executors[step.kind as Kind];
  await executor(step, context);
}

/** Writes the service's definition. An etcd that runs is not restarted (R2). */
async function installService(
  { altered }: StepOf<'install-service'>,
  { host, journal, unit, packageUnit, paths, log }: ExecutionContext,
): Promise<void> {
  const { startedWith } = journal.current();
  // That of what runs: another release begins with its own start.
  await host.init.install(startedWith === null ? unit : unitOfProgram(packageUnit, paths, startedWith.program ?? null));
  if (altered.length > 0)
    log.warn({ altered }, 'the definition of the etcd service was changed; the agent has restored it');
}
