import fc from 'fast-check';
import t from 'tap';
import type { Guards } from './coordinator-model.ts';
import { knownHistories } from './known-histories.ts';
import { mutants } from './mutants.ts';
import { play, type Schedule, schedules } from './schedule.ts';
import { Violation } from './world.ts';

/** The net holds only if it catches something: each guard, taken out, must be noticed. */
const seed = 1;

for (const { name, breaks, guards, within } of mutants) {
  t.test(`without its guard, a controller that ${name} is caught`, (t) => {
    const histories = [
      ...knownHistories.map(({ schedule }) => schedule),
      ...fc.sample(schedules, { numRuns: within, seed }),
    ];
    const found = firstViolation(histories, guards);
    t.ok(found, `within ${knownHistories.length} known and ${within} random histories`);
    t.ok(found === null || breaks.includes(found.rule), `it breaks ${breaks.join(' or ')}, and broke ${found?.rule}`);
    t.end();
  });
}

function firstViolation(histories: readonly Schedule[], guards: Guards): Violation | null {
  for (const schedule of histories) {
    try {
      play(schedule, guards);
    } catch (error) {
      if (error instanceof Violation) return error;
      throw error;
    }
  }
  return null;
}
