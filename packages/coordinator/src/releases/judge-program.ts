import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { PicketError } from '@picket/shared/errors.ts';
import { type Architecture, mostProgramBytes, type ReleaseProgram } from '@picket/shared/protocol/releases.ts';
import { readPart } from '../files/read-part.ts';
import { elfHeaderBytes, readElf } from './elf.ts';
import type { TakenOut } from './take-out-programs.ts';

/** Picket restores with these flags. A program that knows a flag contains its name. */
const flags = ['bump-revision', 'mark-compacted'];
/** The module that holds etcd's version, as the Go linker notes it: `go.etcd.io/etcd/api/v3\tv3.5.24`. */
const moduleVersion = /go\.etcd\.io\/etcd\/api\/v3\tv(\d{1,3}\.\d{1,3}\.\d{1,3})\b/;
/** The Go linker notes the program's own package: `path\tgo.etcd.io/etcd/etcdctl`, upstream with `/v3` behind it. */
const programPath = /path\tgo\.etcd\.io\/etcd\/(server|etcdctl|etcdutl)(?:\/v3)?\n/;
const nameVersion = /(?:^|[^0-9A-Za-z])v?(\d{1,3}\.\d{1,3}\.\d{1,3})(?![0-9])/;
/**
 * At least the length of the longest text: it lets the search find a text that begins in one chunk and ends in the
 * next.
 */
const overlap = 128;

/** A program, and where it lies. */
export interface JudgedProgram extends ReleaseProgram {
  readonly path: string;
  readonly architecture: Architecture;
  /** null if neither the program nor its entry says it. */
  readonly version: string | null;
}

/**
 * Reads what a program is, its architecture and its version without running it: adding a release must not run code as the
 * coordinator's user (ADR 31).
 *
 * @param refuse makes the error for a program that is for another machine, or is not what it should be
 */
export async function judgeProgram(
  { path, entry }: TakenOut,
  refuse: (problem: string) => PicketError,
): Promise<JudgedProgram> {
  const of = entry === null ? 'it' : `its ${entry.name}`;
  const elf = readElf(await readPart(path, 0, elfHeaderBytes));
  if ('problem' in elf) throw refuse(entry === null ? elf.problem : `${of}: ${elf.problem}`);
  const missing = new Set(flags);
  let version: string | null = null;
  let noted: string | undefined;
  let tail = '';
  let sizeBytes = 0;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    const text = tail + chunk.toString('latin1');
    for (const flag of missing) if (text.includes(flag)) missing.delete(flag);
    noted ??= programPath.exec(text)?.[1];
    version ??= moduleVersion.exec(text)?.[1] ?? null;
    tail = text.slice(-overlap);
  }
  if (sizeBytes > mostProgramBytes) throw refuse(`it has more than ${mostProgramBytes} bytes`);
  const itself = noted === 'server' ? 'etcd' : (noted as ReleaseProgram['name'] | undefined);
  const name = entry?.name ?? itself ?? 'etcdutl';
  if (itself !== undefined && itself !== name) throw refuse(`${of} is an ${itself}`);
  if (entry === null && name === 'etcd') throw refuse('it is an etcd alone; use the archive of its release');
  if ((entry === null || name === 'etcdutl') && missing.size > 0) {
    throw refuse(`${of} cannot restore a snapshot: it does not know --${[...missing].join(', --')}`);
  }
  const { architecture } = elf;
  return {
    path,
    name,
    sha256: hash.digest('hex'),
    sizeBytes,
    architecture,
    version: version ?? versionIn(entry?.path),
  };
}

/** The version in the name of a file or of a folder; null if there is none. */
export function versionIn(name = ''): string | null {
  return nameVersion.exec(name)?.[1] ?? null;
}
