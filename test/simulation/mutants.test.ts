import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import type { Guards } from './guards.ts';
import { knownHistories } from './known-histories.ts';
import { mutants } from './mutants.ts';
import { play } from './play.ts';
import { type Schedule, schedules } from './schedule.ts';
import { Violation } from './world.ts';

const record = join(import.meta.dirname, 'caught-by.json');
const isRecording = Boolean(process.env.PICKET_RECORD);

/** The net holds only if it catches something: each guard, taken out, must be noticed. */
const random = fc
  .sample(schedules, { numRuns: Math.max(...mutants.map(({ within }) => within)), seed: 1 })
  .map((schedule, index) => ({ name: `random history ${index}`, schedule }));

/**
 * The history that caught each mutant when this was recorded: PICKET_RECORD=1 npm test -- test/simulation/mutants.test.ts
 * It is played first, because a search through all others takes a minute. A record that is out of date costs that time only.
 */
const caughtBy = JSON.parse(await readFile(record, 'utf8')) as Record<string, string>;
const catchers = new Map<string, string>();

for (const { id, rule, does, breaksToo = [], guards, within } of mutants) {
  t.test(`${rule} what ${does} is caught (${id})`, (t) => {
    const histories = [...knownHistories, ...random.slice(0, within)];
    const breaks = [rule, ...breaksToo];
    const likely = isRecording ? [] : histories.filter(({ name }) => name === caughtBy[id]);
    const first = firstViolation(likely, guards);
    const found = first !== null && breaks.includes(first.rule) ? first : firstViolation(histories, guards);
    t.ok(
      found !== null && breaks.includes(found.rule),
      `within ${knownHistories.length} known and ${within} random histories ${breaks.join(' or ')} is broken, ` +
        `and ${found?.rule ?? 'nothing'} was`,
    );
    if (found !== null) catchers.set(id, found.history);
    t.end();
  });
}

if (isRecording) t.teardown(() => writeFile(record, `${JSON.stringify(Object.fromEntries(catchers), null, 2)}\n`));

t.test('docs/explanation/simulation.md names every mutant', async (t) => {
  const text = await readFile(join(import.meta.dirname, '../../docs/explanation/simulation.md'), 'utf8');
  const missing = mutants.filter(({ id }) => !text.includes(`\`${id}\``)).map(({ id }) => id);
  t.strictSame(missing, []);
});

function firstViolation(
  histories: readonly { readonly name: string; readonly schedule: Schedule }[],
  guards: Guards,
): { readonly rule: string; readonly history: string } | null {
  for (const { name, schedule } of histories) {
    try {
      play(schedule, guards);
    } catch (error) {
      if (error instanceof Violation) return { rule: error.rule, history: name };
      throw error;
    }
  }
  return null;
}
