/** What an operator reads of a coordinator from before the event stream. */
export const olderCoordinator =
  'picket: This coordinator has no event stream: it is older than this picket, which asks every 2 s instead. Upgrade the coordinator.';
