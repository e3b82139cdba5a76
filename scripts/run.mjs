import './node-version.mjs';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { runChild } from './child.mjs';
import { ensureDependencies, nodeBinary, root, SetupError } from './dependencies.mjs';
import { checkTemporaryFolder, makeFolderInMemory, makeFolderOfRun } from './folder-of-run.mjs';
import { testEntries } from './test-entries.mjs';

const script = (path) => (args) => [[nodeBinary, [join(root, path), ...args]]];
const tool = (name, ...args) => [join(root, 'node_modules/.bin', name), args];

const testEntriesFolder = join(root, 'node_modules/.cache/tests');

/** What each `npm run NAME` starts: one command or several, given the arguments of the command line. */
const commands = {
  demo: script('demo/main.ts'),
  lab: script('lab/main.ts'),
  // tap's own options come before any file; without a file it is the whole tier.
  test: (args) => tests(args, 'fast'),
  'test:all': (args) => tests(args, 'all'),
  // Four hours on two quiet cores.
  'test:night': async (args) => [
    ...(await tests(args, 'night')),
    ...script('test/simulation/main.ts')([]),
    ...script('bench/main.ts')(['--check']),
  ],
  'test:oldest': script('scripts/test-oldest.ts'),
  'test:arm': () => [tool('tap', 'run', 'test/arm/one-member.ts')],
  check: () => [
    tool('tsc', '--noEmit', '-p', '.'),
    tool('biome', 'check', '--error-on-warnings'),
    tool('oxlint', '--type-aware', '--deny-warnings'),
    tool('knip', '--no-progress'),
    // What only a test uses is unused as well.
    tool('knip', '--no-progress', '--production', '--exports'),
  ],
  build: script('scripts/build.ts'),
  bench: script('bench/main.ts'),
  load: script('test/load/main.ts'),
  soak: script('test/lab/soak/main.ts'),
  simulate: script('test/simulation/main.ts'),
  docs: script('scripts/docs.ts'),
  picture: script('scripts/demo-picture.ts'),
  sizes: script('scripts/sizes.ts'),
  picket: script('packages/cli/src/main.ts'),
  'picket-agent': script('packages/agent/src/main.ts'),
  'picket-coordinator': script('packages/coordinator/src/main.ts'),
};

async function tests(args, tier) {
  const whole = args.every((arg) => arg.startsWith('-'));
  if (!whole) return [tool('tap', 'run', ...args)];
  // The mutants alone may take an hour.
  const patience = tier === 'fast' ? [] : ['--timeout=14400'];
  return [tool('tap', 'run', ...patience, ...args, ...(await testEntries(root, testEntriesFolder, tier)))];
}

/** What is shown and tested are the programs that users get. */
function startsPrograms(name) {
  return name.startsWith('test') || ['demo', 'lab', 'soak', 'bench', 'load'].includes(name);
}

async function main() {
  const [name, ...rest] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new SetupError(`Say what to run: ${Object.keys(commands).join(', ')}.`, 64);
  if (startsPrograms(name)) checkTemporaryFolder(tmpdir());
  await ensureDependencies();

  // npm has dropped the `--` that ends its own options; pnpm passes it on.
  const args = rest[0] === '--' ? rest.slice(1) : rest;
  const env = { ...process.env, PATH: join(root, 'node_modules/.bin') + delimiter + process.env.PATH };
  if (name.startsWith('test')) {
    // Tests start hundreds of programs, and half of such a start is stripping and compiling the same files.
    env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/compiled');
    const ofRun = makeFolderOfRun(process.env);
    const inMemory = makeFolderInMemory(process.env);
    process.once('exit', () => {
      for (const folder of [ofRun, inMemory])
        if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    });
    env.PICKET_TEST_DISTRIBUTION = join(ofRun, 'dist');
    env.PICKET_TEST_FOLDERS = ofRun;
    if (inMemory !== undefined) env.PICKET_TEST_MEMORY = inMemory;
  }
  // A test that starts the demo has built them already.
  if (startsPrograms(name) && env.PICKET_TEST_PROGRAMS === undefined) {
    env.PICKET_TEST_PROGRAMS = join(root, 'node_modules/.cache/programs');
    const [file, buildArgs] = script('scripts/build.ts')(['--programs', env.PICKET_TEST_PROGRAMS])[0];
    const { code } = await runChild(file, buildArgs, { cwd: root, stdio: 'inherit', env });
    if (code !== 0) return code;
  }
  // What a person names on the command line is named from where they stand; npm itself goes to the project's folder.
  const cwd = name.startsWith('picket') ? (process.env.INIT_CWD ?? process.cwd()) : root;
  let exitCode = 0;
  for (const [file, fileArgs] of await command(args)) {
    const { code } = await runChild(file, fileArgs, { cwd, stdio: 'inherit', env });
    if (code > 128) return code;
    if (code !== 0) exitCode = code;
    if (code !== 0 && name === 'check') console.error(`✗ ${basename(file)} found something to correct.`);
  }
  return exitCode;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = error.exitCode || 1;
  },
);
