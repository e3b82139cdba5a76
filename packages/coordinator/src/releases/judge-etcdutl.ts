import { createReadStream } from 'node:fs';
import type { PicketError } from '@picket/shared/errors.ts';
import type { Architecture } from '@picket/shared/protocol/releases.ts';
import { readPart } from '../files/read-part.ts';
import { elfHeaderBytes, readElf } from './elf.ts';

/** Picket restores with these flags. A program that knows a flag contains its name. */
const flags = ['bump-revision', 'mark-compacted'];
/** The module that holds etcd's version, as the Go linker notes it: `go.etcd.io/etcd/api/v3\tv3.5.24`. */
const moduleVersion = /go\.etcd\.io\/etcd\/api\/v3\tv(\d{1,3}\.\d{1,3}\.\d{1,3})\b/;
/** The Go linker notes the program's own package: `path\tgo.etcd.io/etcd/etcdctl`, upstream with `/v3` behind it. */
const programPath = /path\tgo\.etcd\.io\/etcd\/(etcdctl|etcdutl)(?:\/v3)?\n/;
const nameVersion = /(?:^|[^0-9A-Za-z])v?(\d{1,3}\.\d{1,3}\.\d{1,3})(?![0-9])/;
/**
 * At least the length of the longest text: it lets the search find a text that begins in one chunk and ends in the
 * next.
 */
const overlap = 128;

export interface ToolFacts {
  readonly architecture: Architecture;
  readonly version: string | null;
  /** Omitted if the program does not say which it is. */
  readonly program?: 'etcdutl' | 'etcdctl';
}

/**
 * Reads a program's architecture and version without running it: adding a release must not run code as the
 * coordinator's user (ADR 31).
 *
 * @param names of the file and of its entry in an archive; a version may be in them
 * @param refuse makes the error for a program that cannot restore, or is for another machine
 */
export async function judgeEtcdutl(
  path: string,
  names: readonly string[],
  refuse: (problem: string) => PicketError,
): Promise<ToolFacts> {
  const elf = readElf(await readPart(path, 0, elfHeaderBytes));
  if ('problem' in elf) throw refuse(elf.problem);
  const missing = new Set(flags);
  let version: string | null = null;
  let program: ToolFacts['program'];
  let tail = '';
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    const text = tail + (chunk as Buffer).toString('latin1');
    for (const flag of missing) if (text.includes(flag)) missing.delete(flag);
    program ??= programPath.exec(text)?.[1] as ToolFacts['program'];
    version ??= moduleVersion.exec(text)?.[1] ?? null;
    tail = text.slice(-overlap);
  }
  if (missing.size > 0) {
    throw refuse(`it cannot restore a snapshot: it does not know --${[...missing].join(', --')}`);
  }
  version ??= names.map((name) => nameVersion.exec(name)?.[1]).find((found) => found !== undefined) ?? null;
  return { architecture: elf.architecture, version, ...(program === undefined ? {} : { program }) };
}
