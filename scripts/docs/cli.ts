import { exitCodes } from '@picket/shared/exit-codes.ts';
import { aligned } from './aligned.ts';
import { answersTable } from './answers.ts';
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
    '## Confirming',
    '',
    'A command that gives something up first shows what, and asks for a name. `--confirm NAME` gives the name without the question;',
    'a wrong one ends the command with 2. `--yes` goes without the name. The help of a command says when that is not sufficient.',
    '',
    '## Waiting',
    '',
    'A command that starts something returns as soon as the coordinator has taken the order. With `--wait`, it waits until that is',
    'done, and shows on stderr what it waits for: on a terminal in one line, else in a line for each change. It ends with 0 when it is',
    'done, and with 1 if it has failed or is not done after 10 minutes; `--timeout` sets another time. Ctrl-C ends the wait and not the',
    'work, with 130. `picket snapshot take`, `picket member hold` and `picket cluster auth` wait without `--wait`.',
  ];
  const names = programs.flat().map(({ command }) => command);
  lines.push(...answers, ...answersTable(names));
  for (const [program, ...commands] of programs) {
    if (program === undefined) continue;
    lines.push('', `## ${program.command}`, '', helpOnPage(program.text, true));
    for (const { command, text } of commands) lines.push('', `### ${command}`, '', helpOnPage(text, false));
  }
  return `${lines.join('\n')}\n`;
}

const answers = [
  '',
  '## Answers as JSON',
  '',
  'With `--output json`, a command that reads prints the answer of its route of the [REST API](rest-api.md). A list has `items`. One',
  'that comes in pages also has `next`: null, or where a list that `--limit` cut continues. `/openapi.json` describes each field.',
  '`picket node show` prints one item of `picket node list`. `picket member list` prints the `members` of `picket status`, each with its',
  '`cluster`.',
  '',
];

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
  return aligned([['code', 'meaning'], ...rows]);
}
