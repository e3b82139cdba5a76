import { failure } from '@picket/shared/errors.ts';
import { formerDataKept, namesOfIncarnation } from '../../leaving/former-data.ts';
import { changeLeftRecord, type FormerData, formerFolder } from '../../leaving/left-record.ts';
import { type AgentStep, memberStateOf, type StepOf } from '../../model/model.ts';
import type { ExecutionContext } from './execution.ts';

/** Removes what Picket wrote for an etcd that is stopped: first conf.yml, without which nothing starts it. */
export async function removeFiles(
  { paths: found, kind }: StepOf<'remove-files'>,
  context: ExecutionContext,
): Promise<void> {
  await requireStopped(kind, context);
  for (const path of found) await context.host.files.remove(path);
  context.failpoint('leave.after-files');
}

/**
 * Moves the data directories of incarnations that are over to the folder of former data. They are recorded first, so that none
 * stays there without an end. Each move is one rename, and a move that has happened is not repeated.
 */
export async function putDataAway(
  { incarnations, kind }: StepOf<'put-data-away'>,
  context: ExecutionContext,
): Promise<void> {
  const { accepted, host, paths, journal, buildTime, failpoint, log } = context;
  const { files } = host;
  const document = memberStateOf(accepted);
  if (document === null) return;
  await requireStopped(kind, context);
  const { cluster, member } = document;
  // A clock that is behind would end the time of the data on the day on which it is set right (R14).
  const at = Math.floor(Math.max(host.clock.now(), journal.current().clockFloor, buildTime));
  const entry = (incarnation: string): FormerData => ({
    ...{ incarnation, cluster, member: member.name, at },
    until: at + formerDataKept,
  });
  await changeLeftRecord(files, paths.stateDir, (before) => ({
    ...before,
    data: [
      ...before.data,
      ...incarnations.filter((one) => before.data.every(({ incarnation }) => incarnation !== one)).map(entry),
    ],
  }));
  failpoint('leave.after-record');
  const there = new Set(await files.list(paths.dataRoot));
  for (const name of incarnations.flatMap(namesOfIncarnation).filter((one) => there.has(one))) {
    await files.move(`${paths.dataRoot}/${name}`, `${formerFolder(paths.stateDir)}/${name}`);
    failpoint('leave.after-move');
  }
  log.info({ incarnations }, `the data of this former member is kept in ${formerFolder(paths.stateDir)}`);
}

/** The observation behind the step is a moment old. */
async function requireStopped(step: AgentStep['kind'], { host }: ExecutionContext): Promise<void> {
  if ((await host.init.state()).kind !== 'running') return;
  throw failure('step_impossible', { step, problem: 'etcd runs again' });
}
