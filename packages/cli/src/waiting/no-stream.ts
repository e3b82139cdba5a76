import { Refusal } from '../refusal.ts';

/** Whether this is the refusal of a coordinator from before the event stream. */
export function hasNoStream(error: unknown): boolean {
  return error instanceof Refusal && error.wire.code === 'not_found' && error.wire.details.what === 'route';
}

/** What an operator reads then. */
export const olderCoordinator =
  'picket: This coordinator has no event stream: it is older than this picket, which asks every 2 s instead. Upgrade the coordinator.';
