import { disksCannot } from './cannot-run.ts';

// A power cut that was never tried must not look like one that was withstood.
if (disksCannot !== undefined && process.env.CI === 'true')
  throw new Error(`The power-cut tests cannot run here: ${disksCannot}.`);

/** Options of a test that cuts a disk's power: it is skipped where that is not possible, except in CI, which then fails. */
export const disksNeeded = disksCannot === undefined ? {} : { skip: disksCannot };
