import { cluster, type HostName, hosts } from '../test/lab/names.ts';
import { BadLine, wordsOf } from './words.ts';

/** What a player can do with one board, and nothing more to say about it. */
const boardActs = ['powercut', 'boot', 'newdisk', 'cut', 'mend', 'fill', 'free'] as const;
export type BoardAct = (typeof boardActs)[number];

const coordinatorActs = ['stop', 'start', 'cut', 'mend'] as const;
export type CoordinatorAct = (typeof coordinatorActs)[number];

/** A line that a player typed, understood. */
export type Command =
  | { readonly kind: 'nothing' | 'help' | 'boards' }
  | { readonly kind: 'tour' | 'form' | 'answer' | 'quit' }
  /** Without a seed, the next one of the order that is under way. */
  | { readonly kind: 'fault'; readonly seed: number | undefined }
  | { readonly kind: 'picket'; readonly args: readonly string[] }
  | { readonly kind: 'paste' | 'shell'; readonly board: HostName }
  /** `line` is for the shell of the board. */
  | { readonly kind: 'on'; readonly board: HostName; readonly line: string }
  | { readonly kind: 'board'; readonly act: BoardAct; readonly board: HostName }
  /** The offset of the board's clock in seconds; 0: it is right. */
  | { readonly kind: 'clock'; readonly board: HostName; readonly offset: number }
  | { readonly kind: 'coordinator'; readonly act: CoordinatorAct };

const names = hosts.map(({ name }) => name);
const [, second, third] = names as [HostName, HostName, HostName];

/** What follows a command, what it does, and an example where something follows. */
interface Usage {
  readonly takes: string;
  readonly does: string;
  readonly example?: string;
}

const usages: Readonly<Record<string, Usage>> = {
  help: { takes: '', does: 'list the commands' },
  tour: { takes: '', does: 'be guided: form a cluster, cut the power of a board, replace a disk' },
  form: { takes: '', does: 'form the cluster without the words of the tour' },
  boards: { takes: '', does: 'show the power, network, disk and clock of each board, and what runs on it' },
  status: { takes: '[ARGUMENTS]', does: `picket status ${cluster}` },
  events: { takes: '[ARGUMENTS]', does: `picket events ${cluster}` },
  picket: { takes: 'ARGUMENTS', does: 'run any command of picket', example: `picket cluster show ${cluster}` },
  paste: {
    takes: 'BOARD',
    does: 'run on the board the line that picket token create printed last',
    example: `paste ${third}`,
  },
  shell: { takes: 'BOARD', does: 'open a shell on the board; exit returns', example: `shell ${second}` },
  on: {
    takes: 'BOARD COMMAND',
    does: 'run a shell command on the board',
    example: `on ${second} rc-service etcd status`,
  },
  powercut: {
    takes: 'BOARD',
    does: 'cut the power: what is not synced to its disk is lost',
    example: `powercut ${second}`,
  },
  boot: { takes: 'BOARD', does: 'switch the board on', example: `boot ${second}` },
  newdisk: { takes: 'BOARD', does: 'switch the board off and give it a new, empty disk', example: `newdisk ${third}` },
  cut: { takes: 'BOARD', does: 'pull out its network cable', example: `cut ${second}` },
  mend: { takes: 'BOARD', does: 'plug its network cable in again', example: `mend ${second}` },
  fill: { takes: 'BOARD', does: 'fill its disk to the last block', example: `fill ${second}` },
  free: { takes: 'BOARD', does: 'remove what filled its disk', example: `free ${second}` },
  clock: {
    takes: 'BOARD OFFSET',
    does: 'move its clock by +2h, -30m or +1d12h; right sets it right',
    example: `clock ${second} +2h`,
  },
  coordinator: {
    takes: coordinatorActs.join('|'),
    does: 'stop or start the coordinator, cut or mend its network',
    example: 'coordinator stop',
  },
  fault: {
    takes: '[NUMBER]',
    does: 'break something without a word; each number has an order of its own',
    example: 'fault 7',
  },
  answer: { takes: '', does: 'say what fault has broken, and repair it' },
  quit: { takes: '', does: 'end the lab and remove everything in it' },
};

/** The list of the commands. */
export function helpText(): string {
  const rows = Object.entries(usages).map(([name, { takes, does }]) => [`${name} ${takes}`.trimEnd(), does] as const);
  const width = Math.max(...rows.map(([usage]) => usage.length));
  const lines = rows.map(([usage, does]) => `  ${usage.padEnd(width)}  ${does}`);
  return [...lines, '', `  BOARD is ${names.join(', ')}, or 1, 2, 3 for short.`].join('\n');
}

/** Understands a line. Throws BadLine, whose message says what to type instead. */
export function parseLine(line: string): Command {
  const text = line.trim();
  const name = /^\S*/.exec(text)?.[0] ?? '';
  const rest = text.slice(name.length).trim();
  const isBoardAct = (word: string): word is BoardAct => boardActs.some((act) => act === word);
  if (name === '' || name.startsWith('#')) return { kind: 'nothing' };
  if (isBoardAct(name)) return { kind: 'board', act: name, board: onlyBoard(name, rest) };
  switch (name) {
    case 'help':
    case 'boards':
    case 'tour':
    case 'form':
    case 'answer':
    case 'quit':
    case 'exit':
      if (rest !== '') throw new BadLine(`${name} takes nothing after it. Type: ${name}`);
      return { kind: name === 'exit' ? 'quit' : name };
    case 'status':
    case 'events':
      return { kind: 'picket', args: [name, cluster, ...wordsOf(rest)] };
    case 'picket':
      if (rest === '') throw new BadLine('picket needs a command of its own. Type: picket --help');
      return { kind: 'picket', args: wordsOf(rest) };
    case 'paste':
    case 'shell':
      return { kind: name, board: onlyBoard(name, rest) };
    case 'on': {
      const [board, command] = boardAndRest(name, rest);
      if (command === '') throw wrong(name, 'needs a command after the board');
      return { kind: 'on', board, line: command };
    }
    case 'clock': {
      const [board, offset] = boardAndRest(name, rest);
      return { kind: 'clock', board, offset: offsetOf(offset) };
    }
    case 'fault':
      return { kind: 'fault', seed: rest === '' ? undefined : seedOf(rest) };
    case 'coordinator': {
      const act = coordinatorActs.find((one) => one === rest);
      if (act === undefined) throw wrong(name, `needs one of ${coordinatorActs.join(', ')}`);
      return { kind: 'coordinator', act };
    }
    default:
      throw new BadLine(`There is no command "${name}". Type help for the list.`);
  }
}

function wrong(name: string, problem: string): BadLine {
  const example = usages[name]?.example;
  return new BadLine(`${name} ${problem}.${example === undefined ? '' : ` For example: ${example}`}`);
}

function onlyBoard(name: string, rest: string): HostName {
  const [board, more] = boardAndRest(name, rest);
  if (more !== '') throw wrong(name, 'takes one board and nothing after it');
  return board;
}

function boardAndRest(name: string, rest: string): readonly [HostName, string] {
  const word = /^\S*/.exec(rest)?.[0] ?? '';
  if (word === '') throw wrong(name, `needs a board: ${names.join(', ')}`);
  const board = names.find((one) => one === word) ?? names[['1', '2', '3'].indexOf(word)];
  if (board === undefined) throw wrong(name, `needs a board, and "${word}" is none: ${names.join(', ')}`);
  return [board, rest.slice(word.length).trim()];
}

function seedOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw wrong('fault', 'takes a whole number, or nothing');
  return Number(text);
}

const secondsOf: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };
const mostDays = 3650;

function offsetOf(text: string): number {
  if (text === 'right') return 0;
  const [, sign, parts] = /^([+-])((?:\d{1,9}[dhms])+)$/.exec(text) ?? [];
  if (parts === undefined) throw wrong('clock', 'needs an offset such as +2h, -30m or +1d12h, or the word right');
  const seconds = [...parts.matchAll(/(\d+)([dhms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (secondsOf[unit as string] as number),
    0,
  );
  if (seconds > mostDays * 86_400) throw wrong('clock', `moves a clock by ${mostDays} days at most`);
  return sign === '-' ? -seconds : seconds;
}
