import { cannotRun } from './cannot-run.ts';

// Faults that were never tried must not look like faults that were withstood.
if (cannotRun !== undefined && process.env.CI === 'true') throw new Error(`The lab cannot run here: ${cannotRun}.`);

/** Options of a test in the lab: it is skipped where the lab cannot run, except in CI, which then fails. */
export const labNeeded: { readonly skip?: string } = cannotRun === undefined ? {} : { skip: cannotRun };
