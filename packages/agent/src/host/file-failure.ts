import { dirname } from 'node:path';
import { failure } from '@picket/shared/errors.ts';

/** Turns a failed write to `path` into `disk_full` or `path_not_writable`. Any other error comes back unchanged. */
export function writeFailure(path: string, error: unknown): unknown {
  const cause = { cause: error };
  switch (codeOf(error)) {
    case 'ENOSPC':
      return failure('disk_full', { path, problem: 'its file system is full' }, cause);
    case 'EDQUOT':
      return failure('disk_full', { path, problem: 'the disk quota of its owner is used up' }, cause);
    case 'EROFS':
      return failure(
        'path_not_writable',
        { path, problem: 'its file system is mounted read-only', remedy: readOnlyRemedy },
        cause,
      );
    case 'EACCES':
    case 'EPERM':
      return failure('path_not_writable', { path, problem: 'permission denied', remedy: permissionRemedy }, cause);
    case 'ENOENT':
      return failure(
        'path_not_writable',
        {
          path,
          problem: `the folder ${dirname(path)} does not exist`,
          remedy: 'Make that folder, or correct the path in agent.yml.',
        },
        cause,
      );
    case 'ENOTDIR':
    case 'EISDIR':
      return failure(
        'path_not_writable',
        {
          path,
          problem: 'there is a folder where a file belongs, or a file where a folder belongs',
          remedy: 'Move it away.',
        },
        cause,
      );
    default:
      return error;
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

// A worn SD card becomes read-only, so the owner of a board should check the card first.
export const readOnlyRemedy = 'Mount it read-write. A failing SD card becomes read-only; `dmesg` then shows errors.';
export const permissionRemedy = 'Run the agent as root, or give its user permission to write there.';
