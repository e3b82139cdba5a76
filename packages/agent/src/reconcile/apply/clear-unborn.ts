import { failure } from '@picket/shared/errors.ts';
import type { HostFiles, InitSystem } from '../../host/host.ts';
import type { JournalStore } from '../../journal/journal-store.ts';
import type { StepOf } from '../../model/model.ts';
import { dataDirs, unbornFolder } from '../../observe/data-dirs.ts';
import type { ExecutionContext } from './execution.ts';

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
