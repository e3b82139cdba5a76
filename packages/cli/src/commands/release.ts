import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { type Architecture, mostReleaseFileBytes, releasePartBytes } from '@picket/shared/protocol/releases.ts';
import { type Command, Option } from 'commander';
import { sha256Argument } from '../arguments.ts';
import { reads } from '../reads.ts';
import { addedRelease, releaseTable } from '../render/releases.ts';
import type { Shell } from '../shell.ts';

interface AddOptions {
  readonly sha256: string;
  readonly arch?: Architecture;
}

/** `picket release add`, `list` and `remove`. */
export function releaseCommands(program: Command, shell: Shell): void {
  const release = program
    .command('release')
    .description('keep etcdutl on the coordinator, for nodes that have none to restore snapshots with');
  release
    .command('add')
    .description('add the etcdutl from an etcd release, or an etcdutl itself')
    .argument('<file>', 'the archive of an etcd release (etcd-v3.5.24-linux-arm64.tar.gz), or an etcdutl')
    .requiredOption(
      '--sha256 <hex>',
      'the SHA-256 of the file, from the SHA256SUMS of the release',
      sha256Argument('--sha256'),
    )
    .addOption(new Option('--arch <arch>', 'refuse a program for another architecture').choices(['amd64', 'arm64']))
    .action((path: string, { sha256, arch }: AddOptions) =>
      shell.withCoordinator(async (api) => {
        const name = nameOf(path);
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
  release
    .command('list')
    .description('list the programs that the coordinator has for its nodes')
    .action(() =>
      shell.withCoordinator(async (api) => {
        shell.show(await api.releases(), ({ items }) => releaseTable(items));
      }),
    );
  release
    .command('remove')
    .description('remove an etcdutl from the coordinator')
    .argument(
      '<sha256>',
      'the etcdutl; `picket release list` shows it',
      reads({ names: ['release'] }, sha256Argument('<sha256>')),
    )
    .action((sha256: string) =>
      shell.withCoordinator(async (api) => {
        await api.removeRelease({ sha256 });
        shell.show({ sha256 }, () => `The etcdutl ${sha256} is removed.`);
      }),
    );
}

/** The file's name, with characters that the API refuses replaced by `_`. */
function nameOf(path: string): string {
  return (
    basename(path)
      .replaceAll(/[^A-Za-z0-9._+~-]/g, '_')
      .slice(-200) || '_'
  );
}

type Parts = () => AsyncIterable<Uint8Array>;

/** Throws `release_file_unreadable`, and what `use` throws. */
async function withFile<Result>(path: string, use: (parts: Parts) => Promise<Result>): Promise<Result> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw failure('release_file_unreadable', { file: path, problem: 'it is not a file' });
    if (facts.size > mostReleaseFileBytes) {
      const problem = `it has more than ${mostReleaseFileBytes} bytes, which is more than an etcd release has`;
      throw failure('release_file_unreadable', { file: path, problem });
    }
    return await use(() => partsOf(file, path));
  } finally {
    await file.close();
  }
}

async function* partsOf(file: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ; ) {
    const { buffer, bytesRead } = await file
      .read(Buffer.alloc(releasePartBytes), 0, releasePartBytes, offset)
      .catch((error: unknown) => Promise.reject(unreadable(path, error)));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    offset += bytesRead;
  }
}

/** Compares the hash before sending the file, which takes minutes over a slow line. Throws `release_refused`. */
async function requireHash(name: string, parts: Parts, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const part of parts()) hash.update(part);
  const found = hash.digest('hex');
  if (found === sha256) return;
  throw failure('release_refused', { name, problem: `its SHA-256 is ${found}, and ${sha256} was given` });
}

function unreadable(file: string, error: unknown) {
  const { code, message } = error as NodeJS.ErrnoException;
  const problem =
    code === 'ENOENT'
      ? 'the file does not exist'
      : code === 'EACCES'
        ? 'you have no permission to read it'
        : (code ?? message);
  return failure('release_file_unreadable', { file, problem }, { cause: error });
}
