import t from 'tap';
import { mutants } from '../mutants/all.ts';
import { runMutated } from '../mutants/run-mutated.ts';

/** The tests hold only if they catch something: each guard, taken out, must be noticed. */
t.jobs = 2;
for (const mutant of mutants) {
  const { id, rule, does, caughtBy } = mutant;
  const skip = mutant.needsRoot === true && process.getuid?.() !== 0 && 'only root can run a program as another user';
  t.test(`${rule} one that ${does} is caught (${id})`, { skip }, async (t) => {
    const { caught, said } = await runMutated(mutant);
    t.ok(caught, `an assertion of ${caughtBy} fails`);
    if (!caught) t.comment(said.slice(-3000));
  });
}
