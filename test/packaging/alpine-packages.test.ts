import { createHash, createPublicKey, verify } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { signingKey } from '../../scripts/build/alpine/signing-key.ts';
import { version } from '../../scripts/build/project.ts';
import { filesInTar, type Stream, streamsOf, type TarFile } from '../support/apk-streams.ts';
import { builtFor } from '../support/distribution.ts';
import { installerFunctions } from './installer-functions.ts';

const scripts = join(import.meta.dirname, '../../packaging/alpine');

const architectures = ['aarch64', 'x86_64'];
const names = ['picket', 'picket-agent', 'picket-coordinator'];

interface Repository {
  /** The packages and the index of one architecture. */
  read(arch: string, file: string): Promise<Buffer>;
  readonly keyName: string;
  readonly publicPem: string;
}

async function repositoryFor(t: Test): Promise<Repository> {
  const folder = join(await builtFor(t), 'alpine');
  const keyName = (await readdir(folder)).find((name) => name.endsWith('.rsa.pub')) ?? '';
  return {
    read: (arch, file) => readFile(join(folder, arch, file)),
    keyName,
    publicPem: await readFile(join(folder, keyName), 'utf8'),
  };
}

const fileOf = (name: string) => `${name}-${version}-r0.apk`;

function hash(algorithm: string, content: Buffer, as: 'hex' | 'base64' = 'hex'): string {
  return createHash(algorithm).update(content).digest(as);
}

function only(files: readonly TarFile[], name: string): string {
  return files.find((file) => file.name === name)?.content.toString() ?? '';
}

/** Whether the first stream is a signature of the second one, with the key of the repository. */
function isSigned([signature, signed]: readonly Stream[], { keyName, publicPem }: Repository): boolean {
  if (signature === undefined || signed === undefined) return false;
  const [{ name, content } = { name: '', content: Buffer.alloc(0) }] = filesInTar(signature.content);
  return name === `.SIGN.RSA256.${keyName}` && verify('sha256', signed.packed, createPublicKey(publicPem), content);
}

t.test('each package for Alpine is signed, and its control stream names the hash of its data', async (t) => {
  const repository = await repositoryFor(t);
  for (const arch of architectures) {
    for (const name of names) {
      const streams = streamsOf(await repository.read(arch, fileOf(name)));
      t.equal(streams.length, 3);
      t.ok(isSigned(streams, repository), `${arch} ${name}`);
      const [, control, data] = streams;
      const info = only(filesInTar(control?.content ?? Buffer.alloc(0)), '.PKGINFO');
      t.ok(info.includes(`\ndatahash = ${hash('sha256', data?.packed ?? Buffer.alloc(0))}\n`));
      t.match(info, new RegExp(`^pkgname = ${name}\npkgver = ${version}-r0\n`));
      const files = filesInTar(data?.content ?? Buffer.alloc(0));
      t.ok(files.length > 3);
      for (const { name, content, records } of files)
        t.equal(records['APK-TOOLS.checksum.SHA1'], hash('sha1', content), name);
    }
  }
});

t.test('a cut in the first two streams is where apk looks for it: they have no end of an archive', async (t) => {
  const repository = await repositoryFor(t);
  const [signature, control, data] = streamsOf(await repository.read('x86_64', fileOf('picket')));
  const endsSo = (stream: Stream | undefined) => stream?.content.subarray(-1024).equals(Buffer.alloc(1024));
  t.strictSame([signature, control, data].map(endsSo), [false, false, true]);
});

t.test('the index of each architecture is signed and leads to its packages', async (t) => {
  const repository = await repositoryFor(t);
  for (const arch of architectures) {
    const streams = streamsOf(await repository.read(arch, 'APKINDEX.tar.gz'));
    t.ok(isSigned(streams, repository), arch);
    const index = only(filesInTar(streams[1]?.content ?? Buffer.alloc(0)), 'APKINDEX');
    const entries = index.split('\n\n').filter((entry) => entry !== '');
    t.equal(entries.length, names.length);
    for (const [at, name] of names.entries()) {
      const bytes = await repository.read(arch, fileOf(name));
      const [, control] = streamsOf(bytes);
      const lines = entries[at]?.split('\n') ?? [];
      t.strictSame(lines.slice(0, 5), [
        `C:Q1${hash('sha1', control?.packed ?? Buffer.alloc(0), 'base64')}`,
        `P:${name}`,
        `V:${version}-r0`,
        // Of the repository also where the package is for all: apk looks for the file there.
        `A:${arch}`,
        `S:${bytes.length}`,
      ]);
    }
  }
});

t.test('no package brings etcd: a member may run a release', async (t) => {
  const repository = await repositoryFor(t);
  for (const name of names) {
    const [, control] = streamsOf(await repository.read('aarch64', fileOf(name)));
    const info = only(filesInTar(control?.content ?? Buffer.alloc(0)), '.PKGINFO');
    t.strictSame(
      info.split('\n').filter((line) => line.startsWith('depend = ')),
      ['depend = nodejs>=22.19'],
    );
  }
});

t.test('each file is in one package, where Alpine looks for it', async (t) => {
  const repository = await repositoryFor(t);
  const installed: string[] = [];
  for (const name of names) {
    const [, , data] = streamsOf(await repository.read('aarch64', fileOf(name)));
    for (const { name: path, mode } of filesInTar(data?.content ?? Buffer.alloc(0))) {
      if (!/sqlite3\/lib|\/install\/|licenses\//.test(path)) installed.push(`${name} ${mode.slice(-3)} ${path}`);
    }
  }
  t.strictSame(installed, [
    'picket 755 usr/bin/picket',
    'picket 755 usr/lib/picket/picket.cjs',
    'picket 644 usr/share/bash-completion/completions/picket',
    'picket 644 usr/share/fish/vendor_completions.d/picket.fish',
    'picket 644 usr/share/zsh/site-functions/_picket',
    'picket-agent 644 etc/conf.d/picket-agent',
    'picket-agent 755 etc/init.d/picket-agent',
    'picket-agent 755 usr/bin/picket-agent',
    'picket-agent 755 usr/lib/picket/picket-agent.cjs',
    'picket-coordinator 644 etc/conf.d/picket-coordinator',
    'picket-coordinator 755 etc/init.d/picket-coordinator',
    'picket-coordinator 755 usr/bin/picket-coordinator',
    'picket-coordinator 644 usr/lib/picket/node_modules/better-sqlite3/package.json',
    'picket-coordinator 644 usr/lib/picket/node_modules/better-sqlite3/prebuilds/linuxmusl-arm64.node',
    'picket-coordinator 755 usr/lib/picket/picket-coordinator.cjs',
  ]);
});

t.test('each script is in the package whose it is', async (t) => {
  const repository = await repositoryFor(t);
  const packaged: string[] = [];
  for (const name of names) {
    const [, control] = streamsOf(await repository.read('x86_64', fileOf(name)));
    const files = filesInTar(control?.content ?? Buffer.alloc(0)).filter((file) => file.name !== '.PKGINFO');
    packaged.push(...files.map((file) => `${name}${file.name}`));
  }
  t.strictSame(packaged, (await readdir(scripts)).toSorted());
});

t.test('what is to sign the packages must be there, and be a key that apk verifies with', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'picket-apk-key-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const made = await signingKey({ XDG_CONFIG_HOME: folder });
  const again = await signingKey({ XDG_CONFIG_HOME: folder });
  t.strictSame(
    [made.made, again.made, again.name],
    [true, false, made.name],
    'the key of one build is that of the next',
  );
  t.equal((await signingKey({ PICKET_APK_KEY: made.file })).name, made.name);

  const missing = join(folder, 'missing.pem');
  await t.rejects(signingKey({ PICKET_APK_KEY: missing }), /missing\.pem, which is to sign the Alpine packages/);
  const other = join(folder, 'other.pem');
  await writeFile(other, made.publicPem);
  await t.rejects(
    signingKey({ PICKET_APK_KEY: other }),
    /holds no RSA key of 2048 bits or more\. Make one: openssl genrsa/,
  );
});

/** What a script of a package asks OpenRC for. */
async function asks(t: Test, script: string): Promise<readonly string[]> {
  const openrc = ['rc-service', 'rc-update'].map((name) => [name, `echo "${name} $*"`]);
  const { code, stdout, stderr } = await installerFunctions(t, Object.fromEntries(openrc)).run(
    `. ${join(scripts, script)}`,
  );
  t.equal(code, 0, stderr);
  return stdout.trim().split('\n');
}

t.test('a package stops and disables its service on removal, and no script stops etcd', async (t) => {
  for (const name of ['picket-agent', 'picket-coordinator']) {
    t.strictSame(await asks(t, `${name}.pre-deinstall`), [
      `rc-service --quiet --ifstarted ${name} stop`,
      `rc-update --quiet delete ${name}`,
    ]);
  }
});

t.test('an upgrade of a package restarts its service, if that runs', async (t) => {
  for (const name of ['picket-agent', 'picket-coordinator'])
    t.strictSame(await asks(t, `${name}.post-upgrade`), [`rc-service --quiet --ifstarted ${name} restart`]);
});
