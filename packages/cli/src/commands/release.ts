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
import { usageError } from '../usage.ts';

interface AddOptions {
  readonly sha256?: string;
  readonly sums?: string;
  readonly arch?: Architecture;
}

/** `picket release add`, `list` and `remove`. */
export function releaseCommands(program: Command, shell: Shell): void {
  const release = program
    .command('release')
    .description(
      'keep releases of etcd on the coordinator, for members that run them and nodes that need one to restore a snapshot',
    );
  release
    .command('add')
    .description('add etcd, etcdctl and etcdutl of an etcd release, or an etcdutl alone')
    .argument('<file>', 'the archive of an etcd release (etcd-v3.5.24-linux-arm64.tar.gz), or an etcdutl')
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
    .argument(
      '<sha256>',
      'the SHA-256 of its file; `picket release list` shows it',
      reads({ names: ['release'] }, sha256Argument('<sha256>')),
    )
    .action((sha256: string) =>
      shell.withCoordinator(async (api) => {
        await api.removeRelease({ sha256 });
        shell.show({ sha256 }, () => `The release ${sha256} is removed.`);
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

/** A file of hashes with more bytes than this is none. */
const mostSumsBytes = 1024 * 1024;

/** The hash that the file must have: as given, or from the line of its name in a SHA256SUMS, as sha256sum(1) writes it. */
async function wantedHash(path: string, { sha256, sums }: Pick<AddOptions, 'sha256' | 'sums'>): Promise<string> {
  if (sums === undefined) {
    if (sha256 === undefined)
      throw usageError('--sums FILE is missing: the SHA256SUMS of the release (or --sha256 HEX)');
    return sha256;
  }
  const text = await withFile(sums, async (parts) => {
    let read = '';
    for await (const part of parts()) {
      read += Buffer.from(part).toString('latin1');
      if (read.length > mostSumsBytes) throw sumsProblem(sums, 'it is too long for a list of hashes');
    }
    return read;
  });
  const name = basename(path);
  const hashes = text.split(/\r?\n/).flatMap((line) => {
    const [, hash, named] = /^([0-9a-f]{64}) [ *](.+)$/i.exec(line) ?? [];
    return hash !== undefined && named === name ? [hash.toLowerCase()] : [];
  });
  const [hash, other] = new Set(hashes);
  if (hash === undefined) throw sumsProblem(sums, `it has no hash for a file named ${name}`);
  if (other !== undefined) throw sumsProblem(sums, `it has several hashes for ${name}`);
  return hash;
}

function sumsProblem(file: string, problem: string) {
  return failure('release_file_unreadable', { file, problem });
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
