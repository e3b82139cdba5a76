import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { mutants as sourceMutants } from '../mutants/all.ts';
import { mutants as modelMutants } from '../simulation/mutants.ts';

const root = join(import.meta.dirname, '../..');
const page = await readFile(join(root, 'docs/explanation/rules.md'), 'utf8');
const mutants = [...sourceMutants, ...modelMutants];

interface Rule {
  readonly name: string;
  readonly text: string;
}

const rules: readonly Rule[] = page
  .split(/^## (?=R\d)/m)
  .slice(1)
  .map((text) => ({ name: /^R\d+/.exec(text)?.[0] ?? '', text }));

/** The words in backquotes after `**Heading**`, up to the next empty line. */
function named(text: string, heading: string): readonly string[] {
  const paragraph = text.split(/\n\n/).find((part) => part.startsWith(`**${heading}**`)) ?? '';
  return [...paragraph.matchAll(/`([^`]+)`/g)].flatMap(([, word]) => (word === undefined ? [] : [word]));
}

t.test('the page has the rules R1 to R19, in order', (t) => {
  t.strictSame(
    rules.map(({ name }) => name),
    Array.from({ length: 19 }, (_, index) => `R${index + 1}`),
  );
  t.end();
});

for (const { name, text } of rules) {
  t.test(`${name} names files that exist: where it is enforced, and its tests`, (t) => {
    const enforced = named(text, 'Enforced in').map((path) => `packages/${path}`);
    const tests = named(text, 'Tests');
    t.ok(enforced.length > 0 && tests.length > 0);
    t.strictSame(
      [...enforced, ...tests].filter((path) => !existsSync(join(root, path))),
      [],
    );
    t.end();
  });

  t.test(`${name} names its mutants, each of them`, (t) => {
    const its = mutants.filter(({ rule }) => rule === name).map(({ id }) => id);
    t.ok(its.length > 0, 'at least one guard is proven by a mutant');
    t.strictSame([...named(text, 'Mutants')].sort(), [...new Set(its)].sort());
    t.end();
  });

  t.test(`${name} has a test in each named file that bears its number`, async (t) => {
    for (const path of named(text, 'Tests')) {
      const source = await readFile(join(root, path), 'utf8');
      t.match(source, new RegExp(`['\`][^'\`]*\\b${name}\\b`), path);
    }
  });
}

t.test('no file refers to a document that is not in the repository', async (t) => {
  const files = globSync(['{packages,test,bench,demo,docs,scripts,etc,packaging}/**/*.{ts,mjs,md,yml,sh}', '*.md'], {
    cwd: root,
    exclude: (path) => path.includes('node_modules'),
  });
  t.ok(files.length > 500);
  // Names of pages that existed beside the repository; the first is split so that this file does not match itself.
  const outside = new RegExp(`\\bDESI${'GN'}\\b|ETCD-${'FACTS'}|STYLE${'\\.'}md|\\.\\./${'shared'}/[A-Z]`);
  for (const path of files) {
    const text = await readFile(join(root, path), 'utf8');
    if (outside.test(text)) t.fail(path);
  }
});
