import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import Sqlite from 'better-sqlite3';
import { packTar, unpackTar } from 'modern-tar';

/** A file in an archive. */
export interface Entry {
  readonly name: string;
  readonly content: Buffer;
}

/** The files of a `.tar.gz`, in order. */
export async function entriesOf(file: string): Promise<Entry[]> {
  const entries = await unpackTar(gunzipSync(readFileSync(file)));
  return entries.map(({ header, data }) => ({ name: header.name, content: Buffer.from(data ?? []) }));
}

/** Makes a `.tar.gz` of exactly these, as somebody who may write to the archive can. */
export async function writeEntries(file: string, entries: readonly Entry[]): Promise<void> {
  const tar = await packTar(
    entries.map(({ name, content }) => ({
      header: { name, size: content.length, type: 'file' as const, mode: 0o600 },
      body: new Uint8Array(content),
    })),
  );
  writeFileSync(file, gzipSync(tar));
}

/** The same with this file replaced. */
export function replaced(entries: readonly Entry[], name: string, content: Buffer | string): Entry[] {
  return entries.map((entry) => (entry.name === name ? { name, content: Buffer.from(content) } : entry));
}

/** With sizes and hashes in the manifest that fit the files, and other fields as given. */
export function withFittingManifest(entries: readonly Entry[], fields: object = {}): Entry[] {
  const manifest = JSON.parse(String(contentOf(entries, 'manifest.json'))) as object;
  const parts = entries
    .filter(({ name }) => !name.startsWith('manifest.'))
    .map(({ name, content }) => ({
      name,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    }));
  return replaced(entries, 'manifest.json', JSON.stringify({ ...manifest, parts, ...fields }));
}

/** With this SQL run on the store in it, and a manifest that fits. */
export function withSql(entries: readonly Entry[], folder: string, sql: string): Entry[] {
  const path = join(folder, 'tampered.sqlite');
  writeFileSync(path, contentOf(entries, 'inventory.sqlite'));
  const database = new Sqlite(path);
  database.exec(sql);
  database.close();
  return withFittingManifest(replaced(entries, 'inventory.sqlite', readFileSync(path)));
}

export function contentOf(entries: readonly Entry[], name: string): Buffer {
  return entries.find((entry) => entry.name === name)?.content ?? Buffer.alloc(0);
}
