import { createWriteStream } from 'node:fs';
import { constants, copyFile } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { mostProgramBytes, type ProgramName, programNames } from '@picket/shared/protocol/releases.ts';
import { lackOf } from '../files/disk-room.ts';
import { readPart } from '../files/read-part.ts';
import { entriesOf, gzipProblem } from '../files/tar-gz.ts';
import { elfHeaderBytes, isElf } from './elf.ts';

/** An unpacked release has some 70 MB. A file that unpacks to more than this is an attack or a mistake. */
const mostUnpackedBytes = 256 * 1024 * 1024;
/** `etcd-v3.5.24-linux-arm64/etcdutl`, as upstream packs it, or `etcdutl` alone. */
const programEntry = /^(?:\.\/)?(?:[A-Za-z0-9][A-Za-z0-9._-]*\/)?(etcd|etcdctl|etcdutl)$/;

/** A program that was taken out of a file. */
export interface TakenOut {
  readonly path: string;
  /** The entry that it was in an archive, and what it is called there; null for a bare program. */
  readonly entry: { readonly path: string; readonly name: ProgramName } | null;
}

interface Place {
  /** A program is written to this path and its own name, which must not exist. */
  readonly prefix: string;
  readonly folder: string;
  readonly freeBytes: (folder: string) => Promise<number>;
  /** Makes the error for a file without these programs, or with a harmful one. */
  readonly refuse: (problem: string, cause?: unknown) => PicketError;
}

/**
 * Writes the programs of a file: of a release's `.tar.gz` etcd, etcdctl and etcdutl, or the file itself if it is a program. It
 * writes nothing else of an archive, and uses no name in it as a path. Throws `release_no_room`, and what `refuse` makes.
 */
export async function takeOutPrograms(file: string, place: Place): Promise<readonly TakenOut[]> {
  const { prefix, refuse } = place;
  const start = await readPart(file, 0, elfHeaderBytes);
  if (isElf(start)) {
    const path = `${prefix}program`;
    await copyFile(file, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    return [{ path, entry: null }];
  }
  if (start[0] !== 0x1f || start[1] !== 0x8b) throw refuse('it is neither a .tar.gz archive nor a program');
  try {
    return await fromArchive(file, place);
  } catch (error) {
    if (error instanceof PicketError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw refuse(gzipProblem(error as Error) ?? `it cannot be unpacked (${code ?? message})`, error);
  }
}

async function fromArchive(file: string, { prefix, folder, freeBytes, refuse }: Place): Promise<readonly TakenOut[]> {
  const found = new Map<ProgramName, TakenOut>();
  for await (const { header, body } of entriesOf(file, limited(refuse))) {
    const name = programEntry.exec(header.name)?.[1] as ProgramName | undefined;
    // Upstream's folder is named `etcd-v…`; a folder of an entry has no content.
    if (name === undefined || header.type === 'directory') {
      await body.cancel();
      continue;
    }
    if (found.has(name)) throw refuse(`it holds more than one ${name}`);
    if (header.type !== 'file') throw refuse(`its ${header.name} is not a file but a ${header.type}`);
    if (header.size > mostProgramBytes) throw refuse(`its ${name} has more than ${mostProgramBytes} bytes`);
    const lack = await lackOf(header.size, folder, freeBytes);
    if (lack !== null) throw failure('release_no_room', lack);
    const path = `${prefix}${name}`;
    found.set(name, { path, entry: { path: header.name, name } });
    await pipeline(body as AsyncIterable<Uint8Array>, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  }
  const missing = programNames.filter((name) => !found.has(name));
  if (missing.length > 0) throw refuse(`it holds no ${missing.join(', no ')}; use the archive of an etcd release`);
  return [...found.values()];
}

function limited(refuse: (problem: string) => PicketError): Transform {
  let came = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      came += chunk.length;
      if (came > mostUnpackedBytes) done(refuse(`it unpacks to more than ${mostUnpackedBytes} bytes`));
      else done(null, chunk);
    },
  });
}
