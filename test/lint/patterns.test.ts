import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { slowTests } from '../../scripts/slow-tests.mjs';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const json = <Shape>(path: string): Shape => JSON.parse(read(path)) as Shape;

// Those that nobody has committed yet as well, and none that was only just removed.
const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
const files = execFileSync('git', list, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)));

/** The files that a pattern means: those that it matches, and all below a folder that it matches. */
function meant(pattern: string, among: readonly string[] = files): string[] {
  const path = pattern.replace(/^\.\//, '').replace(/\/$/, '');
  return among.filter((file) => matchesGlob(file, path) || matchesGlob(file, `${path}/**`));
}

/** A file that moved away would leave its rule without a word. */
function eachMeansSomething(t: Test, where: string, patterns: readonly string[], among = files): void {
  t.ok(patterns.length > 0, `${where} has patterns`);
  const empty = patterns.filter((pattern) => meant(pattern, among).length === 0);
  t.strictSame(empty, [], `${where}: these match no file`);
}

t.test('each path in biome.json is that of a file, and each exception excepts one', (t) => {
  const { overrides } = json<{ overrides: { includes: string[]; plugins?: string[] }[] }>('biome.json');
  for (const { includes, plugins = [] } of overrides) {
    const positive = includes.filter((pattern) => !pattern.startsWith('!'));
    const negative = includes.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
    eachMeansSomething(t, 'biome.json', [...positive, ...plugins]);
    const included = positive.flatMap((pattern) => meant(pattern));
    if (negative.length > 0) eachMeansSomething(t, `biome.json, within ${positive.join()}`, negative, included);
  }
  t.end();
});

t.test('so is each of the other tools, of which what they make is no file of ours', (t) => {
  const { include } = json<{ include: string[] }>('tsconfig.json');
  eachMeansSomething(t, 'tsconfig.json', include);
  const tap = parse(read('.taprc')) as { include: string[]; reporter: string };
  eachMeansSomething(t, '.taprc', [...tap.include, tap.reporter]);
  const { overrides } = json<{ overrides: { files: string[] }[] }>('.oxlintrc.json');
  eachMeansSomething(
    t,
    '.oxlintrc.json',
    overrides.flatMap((override) => override.files),
  );
  const { packages } = parse(read('pnpm-workspace.yaml')) as { packages: string[] };
  eachMeansSomething(
    t,
    'pnpm-workspace.yaml',
    packages.map((folder) => `${folder}/package.json`),
  );
  eachMeansSomething(t, 'scripts/slow-tests.mjs', slowTests);
  t.end();
});

t.test('each package exports and starts files that it has', (t) => {
  for (const manifest of meant('packages/*/package.json')) {
    const { exports = {}, bin = {} } = json<{ exports?: Record<string, string>; bin?: Record<string, string> }>(
      manifest,
    );
    const folder = manifest.replace(/package\.json$/, '');
    // In exports a star is for any number of folders.
    const paths = [...Object.values(exports), ...Object.values(bin)].map((path) => path.replace(/\*$/, '**'));
    eachMeansSomething(
      t,
      manifest,
      paths.map((path) => `${folder}${path.replace(/^\.\//, '')}`),
    );
  }
  t.end();
});

t.test('each path that stands in a script, or in a test of the linter, is that of a file', (t) => {
  const folders = 'bench|demo|docs|etc|lab|packages|packaging|scripts|test';
  const quoted = new RegExp(`'((?:${folders})/[^'\\s]+)'`, 'g');
  const word = new RegExp(`(?<=[ "])((?:${folders})/[\\w./-]+)`, 'g');
  const pathsIn = (source: string, path: RegExp) => [...read(source).matchAll(path)].map(([, name = '']) => name);
  const named = [
    ...['test/lint/pure-code.test.ts', ...meant('scripts')].flatMap((source) => pathsIn(source, quoted)),
    ...['package.json', '.ci/run'].flatMap((source) => pathsIn(source, word)),
  ];
  t.ok(named.length > 20, 'scripts name paths');
  eachMeansSomething(t, 'scripts', named);
  t.end();
});
