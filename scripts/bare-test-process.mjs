import { registerHooks } from 'node:module';
import { basename, join, relative } from 'node:path';

// What tap imports into each process before a test file and nothing here uses: its mocks, its own way to read TypeScript, and
// the list of loaded files for its coverage. A test file started in three times the time with them.
const unused = /\/@tapjs\/(?:mock|processinfo|typescript)\/dist\/esm\/import\.mjs$/;
let isTapLoaded = false;

const hooks = registerHooks({
  resolve(specifier, context, next) {
    if (unused.test(specifier)) return { url: 'data:text/javascript,', format: 'module', shortCircuit: true };
    if (specifier === 'async-hook-domain') return { url: import.meta.resolve('./tap-domain.mjs'), shortCircuit: true };
    // The test file itself: its imports are not looked at.
    if (isTapLoaded) hooks.deregister();
    return next(specifier, context);
  },
});
const { t } = await import('tap');
isTapLoaded = true;

// These start no etcd of an agent, whose data is to lie on a disk, as those of whole systems do.
const runs = relative(join(import.meta.dirname, '..'), process.argv[1] ?? '');
const needsNoDisk = /(?:^|\/)(?:packages|test\/golden)\//.test(runs);
const { PICKET_TEST_MEMORY: memory, PICKET_TEST_FOLDERS: onDisk, TMPDIR: named } = process.env;
const inMemory = needsNoDisk && named === undefined ? memory : undefined;
if (inMemory !== undefined) process.env.TMPDIR = inMemory;

// `scripts/run.mjs` says where the folders of tests lie; tap itself would put them into the checkout.
const folders = inMemory ?? onDisk;
if (folders !== undefined) t.testdirName = join(folders, `${basename(t.testdirName).slice(-20)}-${process.pid}`);

// The programs that a test starts get none of this.
delete process.env.NODE_OPTIONS;
