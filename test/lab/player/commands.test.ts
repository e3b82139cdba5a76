import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { helpText, parseLine } from '../../../lab/commands.ts';
import { BadLine, wordsOf, wrapped } from '../../../lab/words.ts';

/** What is said about a line that cannot be understood. */
function problemOf(t: Test, line: string): string {
  try {
    t.fail(`${line} is understood`, { command: parseLine(line) });
    return '';
  } catch (error) {
    t.ok(error instanceof BadLine, line);
    return (error as Error).message;
  }
}

t.test('words are separated as a shell does it', (t) => {
  for (const [line, words] of [
    ['', []],
    ['  a  b ', ['a', 'b']],
    [`--reason 'two words' "it's" ''`, ['--reason', 'two words', "it's", '']],
    ['a\\ b "c\\"d" \'e\\f\'', ['a b', 'c"d', 'e\\f']],
    ["x='y z'", ['x=y z']],
  ] as const) {
    t.same(wordsOf(line), words, line);
  }
  t.match(problemOf(t, "picket cluster set x-k3s 'a"), /^A quote is not closed\. .* missing ' at its end/);
  t.end();
});

t.test('text is broken between words', (t) => {
  t.equal(wrapped('a board\nis off  now', 8), 'a board\nis off\nnow');
  t.equal(wrapped('192.168.7.11 is off', 8), '192.168.7.11\nis off');
  t.end();
});

t.test('each command is understood', (t) => {
  for (const [line, command] of [
    ['', { kind: 'nothing' }],
    ['  # a remark', { kind: 'nothing' }],
    [' tour ', { kind: 'tour' }],
    ['status', { kind: 'picket', args: ['status', 'x-k3s'] }],
    ['status --watch', { kind: 'picket', args: ['status', 'x-k3s', '--watch'] }],
    ['events --limit 3', { kind: 'picket', args: ['events', 'x-k3s', '--limit', '3'] }],
    ['picket token list', { kind: 'picket', args: ['token', 'list'] }],
    ['paste 3', { kind: 'paste', board: 'x-k3s-m-3' }],
    ['shell x-k3s-m-2', { kind: 'shell', board: 'x-k3s-m-2' }],
    [`on 1  echo 'a  b' | wc`, { kind: 'on', board: 'x-k3s-m-1', line: `echo 'a  b' | wc` }],
    ['powercut x-k3s-m-2', { kind: 'board', act: 'powercut', board: 'x-k3s-m-2' }],
    ['clock 1 +1d2h', { kind: 'clock', board: 'x-k3s-m-1', offset: 93_600 }],
    ['clock 1 -30m', { kind: 'clock', board: 'x-k3s-m-1', offset: -1800 }],
    ['clock 1 right', { kind: 'clock', board: 'x-k3s-m-1', offset: 0 }],
    ['coordinator stop', { kind: 'coordinator', act: 'stop' }],
    ['fault', { kind: 'fault', seed: undefined }],
    ['fault 7', { kind: 'fault', seed: 7 }],
    ['answer', { kind: 'answer' }],
    ['exit', { kind: 'quit' }],
  ] as const) {
    t.strictSame(parseLine(line), command, line);
  }
  t.end();
});

t.test('what cannot be understood is answered with what to type', (t) => {
  for (const [line, problem] of [
    ['bot', 'There is no command "bot". Type help for the list.'],
    ['constructor', 'There is no command "constructor". Type help for the list.'],
    ['tour now', 'tour takes nothing after it. Type: tour'],
    ['picket', 'picket needs a command of its own. Type: picket --help'],
    ['powercut', 'powercut needs a board: x-k3s-m-1, x-k3s-m-2, x-k3s-m-3. For example: powercut x-k3s-m-2'],
    ['boot 4', 'boot needs a board, and "4" is none: x-k3s-m-1, x-k3s-m-2, x-k3s-m-3. For example: boot x-k3s-m-2'],
    ['cut 1 2', 'cut takes one board and nothing after it. For example: cut x-k3s-m-2'],
    ['on 2', 'on needs a command after the board. For example: on x-k3s-m-2 rc-service etcd status'],
    [
      'clock 2 2h',
      'clock needs an offset such as +2h, -30m or +1d12h, or the word right. For example: clock x-k3s-m-2 +2h',
    ],
    ['clock 2 +9999999d', 'clock moves a clock by 3650 days at most. For example: clock x-k3s-m-2 +2h'],
    ['coordinator', 'coordinator needs one of stop, start, cut, mend. For example: coordinator stop'],
  ] as const) {
    t.equal(problemOf(t, line), problem);
  }
  t.end();
});

/** The names of the commands that help lists. */
const listed = [...helpText().matchAll(/^ {2}([a-z]+) .*? {2}/gm)].map(([, name = '']) => name);

t.test('the page about the lab names each command, and no other', async (t) => {
  const page = await readFile(join(import.meta.dirname, '../../../docs/how-to/play-in-the-lab.md'), 'utf8');
  const table = [...page.matchAll(/^\| `([a-z]+)[^`]*` +\|/gm)].map(([, name = '']) => name);
  t.same([...table, 'help', 'tour'].sort(), [...listed].sort());
  t.match(page, /type `tour`, or `help`/);
});

t.test('help lists the commands that there are, and no other', (t) => {
  t.ok(listed.includes('powercut'));
  for (const name of listed) {
    const problem = ((): string => {
      try {
        parseLine(name);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    })();
    t.notMatch(problem, 'There is no command', name);
    const [, example] = /For example: (.*)$/.exec(problem) ?? [];
    if (example !== undefined) t.doesNotThrow(() => parseLine(example), example);
  }
  t.end();
});
