import fc from 'fast-check';
import { type Guards, realGuards } from './guards.ts';
import { play } from './play.ts';
import { schedules } from './schedule.ts';
import { Violation } from './world.ts';

/** A history that breaks an invariant, shrunk as far as it goes. */
export interface Finding {
  readonly rule: string;
  readonly seed: number;
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
  const found = search({ numRuns: runs }, { seed, batch, often }, guards);
  return found === 'no-history' ? null : found;
}

/** What is found in one history that an earlier search has named by its path; `no-history` if the path leads nowhere. */
export function searchPath(seed: number, path: string, guards: Guards = realGuards): Finding | 'no-history' | null {
  const [batch = '0', ...rest] = path.split(':');
  return search({ path: rest.join(':'), endOnFailure: true, numRuns: 1 }, { seed, batch: Number(batch) }, guards);
}

function search(
  parameters: fc.Parameters<unknown>,
  { seed, batch, often }: { readonly seed: number; readonly batch: number; readonly often?: 'often' | undefined },
  guards: Guards,
): Finding | 'no-history' | null {
  const property = fc.property(schedules, (schedule) => void play(schedule, guards, often));
  const details = checked(property, { ...parameters, seed: seedOf(seed, batch) });
  if (details === null || details.numRuns === 0) return 'no-history';
  if (!details.failed) return null;
  const error = details.errorInstance;
  const history = error instanceof Error ? (error instanceof Violation ? error.message : (error.stack ?? '')) : '';
  const rule = error instanceof Violation ? error.rule : 'the simulation itself';
  return { rule, seed, history: history || String(error), path: `${batch}:${details.counterexamplePath ?? '0'}` };
}

/** null if the path of the parameters leads nowhere: fast-check throws for nothing else. */
function checked(property: fc.IProperty<unknown>, parameters: fc.Parameters<unknown>): fc.RunDetails<unknown> | null {
  try {
    return fc.check(property, parameters as object);
  } catch (error) {
    if (parameters.path === undefined) throw error;
    return null;
  }
}

/** Of its own for each batch, so that it does not matter which thread takes which. */
function seedOf(seed: number, batch: number): number {
  return (seed + Math.imul(batch, 0x9e3779b1)) | 0;
}
