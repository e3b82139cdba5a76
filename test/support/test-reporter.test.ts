import { text } from 'node:stream/consumers';
import t from 'tap';
import TestReporter from '../../scripts/test-reporter.ts';

/** What the reporter prints of test files that each took so many seconds. */
async function reported(seconds: Readonly<Record<string, number>>): Promise<string> {
  const before = process.exitCode;
  const reporter = new TestReporter();
  const output = text(reporter);
  const files = Object.entries(seconds).map(
    ([name, time], index) =>
      `# Subtest: ${name}\n    ok 1 - holds\n    1..1\nok ${index + 1} - ${name} # time=${time * 1000}ms\n`,
  );
  reporter.end(`TAP version 14\n${files.join('\n')}\n1..${files.length}\n`);
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
