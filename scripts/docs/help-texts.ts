import { execFile } from 'node:child_process';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { runProgram } from '@picket/agent/commands/program.ts';
import { run } from '@picket/cli/commands/program.ts';
import { programs } from '../../test/support/programs.ts';

/** A command with what it prints for `--help`. */
export interface HelpText {
  /** From the program's name on, such as `picket cluster create`. */
  readonly command: string;
  readonly text: string;
}

type Help = (args: readonly string[]) => Promise<string>;

const execute = promisify(execFile);
/** No page may name the home folder of the person who made it. */
const env = { HOME: '/home/USER', PATH: process.env.PATH ?? '' };

async function helpOfPicket(args: readonly string[]): Promise<string> {
  let text = '';
  await run([...args, '--help'], {
    stdout: { write: (more) => (text += more) },
    stderr: { write: (more) => (text += more) },
    stdin: Readable.from([]),
    env,
    now: Date.now,
    monotonic: () => 0,
    progressColumns: null,
    isTTY: false,
    canAsk: false,
    interrupted: new AbortController().signal,
    sleep: () => Promise.resolve(),
  });
  return text;
}

async function helpOfAgent(args: readonly string[]): Promise<string> {
  let text = '';
  await runProgram([...args, '--help'], {
    stdout: { write: (more) => (text += more) },
    stderr: { write: (more) => (text += more) },
    stdin: Readable.from([]),
    env,
    uid: 0,
    architecture: 'arm64',
    random: Math.random,
    buildTime: 0,
    signal: new AbortController().signal,
    failpoint: () => undefined,
  });
  return text;
}

/** Its main file is the program, so it runs in a process of its own. */
async function helpOfCoordinator(args: readonly string[]): Promise<string> {
  const { NODE_COMPILE_CACHE } = process.env;
  const options = { env: { ...env, NODE_COMPILE_CACHE } };
  const { stdout } = await execute(process.execPath, [programs.coordinator, ...args, '--help'], options);
  return stdout.replaceAll(env.HOME, '~');
}

/** Each command of the three programs, in the order in which the programs list them. */
export async function helpTexts(): Promise<readonly (readonly HelpText[])[]> {
  // commander makes help as wide as the terminal.
  const { isTTY } = process.stdout;
  process.stdout.isTTY = false;
  try {
    return await Promise.all([
      withInner('picket', helpOfPicket),
      withInner('picket-agent', helpOfAgent),
      withInner('picket-coordinator', helpOfCoordinator),
    ]);
  } finally {
    process.stdout.isTTY = isTTY;
  }
}

async function withInner(program: string, help: Help, words: readonly string[] = []): Promise<HelpText[]> {
  const text = (await help(words)).trim();
  const inner = await Promise.all(commandsIn(text).map((word) => withInner(program, help, [...words, word])));
  return [{ command: [program, ...words].join(' '), text }, ...inner.flat()];
}

/** The names of the commands that a help text lists, without `help`. */
function commandsIn(help: string): string[] {
  const [, list = ''] = help.split(/^Commands:\n/m);
  return [...list.matchAll(/^ {2}([a-z][a-z0-9-]*)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help');
}

/** The options that a command takes, in their short and long form, global ones included. */
export function optionsOf({ text }: HelpText): string[] {
  return [...text.matchAll(/^ {2}(-\w)?(?:, )?(--[a-z0-9-]+)?/gm)].flatMap(([, short, long]) =>
    [short, long].filter((option) => option !== undefined),
  );
}
