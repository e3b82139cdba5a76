import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/**
 * The files that tap is to run for a whole tier: `fast`, what a change needs, or `all`, which has those in `test/long` too.
 * The test files in one folder of a package become one of them, which imports them all: a process for each would spend more
 * than half of its time on loading the same modules. What is below `test/` starts whole systems, and stays one process a file.
 *
 * @param root the workspace's folder
 * @param folder where the files that import others are made
 * @param tier `fast` or `all`
 * @returns paths from the workspace's folder on
 * @throws an error that names a file without a test: among others in a process, nobody would miss it
 */
export async function testEntries(root, folder, tier) {
  const long = join('test', 'long');
  const systems = await testFilesBelow(root, 'test');
  const entries = systems.filter((file) => tier === 'all' || dirname(file) !== long);
  const byFolder = new Map();
  for (const file of await testFilesBelow(root, 'packages')) {
    if (!/^\s*t\.\w+\(/m.test(await readFile(join(root, file), 'utf8'))) throw new Error(`${file} tests nothing.`);
    const beside = byFolder.get(dirname(file)) ?? [];
    byFolder.set(dirname(file), [...beside, file]);
  }
  for (const [tested, files] of byFolder) {
    const entry = join(folder, tested, 'all.mjs');
    await mkdir(dirname(entry), { recursive: true });
    await writeFile(entry, entryOf(files.map((file) => relative(dirname(entry), join(root, file)))));
    entries.push(relative(root, entry));
  }
  return entries;
}

/** tap takes a moment without a test for the end of all, and a test file may have something to make first. */
function entryOf(paths) {
  const imports = paths.map((path) => `await import('${path}');\n`).join('');
  return `import t from 'tap';

let loaded;
t.test('all test files are loaded', () => new Promise((resolve) => { loaded = resolve; }));
${imports}loaded();
`;
}

async function testFilesBelow(root, folder) {
  const files = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') files.push(...(await testFilesBelow(root, path)));
    else if (entry.isFile() && entry.name.endsWith('.test.ts')) files.push(path);
  }
  return files.sort((a, b) => (a < b ? -1 : 1));
}
