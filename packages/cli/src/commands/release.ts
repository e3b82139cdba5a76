import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import { quote } from '@picket/shared/problems.ts';
import type { Architecture } from '@picket/shared/protocol/releases.ts';
import { type Command, Option } from 'commander';
import type { Api } from '../api.ts';
import { releaseArgument, sha256Argument } from '../arguments.ts';
import { addedRelease, releaseTable } from '../render/releases.ts';
import type { Shell } from '../shell.ts';
import { usageError } from '../usage.ts';
import { fetchCommand } from './release-fetch.ts';
import { hashIn, type Parts, withFile } from './release-files.ts';

interface AddOptions {
  readonly sha256?: string;
  readonly sums?: string;
  readonly arch?: Architecture;
}

/** `picket release add`, `fetch`, `list` and `remove`. */
export function releaseCommands(program: Command, shell: Shell): void {
  const release = program
    .command('release')
    .description(
      'keep releases of etcd on the coordinator, for members that run them and nodes that need one to restore a snapshot',
    );
  release
    .command('add')
    .description('add etcd, etcdctl and etcdutl of an etcd release, or an etcdutl alone')
    .argument('<file>', 'the archive of an etcd release (etcd-v3.5.33-linux-arm64.tar.gz), or an etcdutl')
    .option('--sums <file>', 'the SHA256SUMS of the release, which has the SHA-256 of the file by its name')
    .addOption(
      new Option('--sha256 <hex>', 'the SHA-256 of the file').argParser(sha256Argument('--sha256')).conflicts('sums'),
    )
    .addOption(new Option('--arch <arch>', 'refuse a program for another architecture').choices(['amd64', 'arm64']))
    .action((path: string, { arch, ...hash }: AddOptions) =>
      shell.withCoordinator(async (api) => {
        const name = nameOf(path);
        const sha256 = await wantedHash(path, hash);
        const view = await withFile(path, async (parts) => {
          await requireHash(name, parts, sha256);
          let offset = 0;
          for await (const part of parts()) {
            await api.sendReleasePart({ sha256, query: { offset: String(offset) }, octets: part });
            offset += part.length;
          }
          return api.addRelease({ sha256, body: { name, architecture: arch } });
        });
        shell.show(view, addedRelease);
      }),
    );
  fetchCommand(release, shell);
  release
    .command('list')
    .description('list the releases that the coordinator has for its nodes, and who uses them')
    .action(() =>
      shell.withCoordinator(async (api) => {
        shell.show(await api.releases(), ({ items }) => releaseTable(items));
      }),
    );
  release
    .command('remove')
    .description('remove a release from the coordinator')
    .argument('<release>', 'its SHA-256, or the name of its file', releaseArgument)
    .action((given: string) =>
      shell.withCoordinator(async (api) => {
        const sha256 = await hashOf(api, given);
        await api.removeRelease({ sha256 });
        shell.show({ sha256 }, (release) => `The release ${release.sha256} is removed.`);
      }),
    );
}

/** The SHA-256 of the release with this hash or this name. Throws `not_found`, and `usage_invalid` if several have the name. */
async function hashOf(api: Api, given: string): Promise<string> {
  const { items } = await api.releases();
  const [found, ...others] = items.filter(({ sha256, name }) => given === name || given.toLowerCase() === sha256);
  if (found === undefined) {
    const near = didYouMean(
      given,
      items.map(({ name }) => name),
    );
    throw failure('not_found', { what: 'release', name: given, near });
  }
  if (others.length === 0) return found.sha256;
  throw usageError(`${others.length + 1} releases have the name ${quote(given)}; give the SHA-256 of one of them`);
}

/** The file's name, with characters that the API refuses replaced by `_`. */
function nameOf(path: string): string {
  return (
    basename(path)
      .replaceAll(/[^A-Za-z0-9._+~-]/g, '_')
      .slice(-200) || '_'
  );
}

/** The hash that the file must have: as given, or from the line of its name in a SHA256SUMS. */
async function wantedHash(path: string, { sha256, sums }: Pick<AddOptions, 'sha256' | 'sums'>): Promise<string> {
  if (sums !== undefined) return hashIn(sums, basename(path));
  if (sha256 === undefined) throw usageError('--sums FILE is missing: the SHA256SUMS of the release (or --sha256 HEX)');
  return sha256;
}

/** Compares the hash before sending the file, which takes minutes over a slow line. Throws `release_refused`. */
async function requireHash(name: string, parts: Parts, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const part of parts()) hash.update(part);
  const found = hash.digest('hex');
  if (found === sha256) return;
  throw failure('release_refused', { name, problem: `its SHA-256 is ${found}, and ${sha256} was given` });
}
