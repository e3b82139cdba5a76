import { inflateRawSync } from 'node:zlib';

/** One of the gzip streams that an .apk or an index is made of. */
export interface Stream {
  readonly packed: Buffer;
  readonly content: Buffer;
}

const header = 10;
const trailer = 8;

/** Its streams, one after the other. They have no names in their headers. */
export function streamsOf(bytes: Buffer): readonly Stream[] {
  const streams: Stream[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { buffer, engine } = inflateRawSync(bytes.subarray(at + header), { info: true }) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    const end = at + header + engine.bytesWritten + trailer;
    streams.push({ packed: bytes.subarray(at, end), content: buffer });
    at = end;
  }
  return streams;
}

export interface TarFile {
  readonly name: string;
  readonly mode: string;
  readonly content: Buffer;
  /** Of the pax header before it. */
  readonly records: Readonly<Record<string, string>>;
}

/** The files of a tar archive, and not its folders. */
export function filesInTar(archive: Buffer): readonly TarFile[] {
  const files: TarFile[] = [];
  let records: Record<string, string> = {};
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const field = (from: number, length: number) =>
      archive.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(field(124, 12), 8);
    const content = archive.subarray(at + 512, at + 512 + size);
    const type = field(156, 1);
    if (type === 'x') records = paxRecords(content);
    else {
      if (type === '0') files.push({ name: field(0, 100), mode: field(100, 8), content, records });
      records = {};
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

function paxRecords(content: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < content.length; ) {
    const length = Number.parseInt(content.toString('utf8', at), 10);
    const text = content.toString('utf8', at, at + length);
    const [, key = '', value = ''] = /^\d+ ([^=]+)=(.*)\n$/s.exec(text) ?? [];
    records[key] = value;
    at += length;
  }
  return records;
}
