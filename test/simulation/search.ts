import fc from 'fast-check';
import { type Guards, realGuards } from './guards.ts';
import { play } from './play.ts';
import { schedules } from './schedule.ts';
import { Violation } from './world.ts';

/** A history that breaks an invariant, shrunk as far as it goes. */
export interface Finding {
  readonly rule: string;
  /** In plain words, one event after the other. */
  readonly history: string;
  /** Leads to this history again, with the same seed. */
  readonly path: string;
}

/** So many histories are looked at in one go, by whichever thread has nothing to do. */
export const batchSize = 250;

/**
 * The first history of a batch that breaks an invariant; null where none does. Whatever else went wrong, a defect of the
 * simulation say, is a finding as well.
 */
export function searchBatch(
  seed: number,
  batch: number,
  runs: number,
  guards: Guards = realGuards,
  often?: 'often',
): Finding | null {
  return search({ seed: seedOf(seed, batch), numRuns: runs }, batch, guards, often);
}

/** The history that an earlier search has found, by its path. */
export function searchPath(seed: number, path: string, guards: Guards = realGuards): Finding | null {
  const [batch = '0', ...rest] = path.split(':');
  return search({ seed: seedOf(seed, Number(batch)), path: rest.join(':'), endOnFailure: true }, Number(batch), guards);
}

function search(parameters: fc.Parameters<unknown>, batch: number, guards: Guards, often?: 'often'): Finding | null {
  const property = fc.property(schedules, (schedule) => void play(schedule, guards, often));
  const details = fc.check(property, parameters as object);
  if (!details.failed) return null;
  const error = details.errorInstance;
  const history = error instanceof Error ? (error instanceof Violation ? error.message : (error.stack ?? '')) : '';
  const rule = error instanceof Violation ? error.rule : 'the simulation itself';
  return { rule, history: history || String(error), path: `${batch}:${details.counterexamplePath ?? '0'}` };
}

/** Of its own for each batch, so that it does not matter which thread takes which. */
function seedOf(seed: number, batch: number): number {
  return (seed + Math.imul(batch, 0x9e3779b1)) | 0;
}
