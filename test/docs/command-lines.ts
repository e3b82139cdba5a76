import { type HelpText, optionsOf } from '../../scripts/docs/help-texts.ts';
import { codeSpan, partsOf } from './markdown.ts';

/** Where a command can begin: at the start of a line, after a prompt or a mark, and within a longer line. */
const commandLine =
  /(?:^|[;&|(`'"] *|\$ |✓ |Next: |then )(?:[A-Z_]+=\S+ )*(picket(?:-agent|-coordinator)?)(?= |$)(?! reads it)([^;&|`'"\n)>]*)/gm;

/** The command lines of Picket's programs on a page: in blocks of code and in spans of code. */
export function commandLinesIn(text: string): string[] {
  const { code, prose } = partsOf(text);
  const blocks = code.map((block) => block.replaceAll(/ *\\\n */g, ' '));
  const spans = [...prose.matchAll(codeSpan)].map(([, span = '']) => span.replaceAll(/\s+/g, ' '));
  return [...blocks, ...spans].flatMap((part) =>
    [...part.matchAll(commandLine)].map(([, program = '', rest = '']) =>
      `${program}${rest.replace(/[,.:](?: .*)?$/, '')}`.trim(),
    ),
  );
}

/** What is wrong with a command line, or null. */
export function commandProblem(line: string, programs: readonly (readonly HelpText[])[]): string | null {
  const [program = '', ...words] = line.split(/ +/);
  const commands = new Map(programs.flat().map((help) => [help.command, help]));
  let command = program;
  while (words[0] !== undefined && commands.has(`${command} ${words[0]}`)) command += ` ${words.shift()}`;
  const help = commands.get(command);
  if (help === undefined) return `no program ${program}`;
  const [next] = words;
  const hasInner = [...commands.keys()].some((name) => name.startsWith(`${command} `));
  if (hasInner && next !== undefined && /^[a-z]/.test(next) && next !== 'help')
    return `${command} has no command ${next}`;
  const known = new Set([...optionsOf(help), '--help']);
  const unknown = words
    .map((word) => word.replace(/[=,.:].*$/, ''))
    .filter((word) => /^--?[a-z]/i.test(word) && !known.has(word));
  return unknown.length === 0 ? null : `${command} has no option ${unknown.join(', ')}`;
}
