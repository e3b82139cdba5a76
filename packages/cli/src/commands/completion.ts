import { plain } from '@picket/shared/plain.ts';
import { Argument, type Command } from 'commander';
import { type Candidate, type Expected, expectedAt } from '../completion/expected.ts';
import { liveNames } from '../completion/live-names.ts';
import { completionScripts, type ShellName, shells } from '../completion/scripts.ts';
import type { Connect } from '../coordinator-client.ts';
import { openShell, type Shell } from '../shell.ts';

/** Who presses Tab waits no longer for a coordinator. */
const patienceMs = 2000;

/**
 * `picket completion SHELL` prints the script that makes a shell complete words. That script asks the hidden `picket complete`,
 * which prints what fits at the end of a command line, and nothing about what fails.
 */
export function completionCommands(program: Command, shell: Shell, connect: Connect): void {
  program
    .command('completion')
    .description('print the script with which a shell completes commands, options, and names of clusters and the like')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action((name: ShellName) => {
      const script = completionScripts[name];
      shell.show({ shell: name, script }, () => script);
    });
  program
    .command('complete', { hidden: true })
    .argument('[words...]', 'the words after `picket`; the last one is unfinished')
    .action(async (words: readonly string[]) => {
      const expected = expectedAt(program, words);
      const names = expected.names.length === 0 ? [] : await namesInTime(expected, shell, connect).catch(() => []);
      shell.io.stdout.write(completions(expected, names));
    });
}

function namesInTime({ names, cluster, context }: Expected, { io }: Shell, connect: Connect) {
  const interrupted = AbortSignal.any([io.interrupted, AbortSignal.timeout(patienceMs)]);
  return openShell({ ...io, interrupted }, connect, () => ({ output: 'table', context })).withCoordinator((api) =>
    liveNames(api, names, cluster),
  );
}

/** Tells the script that a path fits here, which the shell itself completes. */
const filesWanted = ':files';

/** The answer for the script of a shell: a line for each word that fits, as `WORD ABOUT`, sorted and without repetition. */
function completions({ typed, lead, taken, isFile, candidates }: Expected, live: readonly Candidate[]): string {
  if (isFile) return `${filesWanted}\n`;
  const words = new Map(
    [...candidates, ...live]
      .filter(({ word }) => word.startsWith(typed) && isHarmless(word) && !taken.includes(word))
      .map(({ word, about }) => [word, about]),
  );
  return [...words]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([word, about]) => `${`${lead}${word} ${plain(about)}`.trimEnd()}\n`)
    .join('');
}

/** Whether a shell reads it as one word without an effect. Any other name was not made by Picket. */
function isHarmless(word: string): boolean {
  return /^[A-Za-z0-9@_.=-]+$/.test(word);
}
