import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { parseJson } from '@picket/shared/parse-json.ts';
import { misfit } from '@picket/shared/protocol/check.ts';
import { createTarPacker } from 'modern-tar';
import { entriesOf, gzipProblem } from '../files/tar-gz.ts';
import { Manifest, ManifestWithoutMac, macName, manifestName, type ReadManifest } from './manifest.ts';
import { type JudgeManifest, type MacKeys, macOf } from './manifest-mac.ts';

const mostManifestBytes = 32 * 1024 * 1024;
const mostMacBytes = 1024;
const macGone = 'its MAC was removed, although its manifest names one';

/**
 * Writes the archive, `.tar.gz`, mode 0600 and fsynced: the manifest first, then its MAC and its parts. The file must not
 * exist.
 *
 * @param pathOf where a part is now
 */
export async function writeArchive(
  path: string,
  manifest: Manifest,
  { keys, pathOf }: { readonly keys: MacKeys; readonly pathOf: (part: string) => string },
): Promise<void> {
  const { readable, controller } = createTarPacker();
  const mtime = new Date(manifest.takenAt);
  const add = (name: string, size: number): Writable =>
    Writable.fromWeb(controller.add({ name, size, type: 'file', mode: 0o600, mtime }));

  async function fill(): Promise<void> {
    try {
      const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
      await pipeline(Readable.from([text]), add(manifestName, text.length));
      const mac = Buffer.from(`${JSON.stringify(macOf(keys, text))}\n`);
      await pipeline(Readable.from([mac]), add(macName, mac.length));
      for (const { name, bytes } of manifest.parts) {
        await pipeline(createReadStream(pathOf(name)), add(name, bytes));
      }
      controller.finalize();
    } catch (error) {
      controller.error(error);
      throw error;
    }
  }

  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
  await Promise.all([pipeline(Readable.fromWeb(readable), createGzip(), file), fill()]);
}

/**
 * Receives a part as it arrives, perhaps incomplete. Only after the whole reading has succeeded does the part match the
 * manifest.
 */
export type TakePart = (name: string, content: AsyncIterable<Uint8Array>) => Promise<void>;

/**
 * Reads a whole archive and compares every part with the manifest, if `judge` believes that. Throws `backup_damaged`, also
 * for a file that is not an archive or is truncated, and what `judge` and `take` throw.
 */
export async function readArchive(path: string, judge: JudgeManifest, take: TakePart = drain): Promise<ReadManifest> {
  const damaged = (problem: string, cause?: unknown) => failure('backup_damaged', { path, problem }, { cause });
  let unjudged: Unjudged | null = null;
  let manifest: ReadManifest | null = null;
  const seen = new Set<string>();
  try {
    for await (const { header, body } of entriesOf(path)) {
      const content = body as AsyncIterable<Uint8Array>;
      if (unjudged === null) {
        if (header.name !== manifestName) throw damaged('it does not begin with a manifest');
        unjudged = parseManifest(await octetsOf(content, mostManifestBytes), damaged);
        if (unjudged.hasMac) continue;
        judge(unjudged.octets, null);
        manifest = checked(unjudged, damaged);
        continue;
      }
      if (manifest === null) {
        if (header.name !== macName) throw damaged(macGone);
        judge(unjudged.octets, (await octetsOf(content, mostMacBytes)).toString('utf8'));
        manifest = checked(unjudged, damaged);
        continue;
      }
      const part = manifest.parts.find(({ name }) => name === header.name);
      if (part === undefined || seen.has(part.name)) throw damaged(`its manifest does not list ${header.name}`);
      seen.add(part.name);
      const hash = createHash('sha256');
      await take(part.name, hashing(content, hash));
      if (hash.digest('hex') !== part.sha256) throw damaged(`${part.name} differs from the manifest`);
    }
  } catch (error) {
    if (error instanceof PicketError) throw error;
    throw damaged(problemOf(error), error);
  }
  if (manifest === null) throw damaged(unjudged === null ? 'it is empty' : macGone);
  const missing = manifest.parts.find(({ name }) => !seen.has(name));
  if (missing !== undefined) throw damaged(`${missing.name} is missing`);
  return manifest;
}

async function* hashing(content: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>) {
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Takes a part that nobody wants: its hash is compared all the same. */
export async function drain(_name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _chunk of content);
}

/** None of it if there are more than so many. */
async function octetsOf(content: AsyncIterable<Uint8Array>, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of content) {
    length += chunk.length;
    if (length > most) return Buffer.alloc(0);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

type Damaged = (problem: string) => PicketError;

/** A manifest that nobody has proven yet: only its format counts. */
interface Unjudged {
  readonly octets: Buffer;
  readonly value: unknown;
  readonly hasMac: boolean;
}

function parseManifest(octets: Buffer, damaged: Damaged): Unjudged {
  const value = parseJson(octets.toString('utf8'));
  if (value === undefined) throw damaged('its manifest cannot be read');
  const format = (value as { readonly format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > 2) throw damaged('it was made by a newer version of Picket');
  return { octets, value, hasMac: format !== 1 };
}

/** The manifest, once it is believed. */
function checked({ value, hasMac }: Unjudged, damaged: Damaged): ReadManifest {
  const problem = misfit(hasMac ? Manifest : ManifestWithoutMac, value);
  if (problem !== undefined) throw damaged(`its manifest is not valid: ${problem}`);
  return { madeBy: null, ...(value as Omit<ReadManifest, 'madeBy'>) };
}

function problemOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'it does not exist';
  return gzipProblem(error as Error) ?? (code === undefined ? message : `reading it fails (${code})`);
}
