import { PicketError } from '@picket/shared/errors.ts';

/** With which code and facts an order is refused; null if it is not. */
export function refusalOf(order: () => unknown): Pick<PicketError, 'code' | 'facts'> | null {
  try {
    order();
    return null;
  } catch (error) {
    if (error instanceof PicketError) return { code: error.code, facts: error.facts };
    throw error;
  }
}
