import fc from 'fast-check';
import t from 'tap';
import { knownHistories } from './known-histories.ts';
import { play, schedules } from './schedule.ts';

/**
 * The controller against an adversary that owns the network, the power and the clock. A failure prints its history,
 * a seed and a path; PICKET_SIM_SEED and PICKET_SIM_PATH play it again, PICKET_SIM_RUNS sets how many histories.
 */
const runs = Number(process.env.PICKET_SIM_RUNS ?? 800);
const seed = process.env.PICKET_SIM_SEED;
const path = process.env.PICKET_SIM_PATH;

for (const { name, schedule } of knownHistories) {
  t.test(name, (t) => {
    t.doesNotThrow(() => play(schedule));
    t.end();
  });
}

t.test(`R1 R2 R3 R4 R5 R6 R12 and liveness hold over ${runs} histories`, (t) => {
  const replay = { ...(seed === undefined ? {} : { seed: Number(seed) }), ...(path === undefined ? {} : { path }) };
  const property = fc.property(schedules, (schedule) => {
    play(schedule);
  });
  const details = fc.check(property, { numRuns: runs, ...replay });
  if (details.failed) t.fail(fc.defaultReportMessage(details) ?? 'a history broke an invariant');
  else t.pass(`${details.numRuns} histories`);
  t.end();
});
