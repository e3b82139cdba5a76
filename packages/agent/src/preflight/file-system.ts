import { failure } from '@picket/shared/errors.ts';
import { isInMemory } from '../host/file-system.ts';
import type { Inspection } from '../host/inspection.ts';
import { type Check, ok, warning } from './check.ts';

/**
 * Throws `data_in_memory` if etcd's data would be lost with the next power cut, as on a diskless Alpine. An agent that
 * is one of several, as in the demo, only warns: such a cluster is temporary.
 *
 * @param wholeMachine see `ownsMachine`
 */
export async function checkFileSystem(
  inspection: Pick<Inspection, 'fileSystem'>,
  path: string,
  wholeMachine: boolean,
): Promise<Check> {
  const found = await inspection.fileSystem(path);
  if (found === null) return ok('file system', `the one that holds ${path} is not known`);
  const { type, mountPoint } = found;
  if (!isInMemory(found)) return ok('file system', `${path} is on ${type}, mounted on ${mountPoint}`);
  const fileSystem = `${type}, mounted on ${mountPoint}`;
  if (wholeMachine) throw failure('data_in_memory', { path, fileSystem });
  return warning(
    'file system',
    `${path} lies in memory (${fileSystem})`,
    'etcd loses its data there at the next power cut.',
  );
}
