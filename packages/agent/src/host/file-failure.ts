import { dirname } from 'node:path';
import { failure } from '@picket/shared/errors.ts';

/**
 * What a failed write to `path` means to a person: `disk_full` or `path_not_writable`. An error that neither
 * explains comes back as it is.
 */
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
          problem: `there is no folder ${dirname(path)}`,
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
          problem: 'a folder stands where a file belongs, or the other way round',
          remedy: 'Move away what stands there.',
        },
        cause,
      );
    default:
      return error;
  }
}

/** As {@link writeFailure}, of a failed read. */
export function readFailure(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code !== 'EACCES' && code !== 'EPERM') return error;
  return failure('path_not_readable', { path, problem: 'permission denied' }, { cause: error });
}

/** The system's code of an error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

// A worn SD card turns read-only by itself, so that is what a Pi's owner should look at first.
export const readOnlyRemedy =
  'Mount it read-write. An SD card that is failing turns read-only by itself: `dmesg` says so.';
export const permissionRemedy = 'Run the agent as root, or give its user leave to write there.';
