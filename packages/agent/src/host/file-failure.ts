import { dirname } from 'node:path';
import { failure } from '@picket/shared/errors.ts';

/** Turns a failed write to `path` into `disk_full` or `path_not_writable`. Any other error comes back unchanged. */
export function writeFailure(path: string, error: unknown): unknown {
  const code = codeOf(error) ?? '';
  const isFull = fullDisks[code];
  if (isFull !== undefined) return failure('disk_full', { path, problem: isFull }, { cause: error });
  const [problem, remedy] = whyUnwritable(code, path) ?? [];
  if (problem === undefined || remedy === undefined) return error;
  return failure('path_not_writable', { path, problem, remedy }, { cause: error });
}

const fullDisks: Readonly<Record<string, string>> = {
  ENOSPC: 'its file system is full',
  EDQUOT: 'the disk quota of its owner is used up',
};

/** What keeps a path from being written, and what to do; null for other codes of the system. */
export function whyUnwritable(code: string, path: string): readonly [problem: string, remedy: string] | null {
  switch (code) {
    case 'EROFS':
      // A worn SD card becomes read-only, so the owner of a board should check the card first.
      return [
        'its file system is mounted read-only',
        'Mount it read-write. A failing SD card becomes read-only; `dmesg` then shows errors.',
      ];
    case 'EACCES':
    case 'EPERM':
      return ['permission denied', 'Run the agent as root, or give its user permission to write there.'];
    case 'ENOENT':
      return [`the folder ${dirname(path)} does not exist`, 'Make that folder, or correct the path in agent.yml.'];
    case 'ENOTDIR':
    case 'EISDIR':
      return ['there is a folder where a file belongs, or a file where a folder belongs', 'Move it away.'];
    default:
      return null;
  }
}

/** As {@link writeFailure}, for a failed read. */
export function readFailure(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code !== 'EACCES' && code !== 'EPERM') return error;
  return failure('path_not_readable', { path, problem: 'permission denied' }, { cause: error });
}

/** True if a path names nothing: it is missing, or a file stands where a folder of it should be. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}

/** For `catch`: null for a path that names nothing; throws any other error. */
export function nullIfMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}

/** The system's code of an error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
