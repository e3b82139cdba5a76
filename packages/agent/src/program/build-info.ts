/** Set by the bundler; undefined if the sources are run. */
declare const PICKET_BUILD_TIME: string | undefined;

/** When this agent was built, in milliseconds since the epoch: a correct clock cannot be before it (R14). */
export const buildTime = Date.parse(
  typeof PICKET_BUILD_TIME === 'undefined' ? '2026-01-01T00:00:00Z' : PICKET_BUILD_TIME,
);
