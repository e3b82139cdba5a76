import { failure } from '@picket/shared/errors.ts';
import { isOfMinor, minorOf } from '@picket/shared/etcd-version.ts';
import { guardedFolders } from '../../host/files/guarded-folder.ts';
import type { HostFiles, InitSystem } from '../../host/host.ts';
import { writeVersionRecord } from '../../host/version-record.ts';
import type { IncarnationStage } from '../../journal/journal.ts';
import type { JournalStore } from '../../journal/journal-store.ts';
import { readLeftRecord } from '../../leaving/left-record.ts';
import { memberStateOf, type StepOf } from '../../model/model.ts';
import { dataDirs, unbornFolder } from '../../observe/data-dirs.ts';
import { requireFormerSilent } from './ask-voter.ts';
import type { ExecutionContext } from './execution.ts';

/** Makes the folder of one incarnation, once (R4). */
export async function makeDataDir({ incarnation }: StepOf<'make-data-dir'>, context: ExecutionContext): Promise<void> {
  const { host, etcdOwner } = context;
  await makeOnce(incarnation, context, (folder) => host.files.makeFolder(folder, 0o700, etcdOwner));
}

/**
 * Makes the data directory of a founder from a snapshot, once (R4): no two incarnations ever begin with the same snapshot and
 * token. Throws `former_cluster_serves` as well.
 */
export async function restoreData(
  { incarnation, order, member }: StepOf<'restore-data'>,
  context: ExecutionContext,
): Promise<void> {
  const { etcdOwner: owner, restoreSnapshot } = context;
  await requireFormerSilent(order, context);
  await makeOnce(incarnation, context, (folder) => restoreSnapshot(order, { folder, owner, ...member }));
}

/**
 * The journal records `making` before the folder is made, and `made` before etcd can be started on it. So a crash at
 * any moment leaves either a folder that etcd has never seen, or a record that forbids making another (R4).
 *
 * Nothing can be started before the folder exists, so the version of this incarnation is recorded before it is made (R17).
 *
 * @param make makes it whole or not at all
 */
async function makeOnce(
  incarnation: string,
  context: ExecutionContext,
  make: (folder: string) => Promise<void>,
): Promise<void> {
  const { host, paths, journal, etcdOwner, failpoint } = context;
  const folder = `${paths.dataRoot}/${incarnation}`;
  const stage = journal.current().incarnations[incarnation];
  const record = (next: IncarnationStage) =>
    journal.update((before) => ({ ...before, incarnations: { ...before.incarnations, [incarnation]: next } }));
  if (stage !== undefined && stage !== 'making') {
    throw failure('data_dir_refused', { folder, problem: 'it was made before' });
  }
  if ((await readLeftRecord(host.files, paths.stateDir)).incarnations.includes(incarnation)) {
    throw failure('data_dir_refused', { folder, problem: 'this incarnation has ended here before' });
  }
  await host.files.ensureFolder(paths.dataRoot, 0o755, null);
  for (const guarded of guardedFolders(paths)) await host.files.guard(guarded, etcdOwner);
  if (stage === undefined) {
    if (await host.files.exists(folder)) {
      throw failure('data_dir_refused', { folder, problem: 'it exists already, and this agent has not made it' });
    }
    await record('making');
  }
  await recordVersion(incarnation, context);
  failpoint('data-dir.after-intent');
  if (!(await host.files.exists(folder))) await make(folder);
  failpoint('data-dir.after-make');
  await record('made');
  failpoint('data-dir.after-record');
}

async function recordVersion(incarnation: string, { host, paths, accepted, unit, installedEtcd }: ExecutionContext) {
  const installed = await installedEtcd();
  const command = `${unit.binary} --version`;
  if (installed === null) throw failure('etcd_unusable', { binary: unit.binary, problem: 'it cannot be run', command });
  const { version, fingerprint } = installed;
  const minor = memberStateOf(accepted)?.etcd?.minor ?? minorOf(version);
  if (!isOfMinor(version, minor)) throw failure('etcd_held_back', { binary: unit.binary, version, minor });
  await writeVersionRecord(host.files, paths.dataRoot, incarnation, { minor, fingerprint });
}

interface Context extends Pick<ExecutionContext, 'paths'> {
  readonly host: { readonly files: HostFiles; readonly init: Pick<InitSystem, 'state'> };
  readonly journal: Pick<JournalStore, 'current'>;
}

/**
 * Moves away what a founder's etcd wrote to its data directory without ever committing anything, so that etcd starts
 * with an empty one. The folder of the incarnation stays: it is made only once (R4). The moved data stays beside it,
 * since a card that has lost a part of the log may give a false picture. So this happens once in an incarnation.
 */
export async function clearUnborn(
  { incarnation }: StepOf<'clear-unborn'>,
  { host, paths, journal }: Context,
): Promise<void> {
  const { files, init } = host;
  const folder = `${paths.dataRoot}/${incarnation}`;
  const [member, aside] = [`${folder}/member`, unbornFolder(paths.dataRoot, incarnation)];
  const refuse = (problem: string) => failure('data_dir_refused', { folder, problem });
  if ((await init.state()).kind === 'running') throw refuse('etcd runs on it again');
  const found = await dataDirs(files, paths.dataRoot, [incarnation], journal.current().incarnations);
  if (found[incarnation] !== 'unborn') throw refuse('something has been committed in it');
  await files.move(member, aside);
  if ((await init.state()).kind !== 'running') return;
  // Somebody started etcd at this very moment: it runs on the data that it has opened, unless it has made new data.
  if (!(await files.exists(member))) await files.move(aside, member);
  throw refuse('etcd was started while its beginning was moved away');
}
