import { failure, type PicketError } from '@picket/shared/errors.ts';

/** Makes the error of a command line that cannot be right: exit status 2. */
export function usageError(problem: string, command = 'picket'): PicketError {
  return failure('usage_invalid', { problem, command });
}
