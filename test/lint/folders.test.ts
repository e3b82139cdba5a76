import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import t from 'tap';

const root = join(import.meta.dirname, '../..');
const packages = ['agent', 'cli', 'coordinator', 'shared'];

/** One folder of a package imports another: `names` says what and in which files. */
interface Tie {
  readonly from: string;
  readonly to: string;
  readonly names: readonly string[];
}

/**
 * Ties that close a circle and still stand. Nobody adds one: this list only gets shorter. Each is `FROM -> TO` in its package.
 */
const standing: Readonly<Record<string, readonly string[]>> = {};

/**
 * Top to bottom in the coordinator: none imports from one that stands before it. A folder speaks for those in it. Folders that
 * are not named here may stand anywhere, as long as they close no circle.
 */
const coordinatorOrder = ['main.ts', 'commands', '.', 'api', 'status', 'executor', 'operations', 'controller', 'model'];

/** `import { a, type b } from './c.ts'`, `export … from`, `import('./c.ts')`; imports of types alone count too. */
const imports = /(?:(?:import|export)\s+([^;'"]*?)\s*from\s*|import\(\s*)'(\.{1,2}\/[^']+)'/g;

/** The files at the root of `src` are a folder of their own, and `main.ts`, where the program begins, is another above all. */
function folderOf(file: string): string {
  return file === 'main.ts' ? file : dirname(file);
}

function tiesOf(files: Readonly<Record<string, string>>): readonly Tie[] {
  const ties = new Map<string, Tie>();
  for (const [file, source] of Object.entries(files)) {
    for (const [, names = '', path = ''] of source.matchAll(imports)) {
      const [from, target] = [folderOf(file), join(dirname(file), path)];
      const to = folderOf(target);
      if (from === to) continue;
      const shown = `${file} imports ${names.replaceAll(/\s+/g, ' ') || 'all'} from ${target}`;
      ties.set(`${from} -> ${to}`, { from, to, names: [...(ties.get(`${from} -> ${to}`)?.names ?? []), shown] });
    }
  }
  return [...ties.values()];
}

/** The ties that are part of a circle. */
function circular(ties: readonly Tie[]): readonly Tie[] {
  const leadsTo = (from: string, wanted: string, seen = new Set<string>()): boolean => {
    if (from === wanted) return true;
    seen.add(from);
    return ties.some((tie) => tie.from === from && !seen.has(tie.to) && leadsTo(tie.to, wanted, seen));
  };
  return ties.filter(({ from, to }) => leadsTo(to, from));
}

/** The ties from a folder to one that stands above it. */
function upward(ties: readonly Tie[], order: readonly string[]): readonly Tie[] {
  const rank = (folder: string) =>
    order.indexOf(order.find((name) => folder === name || folder.startsWith(`${name}/`)) ?? '');
  return ties.filter(({ from, to }) => rank(from) >= 0 && rank(to) >= 0 && rank(to) < rank(from));
}

const arrow = ({ from, to }: Tie): string => `${from} -> ${to}`;
const shown = (ties: readonly Tie[]) => ties.map((tie) => [arrow(tie), ...tie.names]);

function sourcesOf(name: string): Readonly<Record<string, string>> {
  const src = join(root, 'packages', name, 'src');
  const files = globSync('**/*.ts', { cwd: src });
  return Object.fromEntries(files.map((file) => [relative('.', file), readFileSync(join(src, file), 'utf8')]));
}

for (const name of packages) {
  t.test(`no folder of ${name} imports another in a circle`, (t) => {
    const ties = tiesOf(sourcesOf(name));
    const known = standing[name] ?? [];
    t.ok(ties.length > 0);
    t.same(shown(circular(ties.filter((tie) => !known.includes(arrow(tie))))), []);
    const closing = circular(ties).map(arrow);
    t.same(
      known.filter((tie) => !closing.includes(tie)),
      [],
      'a tie that closes no circle any more leaves the list',
    );
    t.end();
  });
}

t.test('in the coordinator no folder imports from one above it', (t) => {
  const ties = tiesOf(sourcesOf('coordinator')).filter((tie) => !standing.coordinator?.includes(arrow(tie)));
  t.same(shown(upward(ties, coordinatorOrder)), []);
  t.end();
});

t.test('a circle is found, through any number of folders and for the sake of a type', (t) => {
  const ties = tiesOf({
    'main.ts': "import { run } from './commands/run.ts';",
    'commands/run.ts': "import { shell } from '../shell.ts';\nexport const run = shell;",
    'shell.ts': "import { a } from './a/a.ts';\nexport const shell = a;",
    'a/a.ts': "import {\n  b,\n} from '../b/b.ts';\nexport const a = b;",
    'b/b.ts': "export { c as b } from '../b/c/c.ts';",
    'b/c/c.ts': "import type { A } from '../../a/a.ts';\nexport const c: A = 1;",
  });
  t.same(circular(ties).map(arrow).sort(), ['a -> b', 'b -> b/c', 'b/c -> a']);
  t.same(circular(ties)[0]?.names, ['a/a.ts imports { b, } from b/b.ts']);
  t.same(upward(ties, ['main.ts', 'a', 'b']).map(arrow), ['b/c -> a']);
  t.end();
});
