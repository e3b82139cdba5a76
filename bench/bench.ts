import type { Surroundings } from '../test/support/debian-packages.ts';

/** What a bench may use; all of it ends with the bench. */
export interface BenchSurroundings extends Surroundings {
  /** Its own folder. Processes that name it among their arguments are ended, and it is removed, after the bench. */
  readonly folder: string;
  /** Fires when the user has had enough. */
  readonly signal: AbortSignal;
}

/** Both sides, ready to be measured. A run resolves with its figure in the bench's unit. */
export interface Prepared {
  ours(): Promise<number>;
  peer(): Promise<number>;
  /** Ends what `prepare` started; what it leaves running in the bench's folder is ended by force. */
  close(): Promise<void>;
}

/** One comparison of Picket with something that does the same without it. */
export interface Bench {
  readonly name: string;
  /** Of both figures: `s`, `MB`, `/s`. */
  readonly unit: string;
  /** Which figures are good ones. */
  readonly better: 'lower' | 'higher';
  /** What is measured of ours, in words. */
  readonly ours: string;
  /** What it is measured against, in words. */
  readonly peer: string;
  /** What the figures do not tell, a sentence each. */
  readonly leavesOut: readonly string[];
  /** The ratio ours / peer to keep from the start. */
  readonly reach: number;
  /** The ratio to arrive at. */
  readonly goal: number;
  /** How many runs of each side, unless the command line says otherwise. */
  readonly runs: number;
  /** Starts what both sides need. What it throws tells the user what is missing. */
  prepare(surroundings: BenchSurroundings): Promise<Prepared>;
}
