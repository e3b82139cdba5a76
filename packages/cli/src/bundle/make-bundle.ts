import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { withoutSecrets, withoutSecretsIn } from '@picket/shared/secrets.ts';
import { createTarPacker } from 'modern-tar';
import type { Api } from '../api.ts';
import { Refusal } from '../refusal.ts';
import type { Part } from './contents.ts';

/** A part that is not in the bundle, and why. */
export interface MissingPart {
  readonly path: string;
  readonly why: string;
}

/** What a bundle has, as its first file lists it. */
export interface BundleIndex {
  readonly takenAt: string;
  readonly parts: readonly string[];
  readonly missing: readonly MissingPart[];
}

/**
 * Asks for all parts, one after another, and passes on an archive, `.tar.gz`, of those that the coordinator gives. A part that it
 * refuses, since it is older or the cluster has no such thing, is listed as missing. Throws if the coordinator cannot be reached.
 *
 * @param folder the folder in the archive
 */
export async function makeBundle(
  api: Api,
  parts: readonly Part[],
  { folder, now }: { readonly folder: string; readonly now: Date },
  write: (octets: Uint8Array) => Promise<void>,
): Promise<BundleIndex> {
  const files: { readonly path: string; readonly text: string }[] = [];
  const missing: MissingPart[] = [];
  for (const { path, read } of parts) {
    try {
      const found = await read(api);
      files.push({ path, text: typeof found === 'string' ? withoutSecrets(found) : cleanJson(found) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      missing.push({ path, why: withoutSecrets(error.wire.message) });
    }
  }
  const index = { takenAt: now.toISOString(), parts: files.map(({ path }) => path), missing };
  const { readable, controller } = createTarPacker();
  const add = async (path: string, text: string) => {
    const content = Buffer.from(text);
    const entry = controller.add({
      name: `${folder}/${path}`,
      size: content.length,
      type: 'file',
      mode: 0o600,
      mtime: now,
    });
    const writer = entry.getWriter();
    await writer.write(content);
    await writer.close();
  };
  const fill = async () => {
    await add('index.json', cleanJson(index));
    for (const { path, text } of files) await add(path, text);
    controller.finalize();
  };
  const take = async () => {
    for await (const octets of Readable.fromWeb(readable).pipe(createGzip())) await write(octets as Uint8Array);
  };
  await Promise.all([fill(), take()]);
  return index;
}

/** Cleans each string alone. So the words of one node cannot change those of another, and the file stays JSON. */
function cleanJson(value: unknown): string {
  return `${JSON.stringify(withoutSecretsIn(value), null, 2)}\n`;
}
