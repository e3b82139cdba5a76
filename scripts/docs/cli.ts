import { exitCodes } from '@picket/shared/exit-codes.ts';
import { helpTexts } from './help-texts.ts';

/** docs/reference/cli.md: the help of each command. */
export async function cliDocument(): Promise<string> {
  const programs = await helpTexts();
  const lines = [
    '# Commands',
    '',
    'Each command of the three programs, as the program itself describes it with `--help`. `npm run docs` makes this page.',
    '',
    '- `picket` is for operators. It runs on any machine that reaches the coordinator, and needs a context file.',
    '- `picket-agent` runs as root on each node.',
    '- `picket-coordinator` runs on the machine of the coordinator. It refuses to work as root in a data folder of another',
    '  user, except for the backup of a coordinator that runs.',
    '',
    '## Exit codes',
    '',
    ...exitCodeTable(),
    '',
    '## Waiting',
    '',
    'A command that starts something returns as soon as the coordinator has taken the order. With `--wait`, it waits until that is',
    'done, and shows on stderr what it waits for: on a terminal in one line, else in a line for each change. It ends with 0 when it is',
    'done, and with 1 if it has failed or is not done after 10 minutes; `--timeout` sets another time. Ctrl-C ends the wait and not the',
    'work, with 130. `picket snapshot take`, `picket member hold` and `picket cluster auth` wait without `--wait`.',
  ];
  for (const [program, ...commands] of programs) {
    if (program === undefined) continue;
    lines.push('', `## ${program.command}`, '', helpOnPage(program.text, true));
    for (const { command, text } of commands) lines.push('', `### ${command}`, '', helpOnPage(text, false));
  }
  return `${lines.join('\n')}\n`;
}

/** What a program, or a command of one, prints for `--help`, as the page shows it. */
export function helpOnPage(text: string, isProgram: boolean): string {
  const shown = isProgram ? text.trim() : ownText(text);
  return ['```', ...shown.split('\n').map((line) => line.trimEnd()), '```'].join('\n');
}

/** Without the options that each command of a program takes: they stand once, at the program. */
function ownText(text: string): string {
  return text
    .replace(/\n\nGlobal Options:\n(?: .*\n?)+/, '\n')
    .replace(/^ {2}-h, --help .*\n?/m, '')
    .replace(/\n\nOptions:\n*(?=\n\n|$)/, '')
    .trim();
}

function exitCodeTable(): string[] {
  const rows = Object.values(exitCodes).map(({ code, meaning }) => [String(code), meaning]);
  const widest = Math.max(...rows.map(([, meaning = '']) => meaning.length));
  const row = ([code = '', meaning = '']: readonly string[]) => `| ${code.padEnd(4)} | ${meaning.padEnd(widest)} |`;
  return [row(['code', 'meaning']), `| ---- | ${'-'.repeat(widest)} |`, ...rows.map(row)];
}
