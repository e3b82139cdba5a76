import { text } from 'node:stream/consumers';
import t from 'tap';
import TestReporter from '../../scripts/test-reporter.ts';

/** What the reporter prints of test files that each took so many seconds. */
function reported(seconds: Readonly<Record<string, number>>): Promise<string> {
  const files = Object.entries(seconds).map(
    ([name, time], index) =>
      `# Subtest: ${name}\n    ok 1 - holds\n    1..1\nok ${index + 1} - ${name} # time=${time * 1000}ms\n`,
  );
  return reportOf(`${files.join('\n')}\n1..${files.length}\n`);
}

async function reportOf(tap: string): Promise<string> {
  const before = process.exitCode;
  const reporter = new TestReporter();
  const output = text(reporter);
  reporter.end(`TAP version 14\n${tap}`);
  const said = await output;
  // The reporter has the last word on how the process that it is in ends.
  process.exitCode = before;
  return said;
}

t.test('a run of many test files names the ten slowest, the slowest first', async (t) => {
  const twelve = Object.fromEntries([3, 12, 7, 1, 9, 2, 8, 11, 4, 6, 10, 5].map((time) => [`file-${time}`, time]));
  const said = await reported(twelve);
  const slowest = said.slice(said.indexOf('The 10 slowest:')).match(/file-\d+/g);
  t.strictSame(
    slowest,
    [12, 11, 10, 9, 8, 7, 6, 5, 4, 3].map((time) => `file-${time}`),
  );
});

t.test('a run of a few test files does not', async (t) => {
  t.notMatch(await reported({ one: 1, other: 2 }), 'slowest');
});

t.test('the end of a run says why tests were skipped', async (t) => {
  const skipped = (name: string, reasons: readonly string[]) =>
    `# Subtest: ${name}\n    ok 1 - holds\n${reasons.map((why, index) => `    ok ${index + 2} - other # SKIP ${why}\n`).join('')}    1..${reasons.length + 1}\n`;
  const said = await reportOf(
    `${skipped('one', ['needs root', 'no apt'])}ok 1 - one # time=1ms\n${skipped('two', ['no apt'])}ok 2 - two # time=1ms\n1..2\n`,
  );
  t.match(said, '\nSkipped:\n     2  no apt\n     1  needs root\n\n2 test files: 2 passed, 0 failed, 3 skipped');
});

t.test('the end of a run names each assertion that failed', async (t) => {
  const said = await reportOf(
    '# Subtest: one\n    ok 1 - holds\n    not ok 2 - breaks\n    1..2\nnot ok 1 - one # time=1ms\n' +
      '# Subtest: none\n    1..0 # no tests found\nok 2 - none # SKIP no tests found\n1..2\n',
  );
  t.match(said, '\nFailed:\n    one > breaks\n    none\n\n2 test files: 1 passed, 2 failed');
});
