import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { slowTests } from './slow-tests.mjs';

/**
 * The files that tap is to run for a whole tier: `fast`, what a change needs; `night`, those in `test/long`; or `all`, both.
 * The test files in one folder of a package become one of them, which imports them all: a process for each would spend more
 * than half of its time on loading the same modules. What is below `test/` starts whole systems, and stays one process a file.
 *
 * tap runs files in the order of their paths. So those in `slow` get a path in a folder `00`, `01` and so on.
 *
 * @param root the workspace's folder
 * @param folder where these entries are made
 * @param tier `fast`, `night` or `all`
 * @param slow the files of systems, and the folders of packages, that are to start first, in this order
 * @returns paths from the workspace's folder on
 * @throws an error that names a file without a test: among others in a process, nobody would miss it
 */
export async function testEntries(root, folder, tier, slow = slowTests) {
  const long = join('test', 'long');
  const entries = [];
  const placeOf = (tested) => {
    const rank = slow.indexOf(tested);
    return rank < 0 ? tested : join(String(rank).padStart(2, '0'), tested);
  };
  for (const file of await testFilesBelow(root, 'test')) {
    if (tier !== 'all' && (tier === 'night') !== (dirname(file) === long)) continue;
    if (!slow.includes(file)) {
      entries.push(file);
      continue;
    }
    const entry = join(folder, placeOf(file));
    await link(join(root, file), entry);
    entries.push(relative(root, entry));
  }
  if (tier === 'night') return entries;
  const byFolder = new Map();
  for (const file of await testFilesBelow(root, 'packages')) {
    if (!/^\s*t\.\w+\(/m.test(await readFile(join(root, file), 'utf8'))) throw new Error(`${file} tests nothing.`);
    const beside = byFolder.get(dirname(file)) ?? [];
    byFolder.set(dirname(file), [...beside, file]);
  }
  for (const [tested, files] of byFolder) {
    const entry = join(folder, placeOf(tested), 'all.mjs');
    await mkdir(dirname(entry), { recursive: true });
    await writeFile(entry, entryOf(files.map((file) => relative(dirname(entry), join(root, file)))));
    entries.push(relative(root, entry));
  }
  return entries;
}

/** The name of what is tested, for the path of an entry from the workspace's folder on. */
export function testedBy(entry) {
  return entry.replace(/^node_modules\/\.cache\/tests\/(?:\d\d\/)?(.*?)(?:\/all\.mjs)?(?=$| )/, '$1');
}

async function link(file, path) {
  await mkdir(dirname(path), { recursive: true });
  // One that is there is the same: it is named for the file, and another run may be starting it.
  await symlink(relative(dirname(path), file), path).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
  });
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
