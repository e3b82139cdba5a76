import { failure } from '@picket/shared/errors.ts';
import { permissionRemedy, readOnlyRemedy } from '../host/file-failure.ts';
import type { Inspection } from '../host/inspection.ts';

/** Throws `path_not_writable` for the first path below which nothing can be written, whether it exists or not. */
export async function checkWritable(
  inspection: Pick<Inspection, 'writeProblem'>,
  paths: readonly string[],
): Promise<void> {
  for (const path of paths) {
    const found = await inspection.writeProblem(path);
    if (found === null) continue;
    const place = found.path === path ? '' : `${found.path}: `;
    const [problem, remedy] = explain(found.code);
    throw failure('path_not_writable', { path, problem: `${place}${problem}`, remedy });
  }
}

function explain(code: string): readonly [string, string] {
  switch (code) {
    case 'EROFS':
      return ['its file system is mounted read-only', readOnlyRemedy];
    case 'EACCES':
    case 'EPERM':
      return ['permission denied', permissionRemedy];
    case 'ENOTDIR':
      return ['there is a file where a folder belongs', 'Move the file away, or set another path in agent.yml.'];
    default:
      return [`the system says ${code}`, 'Correct the path in agent.yml.'];
  }
}
