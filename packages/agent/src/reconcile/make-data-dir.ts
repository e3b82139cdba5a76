import { failure } from '@picket/shared/errors.ts';
import { guardedFolders } from '../host/guarded-folder.ts';
import type { ExecutionContext } from './execution.ts';
import type { AgentStep, LifeStage } from './model.ts';

/** Makes the folder of one incarnation, once (R4). */
export async function makeDataDir(
  { incarnation }: Extract<AgentStep, { kind: 'make-data-dir' }>,
  context: ExecutionContext,
): Promise<void> {
  const { host, etcdOwner } = context;
  await makeOnce(incarnation, context, (folder) => host.files.makeFolder(folder, 0o700, etcdOwner));
}

/**
 * That it is being made is on the disk before it is, and that it was made before etcd can be started on it: so a kill
 * at any moment leaves either a folder that etcd has never seen, or a record that forbids making another (R4).
 *
 * @param make makes it whole or not at all
 */
export async function makeOnce(
  incarnation: string,
  { host, paths, journal, etcdOwner, failpoint }: ExecutionContext,
  make: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = `${paths.dataRoot}/${incarnation}`;
  const stage = journal.current().incarnations[incarnation];
  const record = (next: LifeStage) =>
    journal.update((before) => ({ ...before, incarnations: { ...before.incarnations, [incarnation]: next } }));
  if (stage !== undefined && stage !== 'making') {
    throw failure('data_dir_refused', { folder, problem: 'it was made before' });
  }
  await host.files.ensureFolder(paths.dataRoot, 0o755, null);
  for (const guarded of guardedFolders(paths)) await host.files.guard(guarded, etcdOwner);
  if (stage === undefined) {
    if (await host.files.exists(folder)) {
      throw failure('data_dir_refused', { folder, problem: 'it is there already, and this agent has not made it' });
    }
    await record('making');
  }
  failpoint('data-dir.after-intent');
  if (!(await host.files.exists(folder))) await make(folder);
  failpoint('data-dir.after-make');
  await record('made');
  failpoint('data-dir.after-record');
}
