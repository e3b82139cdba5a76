import { failure, type PicketError } from '@picket/shared/errors.ts';

/** Makes the error for a wrong command line. */
export function usageError(problem: string, command = 'picket'): PicketError {
  return failure('usage_invalid', { problem, command });
}
