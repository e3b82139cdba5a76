import t from 'tap';
import { missingIn, stepsOf } from './page.ts';

const same = (line: string) => line;

t.test('output fits what a page shows, and each other line is a difference', (t) => {
  const printed = 'one\ntwo\nthree\nfour\n';
  for (const shown of [
    'one\ntwo\nthree\nfour\n',
    '…\nthree\nfour\n',
    'one\n…\nfour\n',
    'one\n…\n',
    '…\ntwo\n…\n',
    '…\n',
  ]) {
    t.equal(missingIn(printed, shown, same), null, shown);
  }
  for (const shown of ['two\n…\n', 'one\n…\nthree\n', 'one\nthree\n…\n', '…\nfour\n…\none\n', 'one\ntwo\n', '']) {
    t.not(missingIn(printed, shown, same), null, shown);
  }
  t.equal(
    missingIn('took 5 s\n', 'took 7 s\n', (line) => line.replace(/\d+/, 'N')),
    null,
  );
  t.end();
});

t.test('a step is a block of commands with the output that follows it', (t) => {
  const steps = stepsOf('docs/how-to/walk-by-hand-on-one-machine.md');
  t.ok(steps.length > 10);
  t.match(steps[0], { commands: /^npm run -s build/, output: null });
  t.match(steps[1], { output: /^coordinator: / });
  t.end();
});
