import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refusedAsTarget } from '@picket/shared/advisories/advisories-for.ts';
import { architectureOf } from '@picket/shared/protocol/releases.ts';
import { runToEnd } from './children.ts';
import type { EtcdBinaries } from './etcd-binaries.ts';

/** An archive as etcd's maintainers make it. */
export interface ReleaseFile {
  readonly file: string;
  readonly version: string;
  readonly sha256: string;
}

/** What an altered etcd does otherwise: each text in it is another of the same length. */
const alterations = {
  serves: [],
  /** It does not know its only flag. `--version` works. */
  'exits at once': [['config-file', 'config-fill']],
  /** Its peers and it take each other for members of another cluster. */
  'never serves': [['X-Etcd-Cluster-ID', 'X-Etcd-Cluster-IX']],
} as const satisfies Readonly<Record<string, readonly (readonly [string, string])[]>>;

export type Alteration = keyof typeof alterations;

/**
 * An archive with the programs of a real etcd that call themselves another version: so a test can move between two versions, also
 * from one minor version to the next, on a machine that has one. Both versions have texts of one length.
 */
export async function alteredRelease(
  folder: string,
  { etcd, etcdctl, etcdutl, version: is }: EtcdBinaries,
  version = nextOf(is),
  how: Alteration = 'serves',
): Promise<ReleaseFile> {
  const arch = architectureOf(process.arch);
  const name = `etcd-v${version}-linux-${arch}`;
  const place = join(folder, how.replaceAll(' ', '-'));
  await mkdir(join(place, name), { recursive: true });
  for (const [program, path] of Object.entries({ etcd, etcdctl, etcdutl })) {
    const texts = program === 'etcd' ? [...alterations[how], ...capabilities(is, version)] : [];
    const content = await readFile(path);
    for (const [from, to] of [[is, version] as const, ...texts]) replace(content, from, to);
    await writeFile(join(place, name, program), content, { mode: 0o755 });
  }
  const file = join(place, `${name}.tar.gz`);
  const packed = await runToEnd('tar', ['-czf', file, '-C', place, name], { env: { ...process.env, GZIP: '-1' } });
  if (packed.code !== 0) throw new Error(`tar: ${packed.stderr}`);
  return {
    file,
    version,
    sha256: createHash('sha256')
      .update(await readFile(file))
      .digest('hex'),
  };
}

/**
 * etcd serves no request under a cluster version that it knows no capabilities of. So each later minor version up to this one gets those of
 * 3.1 or one after it, which are the same, and which no cluster has any more.
 */
function capabilities(is: string, version: string): readonly (readonly [string, string])[] {
  const [major = '', last = ''] = version.split('.');
  const first = Number(is.split('.')[1]) + 1;
  const count = Math.max(0, Number(last) - first + 1);
  return Array.from({ length: count }, (_one, index) => [`3.${index + 1}.0`, `${major}.${first + index}.0`] as const);
}

/** A later version of the same minor version and length that Picket takes as a target. */
export function nextOf(version: string): string {
  const [major, minor, patch = ''] = version.split('.');
  for (let later = Number(patch) + 1; String(later).length === patch.length; later += 1) {
    const wanted = `${major}.${minor}.${later}`;
    if (refusedAsTarget(wanted).length === 0) return wanted;
  }
  throw new Error(`No version after ${version} has as many digits and is taken as a target.`);
}

function replace(octets: Buffer, from: string, to: string): void {
  if (from.length !== to.length) throw new Error(`"${from}" and "${to}" have different lengths.`);
  let at = octets.indexOf(from);
  if (at === -1) throw new Error(`The program holds no "${from}".`);
  for (; at !== -1; at = octets.indexOf(from, at + to.length)) octets.write(to, at);
}
