import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { terminalPicture } from '../../scripts/terminal-picture.ts';
import { comparableDemo } from '../golden/demo-output.ts';
import { recordedFolder } from '../golden/recorded.ts';

const picture = readFileSync(join(import.meta.dirname, '../../docs/images/demo.svg'), 'utf8');

t.test('the picture of the demo is well-formed and shows lines that the demo prints', (t) => {
  t.equal(problemOf(picture), null);
  const shown = linesOf(picture);
  t.equal(shown[0], '$ npm run demo -- --exit');
  const printed = readFileSync(join(recordedFolder, 'demo.txt'), 'utf8').split('\n');
  const compared = comparableDemo(shown.slice(1).join('\n')).split('\n');
  const isShown = (line: string) => line !== '…';
  t.strictSame(
    compared.filter((line) => isShown(line) && !printed.includes(line)),
    [],
    'if the demo prints something else now, make the picture again: npm run picture',
  );
  t.ok(compared.some((line) => line.startsWith('✓ three healthy voters')));
  t.ok(compared.some((line) => line.startsWith('x-k3s-m-3 | ')));
  t.end();
});

t.test('a picture shows each line as it is, with its spaces and its marks', (t) => {
  const lines = ['$ a  b', '', '    <"c" & d>', '| ✓ |'];
  const svg = terminalPicture(lines, 'A & B');
  t.equal(problemOf(svg), null);
  t.strictSame(
    linesOf(svg),
    lines.filter((line) => line !== ''),
  );
  t.match(svg, '<title>A &amp; B</title>');
  t.end();
});

t.test('what is not well-formed is found', (t) => {
  for (const broken of [
    '<a><b></a></b>',
    '<a>',
    '<a b=c/>',
    '<a>1 & 2</a>',
    '<a>1 < 2</a>',
    '<a/><b/>',
    '<a b="1" b="2"/>',
  ]) {
    t.not(problemOf(broken), null, broken);
  }
  t.equal(problemOf('<a b="1" c="2"><d>1 &amp; 2</d><e/></a>\n'), null);
  t.end();
});

function linesOf(svg: string): string[] {
  return [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => plain(text));
}

function plain(text: string): string {
  const marks: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' };
  return text.replaceAll('\u00a0', ' ').replace(/&\w+;/g, (mark) => marks[mark] ?? mark);
}

/** What is wrong with elements, attributes and text, as far as a picture has them; null if nothing is. */
function problemOf(svg: string): string | null {
  const open: string[] = [];
  let roots = 0;
  for (const [token] of svg.trim().matchAll(/<[^>]*>?|[^<]+/g)) {
    if (!token.startsWith('<')) {
      if (open.length === 0 || /&(?!(?:lt|gt|quot|amp);)|>/.test(token)) return token;
      continue;
    }
    const [, slash, name = '', attributes = '', end] = /^<(\/?)(\w+)((?: [\w:-]+="[^"<&]*")*)(\/?)>$/.exec(token) ?? [];
    if (name === '' || (slash === '/' && open.pop() !== name)) return token;
    if (slash === '/') continue;
    const names = [...attributes.matchAll(/ ([\w:-]+)=/g)].map(([, attribute]) => attribute);
    if (new Set(names).size < names.length) return token;
    if (open.length === 0) roots += 1;
    if (end !== '/') open.push(name);
  }
  return open.length === 0 && roots === 1 ? null : `open: ${open.join()}, roots: ${roots}`;
}
