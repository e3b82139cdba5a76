import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventTable } from '@picket/shared/events/table.ts';
import t from 'tap';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Filled in between a program's own words, or said by another program, where no digit or capital shows it. */
const filledIn = [
  'nodejs etcd etcd-ctl chrony',
  'started chronyd',
  'start chronyd',
  'overlay',
  'operator admin',
  'operator bob',
  'operator ada',
  'of them fails',
  'to follow generation',
  'has published generation',
  'joined as member',
  'reports of two runs of its agent alternate',
  'https://ntfy.sh',
  'https://hooks.example',
  'https://hc.example',
  'smtp.example',
  'phone',
  'dead-man',
  'team',
  '1 problem',
  'other.example',
  'etcd.edge.huatai.me',
  'node asks https',
  'no longer https',
  'now the member',
  'now the client',
  'joins clients',
  'Its identity',
  'context of',
  'snapshot store',
  'runs until',
  'since this member',
  'which is before',
  'would add',
  'would ask',
  'would disable',
  'would install',
  'would make',
  'would start',
  'would stop',
  'make the control',
  'make the system',
  'start the service',
  'the coordinator serves at',
  'reach it at',
  'for the learner',
  'join at',
  'no member other',
  'address already in use',
  'certificate specifies an incompatible key usage',
  'certificate on',
  'for serverAuth',
  'for clientAuth',
  '-noout -subject',
  'conflicting environment variable is shadowed by corresponding command-line flag',
  'successfully committed proposal',
];

/** Words of programs, tests and tools that a page may quote: these start a command line, not a message. */
const commandWords =
  /^(?:[$#] |lab> |\. |[A-Z_]+=|picket|etcdctl|etcd --|npm|su |journalctl|rc-|systemctl|mount|chown|curl|date|ssh|scp|sudo|apk|apt|sh )/;

/** They stand before what they say. */
const kinds = new Set(Object.keys(eventTable));

/** The words of a text in their order; '#' stands where something is filled in, and where a sentence or a cell may begin or end. */
function wordsOf(text: string): readonly string[] {
  return text
    .replace(/<[^<>\n]*>|(?<=\S) {3,}|[:;(),`"=!?…|]|\.(?=\s|$)/gm, ' # ')
    .split(/[^\p{L}\d’'#./_-]+/u)
    .map((word) => word.replace(/^[./'-]+|[./'-]+$/g, ''))
    .filter((word) => word !== '')
    .map((word) => (kinds.has(word) || /[\d#/_]|^[A-Z]{2,}$|^N$/.test(word) ? '#' : word));
}

function triplesOf(text: string): readonly string[] {
  const words = wordsOf(text);
  return words.slice(2).flatMap((third, index) => {
    const triple = [...words.slice(index, index + 2), third];
    return triple.includes('#') ? [] : [triple.join(' ')];
  });
}

/** The literals of a source, with those that are joined by + as one, and a mark where a value is filled in. */
function literalsOf(source: string): string {
  return source
    .replace(/['"`]\s*\+\s*['"`]/g, '')
    .replace(/\\(.)/g, '$1')
    .replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, ' # ');
}

function saidByPrograms(): ReadonlySet<string> {
  const sources = globSync(['packages/*/src/**/*.ts', 'scripts/build/*.ts', 'lab/*.ts'], { cwd: root }).map((file) =>
    literalsOf(read(file)),
  );
  const scripts = ['packaging/install.sh', 'packaging/openrc/picket-coordinator.initd']
    .map(read)
    .map((script) => script.replace(/\$\{?\w+\}?/g, ' # '));
  const words = ['packages/shared/generated/words.json', 'docs/reference/errors.md'].map(read);
  const recorded = globSync('test/golden/recorded/**/*.txt', { cwd: root }).map(read);
  return new Set([...sources, ...scripts, ...words, ...recorded].flatMap(triplesOf));
}

/** What a page shows as printed: the lines of its blocks without a language, and messages that its text quotes. */
function shownIn(page: string): readonly string[] {
  const shown: string[] = [];
  let language: string | null = null;
  for (const line of page.split('\n')) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (fence !== null) language = language === null ? (fence[1] ?? '') : null;
    else if (language === '' && !/^\s*[+|]/.test(line)) shown.push(line);
    else if (language === null) shown.push(...[...line.matchAll(/`([^`]+)`/g)].map(([, quote = '']) => quote));
  }
  return shown.map((line) => line.trim()).filter((line) => !commandWords.test(line));
}

t.test('what the how-tos and the tutorial show as printed is what the programs print', async (t) => {
  const known = saidByPrograms();
  const pages = globSync(['docs/how-to/*.md', 'docs/tutorial*.md'], { cwd: root });
  for (const page of pages) {
    const unknown = shownIn(read(page)).flatMap((line) => {
      const plain = filledIn.reduce((rest, words) => rest.replaceAll(words, '#'), line);
      const missing = triplesOf(plain).filter((triple) => !known.has(triple));
      return missing.length === 0 ? [] : [`${line}: ${missing.join(', ')}`];
    });
    t.same(unknown, [], `${page}: its lines are those of today`);
  }
  t.ok(pages.length > 10);
});
