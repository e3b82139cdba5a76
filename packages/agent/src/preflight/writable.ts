import { failure } from '@picket/shared/errors.ts';
import { whyUnwritable } from '../host/file-failure.ts';
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
    const [problem, remedy] = explain(found.code, path);
    throw failure('path_not_writable', { path, problem: `${place}${problem}`, remedy });
  }
}

function explain(code: string, path: string): readonly [string, string] {
  if (code === 'ENOTDIR')
    return ['there is a file where a folder belongs', 'Move the file away, or set another path in agent.yml.'];
  return whyUnwritable(code, path) ?? [`the system says ${code}`, 'Correct the path in agent.yml.'];
}
