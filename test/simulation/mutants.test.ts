import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import type { Guards } from './guards.ts';
import { knownHistories } from './known-histories.ts';
import { mutants } from './mutants.ts';
import { play } from './play.ts';
import { type Schedule, schedules } from './schedule.ts';
import { Violation } from './world.ts';

/** The net holds only if it catches something: each guard, taken out, must be noticed. */
const random = fc.sample(schedules, { numRuns: Math.max(...mutants.map(({ within }) => within)), seed: 1 });

for (const { id, rule, does, breaksToo = [], guards, within } of mutants) {
  t.test(`${rule} what ${does} is caught (${id})`, (t) => {
    const histories = [...knownHistories.map(({ schedule }) => schedule), ...random.slice(0, within)];
    const found = firstViolation(histories, guards);
    const breaks = [rule, ...breaksToo];
    t.ok(
      found !== null && breaks.includes(found.rule),
      `within ${knownHistories.length} known and ${within} random histories ${breaks.join(' or ')} is broken, ` +
        `and ${found?.rule ?? 'nothing'} was`,
    );
    t.end();
  });
}

t.test('docs/explanation/simulation.md names every mutant', async (t) => {
  const text = await readFile(join(import.meta.dirname, '../../docs/explanation/simulation.md'), 'utf8');
  const missing = mutants.filter(({ id }) => !text.includes(`\`${id}\``)).map(({ id }) => id);
  t.strictSame(missing, []);
});

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
