import { createHash, sign } from 'node:crypto';
import { foldersOf, type PackageFile, packed } from '../package-files.ts';
import { tar, tarEnd } from '../tar.ts';
import type { SigningKey } from './signing-key.ts';

export interface Apk {
  /** The fields of .PKGINFO, in their order; a field with several values stands once for each. */
  readonly info: {
    readonly pkgname: string;
    readonly pkgver: string;
    readonly pkgdesc: string;
    readonly url: string;
    readonly arch: string;
    readonly origin: string;
    readonly maintainer: string;
    readonly license: string;
    readonly depend: readonly string[];
  };
  /** By their names in a package, such as `post-install`: shell. */
  readonly scripts: Readonly<Record<string, Buffer>>;
  readonly files: readonly PackageFile[];
}

export interface MadeApk {
  readonly bytes: Buffer;
  /** Its entry in an index. */
  readonly entry: string;
}

/**
 * A package as apk 2 and 3 read it: a signature, a control and a data stream (the second version of Alpine's format;
 * https://wiki.alpinelinux.org/wiki/Apk_spec). Its bytes depend on its arguments, as a Debian package's do. abuild and apk
 * would be missing on most machines.
 *
 * @param arch of the repository: the index names it for packages of all architectures too, because apk looks for the file there
 */
export function apk({ info, scripts, files }: Apk, { key, arch, seconds }: ApkMaking): MadeApk {
  const installed = files.reduce((sum, { content }) => sum + content.length, 0);
  const entries = files.map((file) => ({
    ...file,
    records: { 'APK-TOOLS.checksum.SHA1': hash('sha1', file.content, 'hex') },
  }));
  const data = packed(Buffer.concat([tar([...foldersOf(files), ...entries], seconds, ''), tarEnd]));
  const { depend, ...fields } = info;
  const facts = {
    ...fields,
    builddate: String(seconds),
    size: String(installed),
    depend,
    datahash: hash('sha256', data, 'hex'),
  };
  const lines = Object.entries(facts).flatMap(([name, value]) => [value].flat().map((one) => `${name} = ${one}\n`));
  const control = packed(
    tar(
      [
        { path: '.PKGINFO', mode: 0o644, content: Buffer.from(lines.join('')) },
        ...Object.entries(scripts).map(([name, content]) => ({ path: `.${name}`, mode: 0o755, content })),
      ],
      seconds,
      '',
    ),
  );
  const bytes = Buffer.concat([signature(control, key, seconds), control, data]);
  const index = {
    C: `Q1${hash('sha1', control, 'base64')}`,
    P: info.pkgname,
    V: info.pkgver,
    A: arch,
    S: bytes.length,
    I: installed,
    T: info.pkgdesc,
    U: info.url,
    L: info.license,
    o: info.origin,
    m: info.maintainer,
    t: seconds,
    D: depend.join(' '),
  };
  return {
    bytes,
    entry: Object.entries(index)
      .map(([name, value]) => `${name}:${value}\n`)
      .join(''),
  };
}

export interface ApkMaking {
  readonly key: SigningKey;
  readonly arch: string;
  readonly seconds: number;
}

/** APKINDEX.tar.gz of a folder with these packages. */
export function apkIndex(made: readonly MadeApk[], { key, seconds }: ApkMaking): Buffer {
  const text = made.map(({ entry }) => `${entry}\n`).join('');
  const index = packed(
    Buffer.concat([tar([{ path: 'APKINDEX', mode: 0o644, content: Buffer.from(text) }], seconds, ''), tarEnd]),
  );
  return Buffer.concat([signature(index, key, seconds), index]);
}

/** Signs the stream that follows it. */
function signature(stream: Buffer, { name, privateKey }: SigningKey, seconds: number): Buffer {
  const content = sign('sha256', stream, privateKey);
  return packed(tar([{ path: `.SIGN.RSA256.${name}`, mode: 0o644, content }], seconds, ''));
}

function hash(algorithm: 'sha1' | 'sha256', content: Buffer, as: 'hex' | 'base64'): string {
  return createHash(algorithm).update(content).digest(as);
}
