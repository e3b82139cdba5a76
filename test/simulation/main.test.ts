import { join } from 'node:path';
import t from 'tap';
import { runToEnd } from '../support/children.ts';
import { readOptions } from './options.ts';

const main = join(import.meta.dirname, 'main.ts');
const simulate = (...args: readonly string[]) => runToEnd(process.execPath, [main, ...args]);

t.test('a command line that is wrong is refused with what it takes', (t) => {
  for (const [args, problem] of [
    [['--runs', '0'], /^--runs takes a whole number from 1, not "0"$/],
    [['--seeds', '0'], /^--seeds takes a whole number from 1, not "0"$/],
    [['--seed', 'x'], /^--seed takes a whole number up to 2147483647, not "x"$/],
    [['--seed', '2147483648'], /^--seed takes a whole number up to 2147483647, not "2147483648"$/],
    [['--seed', '1', '--path', '3'], /^--path takes numbers with colons between them, not "3"$/],
    [['--path', '0:1'], /^--path says nothing without its --seed$/],
    [['--mutant', 'x'], /^--mutant takes one of a, b, not "x"$/],
    [['--run', '3'], /^Unknown option '--run'$/],
    [['5'], /^Unexpected argument '5'$/],
  ] as const) {
    t.match(readOptions(args, ['a', 'b']), { problem });
  }
  t.equal(readOptions(['--help'], []), 'help');
  t.end();
});

t.test('what is wrong with a command line is said with all that it takes', async (t) => {
  const { code, stderr } = await simulate('--runs', 'x');
  t.equal(code, 64);
  t.match(stderr, /^error: --runs takes a whole number from 1, not "x"\.\n\nUsage: npm run simulate /);
});

t.test('histories that break nothing are counted', async (t) => {
  t.match(await simulate('--runs', '20', '--seed', '7'), {
    code: 0,
    stdout: /^20 histories, no violation \(seed 7\)\n$/,
  });
});

t.test('without a seed, several are drawn, and said before and after the search', async (t) => {
  const { code, stdout, stderr } = await simulate('--runs', '8', '--seeds', '3');
  t.equal(code, 0, stderr);
  const [, said] = /^8 histories, no violation \((seeds \d+, \d+, \d+)\)\n$/.exec(stdout) ?? [];
  t.match(stderr, said);
});

t.test('a path that leads to no history is no history without a violation', async (t) => {
  for (const path of ['0:3:9999', '0:3:9999:1']) {
    t.match(await simulate('--seed', '7', '--path', path), {
      code: 1,
      stdout: '',
      stderr: `error: The path ${path} leads to no history of the seed 7.\n`,
    });
  }
});

t.test('a history that breaks a rule is printed, and the printed command prints it again', async (t) => {
  const { code, stdout, stderr } = await simulate('--runs', '300', '--seed', '5', '--mutant', 'no-canary');
  t.equal(code, 1);
  t.match(stdout, /^R6: .* is given new settings before .* has run with them\n/);
  t.match(stdout, /\n +\d+ s {2}· an operator .*\n/);
  // Before it stands how far the search has come, where that took long.
  const [told = '', command = ''] =
    /^✗ R6 does not hold in this history\. The same again:\n {2}npm run simulate -- (.*)\n$/m.exec(stderr) ?? [];
  t.match(command, /^--seed 5 --path \d+(:\d+)+ --mutant no-canary$/);
  t.strictSame(await simulate(...command.split(' ')), { code, stdout, stderr: told });
});
