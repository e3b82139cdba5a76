import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesBelow, placeText } from '../place.ts';
import { root, version } from '../project.ts';
import { type DebFile, deb, packed } from './deb.ts';

/** A package before it is made of what was built. */
interface Recipe {
  readonly name: string;
  readonly architecture: 'all' | 'amd64' | 'arm64';
  readonly fields: Readonly<Record<string, string>>;
  /** The first line is the synopsis. */
  readonly description: readonly string[];
  /** From where in the built folder, to where it is installed. */
  readonly files: Readonly<Record<string, string>>;
  /** As `files`, for all below a folder that this accepts. */
  readonly folders?: Readonly<Record<string, { readonly to: string; readonly only: (path: string) => boolean }>>;
  /** From packaging/debian/NAME.SCRIPT. */
  readonly scripts?: readonly string[];
  readonly overrides?: boolean;
  /** The configuration that is explained in etc/, for its examples. */
  readonly example?: string;
}

const maintainer = 'Picket maintainers <picket@edge.huatai.me>';
const node = 'nodejs (>= 22.19)';

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
};

function coordinator(architecture: 'amd64' | 'arm64', binary: string): Recipe {
  return {
    name: 'picket-coordinator',
    architecture,
    fields: { Depends: `${node}, systemd | systemd-standalone-sysusers, libc6`, Recommends: 'picket' },
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
      install: { to: 'usr/lib/picket/install', only: () => true },
      'node_modules/better-sqlite3': {
        to: 'usr/lib/picket/node_modules/better-sqlite3',
        // The licence stands among the others in the package's copyright.
        only: (path) => path !== 'LICENSE' && (!path.endsWith('.node') || path === `prebuilds/${binary}.node`),
      },
    },
    scripts: ['postinst', 'prerm', 'postrm'],
    overrides: true,
    example: 'coordinator.yml',
  };
}

/** Makes the Debian packages of what was built in a folder, and puts them there. */
export async function placeDebianPackages(folder: string, seconds: number): Promise<void> {
  for (const recipe of [agent, cli, coordinator('amd64', 'linux-x64'), coordinator('arm64', 'linux-arm64')]) {
    const { name, architecture, fields, description } = recipe;
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
    const files = [...(await contents(folder, recipe)), ...(await documents(folder, recipe, seconds))];
    const scripts = await scriptsOf(recipe);
    await placeText(
      join(folder, `${name}_${version}_${architecture}.deb`),
      deb({ control, scripts, files }, seconds),
      0o644,
    );
  }
}

async function contents(folder: string, { files, folders = {} }: Recipe): Promise<DebFile[]> {
  const pairs = Object.entries(files);
  for (const [from, { to, only }] of Object.entries(folders)) {
    for (const path of (await filesBelow(join(folder, from))).filter(only)) {
      pairs.push([`${from}/${path}`, `${to}/${path}`]);
    }
  }
  return Promise.all(
    pairs.map(async ([from, path]) => {
      const content = await readFile(join(folder, from));
      return { path, mode: content.subarray(0, 2).toString() === '#!' ? 0o755 : 0o644, content };
    }),
  );
}

async function documents(folder: string, recipe: Recipe, seconds: number): Promise<DebFile[]> {
  const { name, overrides, example } = recipe;
  const doc = `usr/share/doc/${name}`;
  const date = new Date(seconds * 1000).toUTCString().replace('GMT', '+0000');
  const changelog = `${name} (${version}) unstable; urgency=medium\n\n  * What changed is in CHANGELOG.md.\n\n -- ${maintainer}  ${date}\n`;
  const file = async (path: string, from: string): Promise<DebFile> => ({
    path,
    mode: 0o644,
    content: await readFile(from),
  });
  const filesOf = async (pages: string) =>
    Promise.all((await filesBelow(pages)).map((path) => file(`${doc}/docs/${path}`, join(pages, path))));
  return [
    { path: `${doc}/copyright`, mode: 0o644, content: Buffer.from(await copyright(folder)) },
    { path: `${doc}/changelog.gz`, mode: 0o644, content: packed(Buffer.from(changelog)) },
    // As messages name them: docs/how-to/….
    ...(await filesOf(join(root, 'docs'))),
    // Those that the build has made.
    ...(await filesOf(join(folder, 'docs'))),
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
