import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { foldersOf, type PackageFile, packed } from '../package-files.ts';
import { type TarEntry, tar, tarEnd } from '../tar.ts';

export interface Deb {
  /** The fields of deb-control(5), in their order; Installed-Size is added. */
  readonly control: Readonly<Record<string, string>>;
  /** preinst, postinst, prerm, postrm: shell. */
  readonly scripts: Readonly<Record<string, Buffer>>;
  readonly files: readonly PackageFile[];
  /** For files that are compressed already: a second time would cost time and save nothing. */
  readonly compressed?: boolean;
}

/**
 * A Debian package (deb(5)) whose bytes depend on its arguments, and on the zlib of the Node.js that runs this, which
 * the lock file names. Not by dpkg-deb, which would take the times and modes of files and be missing on most machines.
 */
export function deb({ control, scripts, files, compressed = false }: Deb, seconds: number): Buffer {
  const top: TarEntry = { path: '', mode: 0o755, content: null };
  const folders = [top, ...foldersOf(files)];
  const kib = files.reduce((sum, { content }) => sum + Math.ceil(content.length / 1024), folders.length);
  const fields = Object.entries({ ...control, 'Installed-Size': String(kib) });
  const sums = [...files]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, content }) => `${createHash('md5').update(content).digest('hex')}  ${path}\n`);
  const controlEntries: TarEntry[] = [
    top,
    { path: 'control', mode: 0o644, content: text(fields.map(([key, value]) => `${key}: ${value}\n`).join('')) },
    { path: 'md5sums', mode: 0o644, content: text(sums.join('')) },
    ...Object.entries(scripts).map(([path, content]) => ({ path, mode: 0o755, content })),
  ];
  const archive = (entries: readonly TarEntry[]) => Buffer.concat([tar(entries, seconds, './'), tarEnd]);
  const data = archive([...folders, ...files]);
  return Buffer.concat([
    text('!<arch>\n'),
    ...member('debian-binary', text('2.0\n'), seconds),
    ...member('control.tar.gz', packed(archive(controlEntries)), seconds),
    ...member('data.tar.gz', compressed ? gzipSync(data, { level: 0 }) : packed(data), seconds),
  ]);
}

/** A member of an ar archive (ar(5)). */
function member(name: string, content: Buffer, seconds: number): Buffer[] {
  const fields: readonly (readonly [string, number])[] = [
    [name, 16],
    [String(seconds), 12],
    ['0', 6],
    ['0', 6],
    ['100644', 8],
    [String(content.length), 10],
  ];
  const header = `${fields.map(([value, width]) => value.padEnd(width)).join('')}\`\n`;
  return [text(header), content, text(content.length % 2 === 0 ? '' : '\n')];
}

function text(content: string): Buffer {
  return Buffer.from(content);
}
