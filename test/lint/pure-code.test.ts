import { globSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import t from 'tap';

const root = join(import.meta.dirname, '../..');
const pure = [
  'packages/coordinator/src/model',
  'packages/coordinator/src/controller',
  'packages/coordinator/src/conditions',
  'packages/coordinator/src/desired-state',
  'packages/coordinator/src/status',
  'packages/shared/src/etcd-config',
  'packages/shared/src/problems',
  'packages/agent/src/model',
  'packages/agent/src/reconcile/plan',
];
const io = new Set([...builtinModules, 'undici', 'pino', 'fastify', 'kysely', 'better-sqlite3', 'node-forge']);

/** What a file pulls in when it runs, however indirectly; imports of types alone do not count. */
async function reachedFrom(file: string): Promise<string[]> {
  const { metafile, outputFiles } = await build({
    entryPoints: [file],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
    plugins: [
      {
        name: 'only-this-workspace',
        setup({ onResolve }) {
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || path.startsWith('@picket/') ? undefined : { path, external: true },
          );
        },
      },
    ],
  });
  const code = outputFiles.map(({ text }) => text).join('\n');
  const crypto = code.split('\n').filter((line) => line.endsWith('from "node:crypto";'));
  // A hash is computed from its argument alone; the rest of node:crypto is random, slow or stateful.
  const hashesOnly = crypto.every((line) => /^import \{ (createHash|hash)( as \w+)? \} from/.test(line));
  const outputs = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const reached = outputs.filter(({ external }) => external).map(({ path }) => path);
  return reached.filter((path) => path !== 'node:crypto' || !hashesOnly);
}

for (const place of pure) {
  t.test(`${place} does no I/O, nor does what it imports`, async (t) => {
    const files = place.endsWith('.ts') ? [place] : globSync(`${place}/**/*.ts`, { cwd: root });
    t.ok(files.length > 0, 'it has files');
    for (const file of files) {
      const reached = await reachedFrom(join(root, file));
      const forbidden = reached.filter((name) => io.has(name.replace(/^node:/, '').split('/')[0] ?? name));
      t.same(forbidden, [], file);
    }
  });
}

t.test('code that does I/O by way of another file is found out, a hash is let be', async (t) => {
  const folder = t.testdir({
    'reads.ts': "export * from './readFile.ts';",
    'readFile.ts': "export { readFile } from 'node:fs';",
    'hash.ts': "import { createHash } from 'node:crypto';\nexport const sha256 = () => createHash('sha256');",
    'random.ts': "import { createHash, randomUUID } from 'node:crypto';\nexport const all = [createHash, randomUUID];",
    'types.ts': "import type { Socket } from 'node:net';\nexport type Peer = Socket;",
  });
  t.same(await reachedFrom(join(folder, 'reads.ts')), ['node:fs']);
  t.same(await reachedFrom(join(folder, 'hash.ts')), []);
  t.same(await reachedFrom(join(folder, 'random.ts')), ['node:crypto']);
  t.same(await reachedFrom(join(folder, 'types.ts')), []);
});
