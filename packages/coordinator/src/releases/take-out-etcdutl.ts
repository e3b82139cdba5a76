import { createWriteStream } from 'node:fs';
import { constants, copyFile } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PicketError } from '@picket/shared/errors.ts';
import { mostToolBytes } from '@picket/shared/protocol/releases.ts';
import { readPart } from '../files/read-part.ts';
import { entriesOf, gzipProblem } from '../files/tar-gz.ts';
import { elfHeaderBytes, isElf } from './elf.ts';

/** An unpacked release has some 70 MB. A file that unpacks to more than this is an attack or a mistake. */
const mostUnpackedBytes = 256 * 1024 * 1024;
/** `etcd-v3.5.24-linux-arm64/etcdutl`, as upstream packs it, or `etcdutl` alone. */
const etcdutlEntry = /^(?:\.\/)?(?:[A-Za-z0-9][A-Za-z0-9._-]*\/)?etcdutl$/;

/**
 * Writes the etcdutl of a file to `target`, which must not exist: the entry of a release's `.tar.gz`, or the file
 * itself if it is a program. It writes nothing else of an archive, and uses no name in it as a path. Resolves to the
 * entry's name; null for a bare program.
 *
 * @param refuse makes the error for a file without an etcdutl, or with a harmful one
 */
export async function takeOutEtcdutl(
  file: string,
  target: string,
  refuse: (problem: string, cause?: unknown) => PicketError,
): Promise<string | null> {
  const start = await readPart(file, 0, elfHeaderBytes);
  if (isElf(start)) {
    await copyFile(file, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    return null;
  }
  if (start[0] !== 0x1f || start[1] !== 0x8b) throw refuse('it is neither a .tar.gz archive nor a program');
  try {
    return await fromArchive(file, target, refuse);
  } catch (error) {
    if (error instanceof PicketError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw refuse(gzipProblem(error as Error) ?? `it cannot be unpacked (${code ?? message})`, error);
  }
}

async function fromArchive(file: string, target: string, refuse: (problem: string) => PicketError): Promise<string> {
  let found: string | null = null;
  for await (const { header, body } of entriesOf(file, limited(refuse))) {
    if (!etcdutlEntry.test(header.name)) {
      await body.cancel();
      continue;
    }
    if (found !== null) throw refuse('it holds more than one etcdutl');
    if (header.type !== 'file') throw refuse(`its ${header.name} is not a file but a ${header.type}`);
    if (header.size > mostToolBytes) throw refuse(`its etcdutl has more than ${mostToolBytes} bytes`);
    found = header.name;
    await pipeline(body as AsyncIterable<Uint8Array>, createWriteStream(target, { flags: 'wx', mode: 0o600 }));
  }
  if (found === null) throw refuse('it holds no etcdutl; use the archive of an etcd release');
  return found;
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
