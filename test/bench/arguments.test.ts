import t from 'tap';
import { benches } from '../../bench/all.ts';
import { readArguments, UsageError, usageOf } from '../../bench/arguments.ts';
import { benchWith } from './samples.ts';

const all = ['formation', 'poll', 'restart'].map((name) => benchWith({ name }));
const namesOf = (args: string[]) => readArguments(args, all).benches.map(({ name }) => name);

t.test('without a name all are meant, else those named, once each and in their usual order', async (t) => {
  t.same(namesOf([]), ['formation', 'poll', 'restart']);
  t.same(namesOf(['restart', 'formation', 'restart']), ['formation', 'restart']);
});

t.test('options stand anywhere', async (t) => {
  t.match(readArguments(['--json', 'poll', '--runs', '7', '--check'], all), { json: true, check: true, runs: 7 });
  t.match(readArguments([], all), { json: false, check: false, runs: null, help: false });
});

t.test('a wrong command line says what is wrong', async (t) => {
  const wrong = (args: string[], message: RegExp) => {
    t.throws(() => readArguments(args, all), { constructor: UsageError, message });
  };
  wrong(['pol'], /"pol".*did you mean poll\?/);
  wrong(['issuance'], /there are formation, poll, restart/);
  wrong(['--runs', '0'], /--runs must be a whole number from 1 to 1000, not "0"/);
  wrong(['--runs', '1e2'], /not "1e2"/);
  wrong(['--fast'], /--fast/);
});

t.test('the usage names every bench', async (t) => {
  for (const { name } of all) t.match(usageOf(all), name);
});

t.test('the benches that there are have names of their own, and lines in the right order', async (t) => {
  t.equal(new Set(benches.map(({ name }) => name)).size, benches.length);
  for (const { name, better, reach, goal, leavesOut } of benches) {
    t.ok(better === 'lower' ? goal <= reach : goal >= reach, `${name}: the goal is beyond the reach`);
    t.ok(leavesOut.length > 0, `${name} says what it leaves out`);
  }
});
