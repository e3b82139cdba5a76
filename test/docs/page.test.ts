import t from 'tap';
import { stepsOf } from './page.ts';

t.test('a step is a block of commands with the output that follows it', (t) => {
  const steps = stepsOf('docs/how-to/walk-by-hand-on-one-machine.md');
  t.ok(steps.length > 10);
  t.match(steps[0], { commands: /^npm run -s build/, output: [] });
  t.match(steps[1], { output: [/^coordinator: /] });
  t.end();
});
