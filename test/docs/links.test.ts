import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import t from 'tap';
import { helpTexts } from '../../scripts/docs/help-texts.ts';
import { commandLinesIn, commandProblem } from './command-lines.ts';
import { anchorsOf, linksOf, pages, root } from './markdown.ts';

const all = pages();
const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }).scripts;

t.test('every link leads to a file, and to a heading in it', (t) => {
  const broken = all.flatMap(({ path, text }) =>
    linksOf(text)
      .filter((target) => !leadsSomewhere(path, target))
      .map((target) => `${path}: ${target}`),
  );
  t.strictSame(broken, []);
  t.ok(all.flatMap(({ text }) => linksOf(text)).length > 100);
  t.end();
});

t.test('a link to what does not exist is found', (t) => {
  t.strictSame(linksOf('[a](nowhere.md) `[b](code.md)`\n```\n[c](block.md)\n```\n[d](https://example.net)'), [
    'nowhere.md',
  ]);
  t.notOk(leadsSomewhere('README.md', 'nowhere.md'));
  t.notOk(leadsSomewhere('README.md', 'docs/explanation/rules.md#no-such-heading'));
  t.ok(leadsSomewhere('docs/explanation/rules.md', '../../README.md#picket'));
  t.strictSame(
    [...anchorsOf("# A b\n## A b\n### `x` and etcd's [c](d.md)\n```\n# no\n```")],
    ['a-b', 'a-b-1', 'x-and-etcds-c'],
  );
  t.end();
});

t.test('every npm script that a page names exists', (t) => {
  const unknown = all.flatMap(({ path, text }) =>
    [...text.matchAll(/\bnpm run (?:-s )?([a-z][a-z:-]*)/g)]
      .map(([, name = '']) => name)
      .filter((name) => !Object.hasOwn(scripts, name))
      .map((name) => `${path}: npm run ${name}`),
  );
  t.strictSame(unknown, []);
  t.end();
});

t.test('every command line names a command and options that the program has', async (t) => {
  const programs = await helpTexts();
  const wrong = all
    .filter(({ path }) => !path.startsWith('docs/reference/cli'))
    .flatMap(({ path, text }) =>
      commandLinesIn(text).flatMap((line) => {
        const problem = commandProblem(line, programs);
        return problem === null ? [] : [`${path}: ${line}: ${problem}`];
      }),
    );
  t.strictSame(wrong, []);
  t.ok(all.flatMap(({ text }) => commandLinesIn(text)).length > 100);
  t.match(commandProblem('picket cluster make x-k3s', programs), 'picket cluster has no command make');
  t.match(commandProblem('picket status x-k3s --wach', programs), 'picket status has no option --wach');
  t.equal(commandProblem('picket status x-k3s --watch --output json', programs), null);
  t.strictSame(
    commandLinesIn(
      '`picket status\nNAME`\n```\n$ A=1 picket status \\\n  NAME | less\nrc-service picket-agent start\n```',
    ),
    ['picket status NAME', 'picket status NAME'],
  );
});

function leadsSomewhere(from: string, target: string): boolean {
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? from : normalize(join(dirname(from), decodeURI(file)));
  if (!existsSync(join(root, path))) return false;
  if (anchor === undefined || !path.endsWith('.md')) return true;
  return anchorsOf(readFileSync(join(root, path), 'utf8')).has(decodeURIComponent(anchor));
}

t.test('every file of the code that an explanation names exists', (t) => {
  const files = ['packages', 'test', 'scripts', 'demo', 'bench', 'etc', 'packaging']
    .flatMap((folder) => globSync(`${folder}/**/*`, { cwd: root, exclude: (path) => path.includes('node_modules') }))
    .map((path) => `/${path}/`);
  const missing = all
    .filter(({ path }) => path === 'CONTRIBUTING.md' || path.startsWith('docs/explanation'))
    .flatMap(({ path, text }) =>
      codePathsIn(text)
        .filter((named) => !files.some((file) => file.includes(`/${named}/`)))
        .map((named) => `${path}: ${named}`),
    );
  t.strictSame(missing, []);
  t.strictSame(codePathsIn('`a/b.ts`, `c.ts` and `packages/x`, no `a/{b}.ts`, no `a/b`'), [
    'a/b.ts',
    'c.ts',
    'packages/x',
  ]);
  t.end();
});

/** Source files, and folders of packages. */
function codePathsIn(text: string): string[] {
  return [...text.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.m?ts|packages\/[\w./-]+)`/g)].map(([, path = '']) =>
    path.replace(/\/$/, ''),
  );
}

t.test('the indexes have every page', (t) => {
  const linked = new Set(
    ['docs/README.md', 'docs/adr/README.md'].flatMap((index) =>
      linksOf(all.find(({ path }) => path === index)?.text ?? '').map((target) => join(dirname(index), target)),
    ),
  );
  const missing = all.filter(({ path }) => path.startsWith('docs/') && path !== 'docs/README.md' && !linked.has(path));
  t.strictSame(
    missing.map(({ path }) => path),
    [],
  );
  t.end();
});
