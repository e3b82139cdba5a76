import type { Argument, Command, Option } from 'commander';
import { type NameKind, type Readable, readableOf } from '../reads.ts';

/** A word that fits, and what it means. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** What can stand at the end of a command line. */
export interface Expected {
  /** What is typed of it already. */
  readonly typed: string;
  /** What stands before it in the same word of the shell, such as `--output=`. */
  readonly lead: string;
  readonly candidates: readonly Candidate[];
  /** Names that the coordinator knows. */
  readonly names: readonly NameKind[];
  /** A path. */
  readonly isFile: boolean;
  /** Words of the line that are taken already. */
  readonly taken: readonly string[];
  /** The cluster and the context file that the line names. */
  readonly cluster: string | undefined;
  readonly context: string | undefined;
}

/** A command line up to its last, unfinished word. */
interface Line {
  readonly command: Command;
  readonly isHelp: boolean;
  readonly operands: readonly string[];
  readonly given: ReadonlyMap<Option, string>;
  /** The option whose value the last word is. */
  readonly waiting: Option | undefined;
  readonly onlyOperands: boolean;
}

const nothing = { candidates: [], names: [], isFile: false };

/**
 * What fits at the end of these words, by the commands, options and arguments of the program's usage.
 *
 * @param words the words after the program's name; the last is unfinished, perhaps empty. Bash splits `--output=json` in three
 */
export function expectedAt(program: Command, words: readonly string[]): Expected {
  const { whole, isSplit } = rejoined(words);
  const last = whole.at(-1) ?? '';
  const line = parsed(program, whole.slice(0, -1));
  const { waiting, onlyOperands, operands } = line;
  const context = { taken: operands, cluster: clusterOf(line), context: givenTo(line, '--context') };
  if (waiting !== undefined) return { ...context, typed: last, lead: '', ...fitting(waiting) };
  const [, name, typed = ''] = /^(--[^=]+)=(.*)$/.exec(onlyOperands ? '' : last) ?? [];
  if (name !== undefined) {
    const option = optionsOf(line.command).find(({ long }) => long === name);
    const value = option === undefined || !option.required ? nothing : fitting(option);
    return { ...context, typed, lead: isSplit ? '' : `${name}=`, ...value };
  }
  // What follows the `=` of KEY=VALUE.
  if (isSplit) return { ...context, typed: last, lead: '', ...nothing };
  const isOption = !onlyOperands && last.startsWith('-');
  return { ...context, typed: last, lead: '', ...(isOption ? optionsLeft(line) : operand(line)) };
}

function rejoined(words: readonly string[]): { readonly whole: readonly string[]; readonly isSplit: boolean } {
  const whole: string[] = [];
  let isSplit = false;
  words.forEach((word, index) => {
    isSplit = index > 0 && (word === '=' || words[index - 1] === '=');
    if (isSplit) whole.push(`${whole.pop() ?? ''}${word}`);
    else whole.push(word);
  });
  return { whole, isSplit };
}

function parsed(program: Command, words: readonly string[]): Line {
  const given = new Map<Option, string>();
  const operands: string[] = [];
  let command = program;
  let isHelp = false;
  let waiting: Option | undefined;
  let onlyOperands = false;
  for (const word of words) {
    if (waiting !== undefined) {
      given.set(waiting, word);
      waiting = undefined;
    } else if (!onlyOperands && word === '--') {
      onlyOperands = true;
    } else if (!onlyOperands && /^-./.test(word)) {
      const [, name, value] = /^(-[^=]+)(?:=(.*))?$/.exec(word) ?? [];
      const option = optionsOf(command).find(({ short, long }) => name === short || name === long);
      if (option?.required === true && value === undefined) waiting = option;
      else if (option !== undefined) given.set(option, value ?? '');
    } else if (operands.length === 0 && command.commands.length > 0) {
      const inner = command.commands.find((one) => one.name() === word);
      if (inner !== undefined) command = inner;
      else if (word === 'help') isHelp = true;
      else operands.push(word);
    } else {
      operands.push(word);
    }
  }
  return { command, isHelp, operands, given, waiting, onlyOperands };
}

function optionsOf(command: Command): readonly Option[] {
  const help = command.createHelp();
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
}

function optionsLeft({ command, given }: Line) {
  const left = optionsOf(command).filter(
    (option) => !given.has(option) || readableOf(option.parseArg).repeats === true,
  );
  return {
    ...nothing,
    candidates: left.map(({ long, short, description }) => ({ word: long ?? short ?? '', about: description })),
  };
}

function operand(line: Line) {
  const { command, operands, isHelp } = line;
  if (command.commands.length > 0) {
    const inner = operands.length === 0 ? command.createHelp().visibleCommands(command) : [];
    return { ...nothing, candidates: inner.map((one) => ({ word: one.name(), about: one.description() })) };
  }
  if (isHelp) return nothing;
  const known = command.registeredArguments;
  const argument = known[operands.length] ?? (known.at(-1)?.variadic === true ? known.at(-1) : undefined);
  return argument === undefined ? optionsLeft(line) : fitting(argument);
}

function fitting(parameter: Argument | Option) {
  const { words = [], names = [] }: Readable = readableOf(parameter.parseArg);
  const all = [...(parameter.argChoices ?? []), ...words];
  const isFile = 'flags' in parameter ? parameter.flags.endsWith('<file>') : parameter.name() === 'file';
  return { candidates: all.map((word) => ({ word, about: '' })), names, isFile };
}

function clusterOf({ command, operands, given }: Line): string | undefined {
  const index = command.registeredArguments.findIndex(isCluster);
  const operand = index === -1 ? undefined : operands[index];
  const option = [...given].find(([one]) => isCluster(one));
  return operand ?? option?.[1];
}

function isCluster({ parseArg }: Argument | Option): boolean {
  return readableOf(parseArg).names?.includes('cluster') === true;
}

function givenTo({ given }: Line, long: string): string | undefined {
  return [...given].find(([option]) => option.long === long)?.[1];
}
