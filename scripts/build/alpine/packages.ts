import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Contents, packageFiles, sqliteFor } from '../package-files.ts';
import { placeText } from '../place.ts';
import { root, version } from '../project.ts';
import { apk, apkIndex, type MadeApk } from './apk.ts';
import { type SigningKey, signingKey } from './signing-key.ts';

/** A package before it is made of what was built. Its scripts are packaging/alpine/NAME.SCRIPT. */
interface Recipe extends Contents {
  readonly name: string;
  readonly description: string;
  /** Whether it is the same on all architectures. */
  readonly portable: boolean;
}

/** Alpine's names of the architectures, and better-sqlite3's of its binaries for them. */
const architectures = { x86_64: 'linuxmusl-x64', aarch64: 'linuxmusl-arm64' } as const;
type Architecture = keyof typeof architectures;

const scriptsFolder = join(root, 'packaging/alpine');
const license = 'Apache-2.0';

const cli: Recipe = {
  name: 'picket',
  description: 'Declares and watches etcd clusters that are kept by Picket',
  portable: true,
  files: {
    'picket.cjs': 'usr/lib/picket/picket.cjs',
    'bin/picket': 'usr/bin/picket',
    'completions/picket.bash': 'usr/share/bash-completion/completions/picket',
    'completions/_picket': 'usr/share/zsh/site-functions/_picket',
    'completions/picket.fish': 'usr/share/fish/vendor_completions.d/picket.fish',
  },
};

const agent: Recipe = {
  name: 'picket-agent',
  description: 'Keeps the etcd member of this machine as its coordinator wants it',
  portable: true,
  files: { 'picket-agent.cjs': 'usr/lib/picket/picket-agent.cjs', ...launchedBy('picket-agent') },
};

const coordinator = (binary: string): Recipe => ({
  name: 'picket-coordinator',
  description: 'Tells the agents of etcd clusters what their operators want',
  portable: false,
  files: { 'picket-coordinator.cjs': 'usr/lib/picket/picket-coordinator.cjs', ...launchedBy('picket-coordinator') },
  folders: {
    install: { to: 'usr/lib/picket/install', only: (path) => !path.endsWith('.tgz') },
    'node_modules/better-sqlite3': sqliteFor(binary),
  },
});

// The service is not in a package of its own: apk would remove that one first, and nothing could stop the service then.
function launchedBy(name: string): Contents['files'] {
  return {
    [`bin/${name}`]: `usr/bin/${name}`,
    [`openrc/${name}.initd`]: `etc/init.d/${name}`,
    [`openrc/${name}.confd`]: `etc/conf.d/${name}`,
  };
}

/** Makes Alpine's packages of what was built in a folder, and a signed repository of them in its folder `alpine`. */
export async function placeAlpinePackages(
  folder: string,
  env: NodeJS.ProcessEnv,
  seconds: number,
): Promise<SigningKey> {
  const key = await signingKey(env);
  const place = (name: string, content: string | Buffer) => placeText(join(folder, 'alpine', name), content, 0o644);
  await place(key.name, key.publicPem);
  for (const arch of Object.keys(architectures) as Architecture[]) {
    const made: MadeApk[] = [];
    for (const recipe of [cli, agent, coordinator(architectures[arch])]) {
      const one = apk(await apkOf(folder, recipe, arch), { key, arch, seconds });
      made.push(one);
      await place(`${arch}/${recipe.name}-${version}-r0.apk`, one.bytes);
    }
    await place(`${arch}/APKINDEX.tar.gz`, apkIndex(made, { key, arch, seconds }));
  }
  return key;
}

async function apkOf(folder: string, recipe: Recipe, arch: Architecture): Promise<Parameters<typeof apk>[0]> {
  const { name, description, portable, files } = recipe;
  const licences = Object.fromEntries(
    ['LICENSE', 'LICENSES-THIRD-PARTY'].map((file) => [file, `usr/share/licenses/${name}/${file}`]),
  );
  return {
    info: {
      pkgname: name,
      pkgver: `${version}-r0`,
      pkgdesc: description,
      url: 'https://edge.huatai.me',
      arch: portable ? 'noarch' : arch,
      origin: 'picket',
      maintainer: 'Picket maintainers <picket@edge.huatai.me>',
      license,
      // Not etcd: a member may run a release, and apk would remove an etcd that only this package needs together with it.
      depend: ['nodejs>=22.19'],
    },
    scripts: await scriptsOf(name),
    files: await packageFiles(folder, { ...recipe, files: { ...files, ...licences } }),
  };
}

async function scriptsOf(name: string): Promise<Record<string, Buffer>> {
  const own = (await readdir(scriptsFolder)).filter((file) => file.startsWith(`${name}.`)).sort();
  const read = own.map(
    async (file) => [file.slice(name.length + 1), await readFile(join(scriptsFolder, file))] as const,
  );
  return Object.fromEntries(await Promise.all(read));
}
