import { failure } from '@picket/shared/errors.ts';
import { dataDirs } from '../observe/data-dirs.ts';
import type { ExecutionContext } from './execution.ts';
import type { AgentStep } from './model.ts';

/**
 * Takes away what an etcd has begun in its data dir and never got to committing anything in, so that it begins anew. The
 * folder of the incarnation stays: it is made once (R4). The snapshots go first, and with the log what this is judged by.
 */
export async function clearUnborn(
  { incarnation }: Extract<AgentStep, { kind: 'clear-unborn' }>,
  { host, paths, journal }: ExecutionContext,
): Promise<void> {
  const folder = `${paths.dataRoot}/${incarnation}`;
  const refuse = (problem: string) => failure('data_dir_refused', { folder, problem });
  if ((await host.init.state()).kind === 'running') throw refuse('etcd runs on it again');
  const found = await dataDirs(host.files, paths.dataRoot, [incarnation], journal.current().incarnations);
  if (found[incarnation] !== 'unborn') throw refuse('something was committed in it after all');
  for (const name of ['snap', 'wal']) await host.files.removeTree(`${folder}/member/${name}`);
}
