/** One entry of an archive; what is not named is fixed: root owns it, and its time is the build's. */
export interface TarEntry {
  /** From the root on, without a slash at either end. */
  readonly path: string;
  readonly mode: number;
  /** null for a folder. */
  readonly content: Buffer | null;
}

const block = 512;

/**
 * A tar archive (ustar, POSIX.1-1988) whose bytes depend on nothing but the arguments: entries by their paths, each
 * folder before what is in it.
 */
export function tar(entries: readonly TarEntry[], seconds: number): Buffer {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  const parts = sorted.flatMap((entry) => {
    const { content } = entry;
    const padding = Buffer.alloc(content === null ? 0 : -content.length & (block - 1));
    return [header(entry, seconds), content ?? Buffer.alloc(0), padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header({ path, mode, content }: TarEntry, seconds: number): Buffer {
  const name = path === '' ? './' : `./${path}${content === null ? '/' : ''}`;
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long for a tar header`);
  const made = Buffer.alloc(block);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  made.write(name, 0);
  made.write(octal(mode, 8), 100);
  made.write(octal(0, 8), 108);
  made.write(octal(0, 8), 116);
  made.write(octal(content?.length ?? 0, 12), 124);
  made.write(octal(seconds, 12), 136);
  // The sum is made as if its own place held spaces.
  made.write(' '.repeat(8), 148);
  made.write(content === null ? '5' : '0', 156);
  made.write('ustar\x0000', 257);
  made.write('root', 265);
  made.write('root', 297);
  const sum = made.reduce((total, byte) => total + byte, 0);
  made.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return made;
}
