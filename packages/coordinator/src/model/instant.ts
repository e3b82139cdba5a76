/** Milliseconds since the epoch on the coordinator's clock. */
export type Instant = number;
