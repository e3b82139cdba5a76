import { PicketError } from '@picket/shared/errors.ts';

/** What `work` returns, or what `instead` makes of its PicketError. Throws any other error: that is a fault of this program. */
export function unlessRefused<Result, Instead>(
  work: () => Result,
  instead: (error: PicketError) => Instead,
): Result | Instead {
  try {
    return work();
  } catch (error) {
    if (error instanceof PicketError) return instead(error);
    throw error;
  }
}
