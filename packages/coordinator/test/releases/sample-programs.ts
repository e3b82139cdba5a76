import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { createTarPacker } from 'modern-tar';

const mebibyte = 1024 * 1024;
const machines = { amd64: 62, arm64: 183, ppc64le: 21, arm: 40 } as const;

/** The words that identify an etcdutl that can restore as Picket needs it. */
export const restores = 'bump-revision mark-compacted';

/** A file that is a program by its header, with these words in it. */
export function program(machine: keyof typeof machines, words = restores, change: Record<number, number> = {}): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 0, 'latin1');
  header.set([2, 1, 1], 4);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(machines[machine], 18);
  for (const [offset, byte] of Object.entries(change)) header[Number(offset)] = byte;
  return Buffer.concat([header, Buffer.from(`\0${words}\0`)]);
}

export interface Entry {
  readonly name: string;
  readonly content?: Buffer;
  /** This much padding follows the content, in whole MiB. */
  readonly zeros?: number;
  /** Makes it a symbolic link. */
  readonly linkTo?: string;
}

/** A .tar.gz of these. */
export async function archive(entries: readonly Entry[]): Promise<Buffer> {
  const { readable, controller } = createTarPacker();
  const packed = buffer(Readable.fromWeb(readable).pipe(createGzip({ level: 1 })));
  for (const { name, content = Buffer.alloc(0), zeros = 0, linkTo } of entries) {
    const link = linkTo === undefined ? {} : ({ type: 'symlink', linkname: linkTo } as const);
    const writer = controller
      .add({ name, size: content.length + zeros, type: 'file', mode: 0o755, ...link })
      .getWriter();
    if (content.length > 0) await writer.write(content);
    for (let left = zeros; left > 0; left -= mebibyte) await writer.write(new Uint8Array(mebibyte));
    await writer.close();
  }
  controller.finalize();
  return packed;
}

/** A release as upstream packs it. */
export function release(
  machine: 'amd64' | 'arm64',
  {
    version = '3.5.24',
    ...contents
  }: { version?: string } & Partial<Record<'etcd' | 'etcdctl' | 'etcdutl', Buffer>> = {},
): Promise<Buffer> {
  const folder = `etcd-v${version}-linux-${machine}`;
  const {
    etcd = program(machine, 'etcd'),
    etcdctl = program(machine, 'etcdctl'),
    etcdutl = program(machine),
  } = contents;
  return archive([
    { name: `${folder}/README.md`, content: Buffer.from('read me') },
    { name: `${folder}/etcd`, content: etcd },
    { name: `${folder}/etcdctl`, content: etcdctl },
    { name: `${folder}/etcdutl`, content: etcdutl },
  ]);
}

export function hashOf(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex');
}
