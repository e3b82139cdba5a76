import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { failure } from '@picket/shared/errors.ts';
import { type SnapshotView, snapshotPartBytes } from '@picket/shared/protocol/snapshots.ts';
import type { Command } from 'commander';
import type { Api } from '../api.ts';
import { clusterArgument, sha256Argument } from '../arguments.ts';
import { fileProblem } from '../file-problem.ts';
import { snapshotImported } from '../render/snapshots.ts';
import type { Shell } from '../shell.ts';

/** A file with a snapshot; `sizeBytes`: undefined if that is not known yet. */
interface Source {
  readonly sizeBytes: number | undefined;
  readonly octets: AsyncIterable<Uint8Array>;
}

/** `picket snapshot import CLUSTER FILE`. */
export function snapshotImportCommand(snapshot: Command, shell: Shell): void {
  snapshot
    .command('import')
    .description(
      'store a snapshot that etcdctl, k3s or another coordinator has taken, for `picket cluster restore`; the cluster is not touched',
    )
    .argument('<cluster>', 'the cluster that may be restored from it', clusterArgument)
    .argument('<file>', 'the snapshot, of etcd 3.4 or later; - reads stdin')
    .option('--sha256 <hex>', 'the SHA-256 that the file must have', sha256Argument('--sha256'))
    .action((cluster: string, file: string, { sha256 }: { readonly sha256?: string }) =>
      shell.withCoordinator(async (api) => {
        const send = (source: Source) => importedFrom(api, cluster, source, sha256);
        const view = await (file === '-'
          ? send({ sizeBytes: undefined, octets: shell.io.stdin })
          : withFile(file, send));
        shell.show(view, snapshotImported);
      }),
    );
}

/** Sends what the source has, and gives the import up if that fails. */
async function importedFrom(
  api: Api,
  name: string,
  { sizeBytes, octets }: Source,
  wanted: string | undefined,
): Promise<SnapshotView> {
  const parts = partsOf(octets);
  // Before the import begins: whoever makes the snapshot may be asked for a password first.
  let part = await parts.next();
  const { id } = await api.beginSnapshotImport({ name, body: { sizeBytes } });
  try {
    const hash = createHash('sha256');
    let sent = 0;
    for (; part.done !== true; part = await parts.next()) {
      await api.sendSnapshotImportPart({ id, query: { offset: String(sent) }, octets: part.value });
      hash.update(part.value);
      sent += part.value.length;
    }
    return await api.endSnapshotImport({ id, body: { sizeBytes: sent, sha256: wanted ?? hash.digest('hex') } });
  } catch (error) {
    // The coordinator has given up what it refused, and gives up what it hears no more of.
    await api.abandonSnapshotImport({ id }).catch(() => undefined);
    throw error;
  }
}

/** The same octets in parts of the size of one request. */
async function* partsOf(octets: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of octets) {
    for (let from = 0; from < chunk.length; ) {
      const piece = chunk.subarray(from, from + snapshotPartBytes - length);
      waiting.push(piece);
      length += piece.length;
      from += piece.length;
      if (length < snapshotPartBytes) continue;
      yield Buffer.concat(waiting);
      waiting = [];
      length = 0;
    }
  }
  if (length > 0) yield Buffer.concat(waiting);
}

/** Throws `snapshot_file_unreadable`, and what `use` throws. */
async function withFile<Result>(path: string, use: (source: Source) => Promise<Result>): Promise<Result> {
  const unreadable = (problem: string, cause?: unknown) =>
    failure('snapshot_file_unreadable', { file: path, problem }, { cause });
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw unreadable(fileProblem(error), error);
  }
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw unreadable('it is not a file; to read a pipe, give - and redirect it to stdin');
    return await use({ sizeBytes: facts.size, octets: octetsOf(file, unreadable) });
  } finally {
    await file.close();
  }
}

async function* octetsOf(
  file: FileHandle,
  unreadable: (problem: string, cause: unknown) => Error,
): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ; ) {
    const { buffer, bytesRead } = await file
      .read(Buffer.alloc(snapshotPartBytes), 0, snapshotPartBytes, offset)
      .catch((error: unknown) => Promise.reject(unreadable(fileProblem(error), error)));
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    offset += bytesRead;
  }
}
