import { access, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { slowTests } from '../../scripts/slow-tests.mjs';
import { testEntries, testedBy } from '../../scripts/test-entries.mjs';

async function workspace(t: Test, files: Readonly<Record<string, string>>): Promise<string> {
  const root = t.testdir({ packages: {}, test: {} });
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
  }
  return root;
}

const test = "import t from 'tap';\n\nt.ok(true);\n";

t.test('each test file of a package is loaded by that of its folder, and all others run as they are', async (t) => {
  const root = await workspace(t, {
    'packages/agent/test/a.test.ts': test,
    'packages/agent/test/b.test.ts': test,
    'packages/agent/test/support.ts': '',
    'packages/agent/test/host/c.test.ts': test,
    'packages/agent/node_modules/other/test/d.test.ts': '',
    'test/lab/e.test.ts': '',
    'test/lab/lab.ts': '',
  });
  const entries = await testEntries(root, join(root, 'made'), 'fast', []);
  t.same(entries, ['test/lab/e.test.ts', 'made/packages/agent/test/all.mjs', 'made/packages/agent/test/host/all.mjs']);
  const loadedBy = async (entry: string) => {
    const text = await readFile(join(root, entry), 'utf8');
    return [...text.matchAll(/^await import\('(.*)'\);$/gm)].map(([, path = '']) => join(dirname(entry), path));
  };
  t.same(await loadedBy('made/packages/agent/test/all.mjs'), [
    'packages/agent/test/a.test.ts',
    'packages/agent/test/b.test.ts',
  ]);
  t.same(await loadedBy('made/packages/agent/test/host/all.mjs'), ['packages/agent/test/host/c.test.ts']);
});

t.test('a long test is of the tiers `night` and `all`, and `night` has no others', async (t) => {
  const files = { 'test/e2e/a.test.ts': test, 'test/long/b.test.ts': test, 'packages/agent/test/c.test.ts': test };
  const root = await workspace(t, files);
  const entries = (tier: 'fast' | 'night' | 'all') => testEntries(root, join(root, 'made'), tier, []);
  t.strictSame(await entries('fast'), ['test/e2e/a.test.ts', 'made/packages/agent/test/all.mjs']);
  t.strictSame(await entries('night'), ['test/long/b.test.ts']);
  t.strictSame(await entries('all'), ['test/e2e/a.test.ts', 'test/long/b.test.ts', 'made/packages/agent/test/all.mjs']);
});

t.test('what takes longest comes first in the order of paths, by which tap starts files', async (t) => {
  const root = await workspace(t, {
    'packages/agent/test/a.test.ts': test,
    'packages/cli/test/b.test.ts': test,
    'test/e2e/c.test.ts': test,
    'test/e2e/d.test.ts': test,
  });
  const made = 'node_modules/.cache/tests';
  const slow = ['test/e2e/d.test.ts', 'packages/cli/test'];
  // Another run may be starting what this one makes.
  for (let run = 0; run < 2; run += 1) {
    const entries = await testEntries(root, join(root, made), 'fast', slow);
    t.strictSame(
      entries.toSorted((one, other) => one.localeCompare(other, 'en')),
      [
        `${made}/00/test/e2e/d.test.ts`,
        `${made}/01/packages/cli/test/all.mjs`,
        `${made}/packages/agent/test/all.mjs`,
        'test/e2e/c.test.ts',
      ],
    );
  }
  t.equal(await realpath(join(root, made, '00/test/e2e/d.test.ts')), await realpath(join(root, 'test/e2e/d.test.ts')));
});

t.test('each of them is there', async (t) => {
  for (const tested of slowTests) await t.resolves(access(join(import.meta.dirname, '../..', tested)), tested);
  t.strictSame(slowTests, [...new Set(slowTests)]);
});

t.test('an entry is named for what it tests', (t) => {
  for (const [entry, tested] of [
    ['node_modules/.cache/tests/packages/agent/test/all.mjs', 'packages/agent/test'],
    ['node_modules/.cache/tests/01/packages/cli/test/all.mjs > a test', 'packages/cli/test > a test'],
    ['node_modules/.cache/tests/00/test/e2e/d.test.ts > a test', 'test/e2e/d.test.ts > a test'],
    ['test/e2e/c.test.ts > a test', 'test/e2e/c.test.ts > a test'],
  ] as const) {
    t.equal(testedBy(entry), tested);
  }
  t.end();
});

t.test('a file without a test is named', async (t) => {
  const root = await workspace(t, { 'packages/agent/test/empty.test.ts': "import t from 'tap';\n" });
  await t.rejects(testEntries(root, join(root, 'made'), 'fast'), 'packages/agent/test/empty.test.ts tests nothing.');
});
