/**
 * Milliseconds since the epoch on the coordinator's clock, of something from which a wait counts. If the clock is set, each
 * instant in the progress moves with it: each concern lists its own in `instants`. No value has the property `moves`: by it
 * the compiler finds an instant that a concern has not listed.
 */
export type Instant = number & { readonly moves?: true };

/** The same for an instant that stays as it is when the clock is set: people see it, or it is a date. */
export type FixedInstant = number;
