/** One entry of an archive; what is not named is fixed: root owns it, and its time is the build's. */
export interface TarEntry {
  /** From the root on, without a slash at either end. */
  readonly path: string;
  readonly mode: number;
  /** null for a folder. */
  readonly content: Buffer | null;
  /** Extended header records (pax, POSIX.1-2001) before this entry. */
  readonly records?: Readonly<Record<string, string>>;
}

const block = 512;

/** What marks the end of an archive. */
export const tarEnd = Buffer.alloc(2 * block);

/**
 * The entries of a tar archive (ustar, POSIX.1-1988), whose bytes depend on nothing but the arguments: entries by their paths,
 * each folder before what is in it. {@link tarEnd} belongs after the last.
 *
 * @param before each path: `./` as dpkg-deb writes it, or nothing as apk does
 */
export function tar(entries: readonly TarEntry[], seconds: number, before: './' | ''): Buffer {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  return Buffer.concat(
    sorted.flatMap(({ path, mode, content, records }) => {
      const name = `${before}${path}${content === null && path !== '' ? '/' : ''}`;
      const own = [
        header(name, { mode, size: content?.length ?? 0, type: content === null ? '5' : '0', seconds }),
        ...padded(content),
      ];
      if (records === undefined) return own;
      const extended = Buffer.from(Object.entries(records).map(record).join(''));
      return [header('pax', { mode: 0o644, size: extended.length, type: 'x', seconds }), ...padded(extended), ...own];
    }),
  );
}

function padded(content: Buffer | null): readonly Buffer[] {
  return content === null ? [] : [content, Buffer.alloc(-content.length & (block - 1))];
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits too. */
function record([key, value]: readonly [string, string]): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  length += String(length + String(length).length).length;
  return `${length}${rest}`;
}

interface Header {
  readonly mode: number;
  readonly size: number;
  readonly type: '0' | '5' | 'x';
  readonly seconds: number;
}

function header(name: string, { mode, size, type, seconds }: Header): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long for a tar header`);
  const made = Buffer.alloc(block);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  made.write(name, 0);
  made.write(octal(mode, 8), 100);
  made.write(octal(0, 8), 108);
  made.write(octal(0, 8), 116);
  made.write(octal(size, 12), 124);
  made.write(octal(seconds, 12), 136);
  // The sum is made as if its own place held spaces.
  made.write(' '.repeat(8), 148);
  made.write(type, 156);
  made.write('ustar\x0000', 257);
  made.write('root', 265);
  made.write('root', 297);
  const sum = made.reduce((total, byte) => total + byte, 0);
  made.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return made;
}
