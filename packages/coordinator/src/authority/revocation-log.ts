import { type FileHandle, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { oneAtATime } from '@picket/shared/one-at-a-time.ts';
import { parsedAs } from '@picket/shared/protocol/check.ts';
import { orNull } from '@picket/shared/protocol/unions.ts';
import { syncToDisk } from '@picket/shared/whole-file.ts';
import * as Type from 'typebox';
import { makePrivateDirectory, writeWholeFile } from '../files/whole-file.ts';
import type { CertificateRecord } from '../inventory/inventory.ts';

/** The record of a revoked certificate. */
export interface Revocation extends CertificateRecord {
  readonly revokedAt: number;
}

/**
 * A file of revocations, which only grows, beside the authority keys and outside the store, so that a store restored
 * from a backup forgets none (R5). Each line is the whole record as JSON, for a store that lacks the certificate.
 */
export type RevocationLog = Awaited<ReturnType<typeof openRevocationLog>>;

/** Opens or makes the file (0600). Throws `revocations_damaged`. */
export async function openRevocationLog(path: string) {
  await makePrivateDirectory(dirname(path));
  let handle: FileHandle | null = await open(path, 'a', 0o600);
  try {
    await syncToDisk(dirname(path));
    const text = await readFile(path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    // A crash truncated the last line before it was acknowledged; the next line must not continue it.
    if (whole.length < text.length) await cutTo(handle, Buffer.byteLength(whole));
    const inTurn = oneAtATime();

    async function appendLine(line: string): Promise<void> {
      handle ??= await open(path, 'a', 0o600);
      const { size: length } = await handle.stat();
      try {
        await handle.appendFile(line);
        await handle.sync();
      } catch (error) {
        // On a full disk a part of the line may be in the file.
        await cutTo(handle, length);
        throw error;
      }
    }

    /** The next append opens the new file: none goes to the old one, which has no name. */
    async function withoutThese(serials: ReadonlySet<string>): Promise<void> {
      const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
      const kept = lines.filter((line, index) => !serials.has(readLine(line, path, index + 1).serial));
      if (kept.length === lines.length) return;
      const content = kept.map((line) => `${line}\n`).join('');
      await handle?.close();
      handle = null;
      await writeWholeFile({ path, content });
    }

    const found = whole
      .split('\n')
      .slice(0, -1)
      .map((line, index) => readLine(line, path, index + 1));
    return {
      /** The records in the file when it was opened, in order. */
      found,
      /** Fsynced when it returns (R12). */
      append: (revocation: Revocation) => inTurn(() => appendLine(`${JSON.stringify(revocation)}\n`)),
      /** Removes these serials, in one rename (R9); fsynced when it returns. */
      remove: (serials: ReadonlySet<string>) => inTurn(() => withoutThese(serials)),
      close: async () => handle?.close(),
    };
  } catch (error) {
    await handle?.close();
    throw error;
  }
}

async function cutTo(handle: FileHandle, length: number): Promise<void> {
  await handle.truncate(length);
  await handle.sync();
}

function readLine(line: string, path: string, number: number): Revocation {
  const read = parsedAs(Line, line);
  if (read !== null) return read as Revocation;
  throw failure('revocations_damaged', { path, line: number });
}

const Line = Type.Object({
  serial: Type.String(),
  purpose: Type.String(),
  cluster: orNull(Type.String()),
  principal: Type.String(),
  commonName: Type.String(),
  spkiHash: Type.String(),
  notBefore: Type.Integer(),
  notAfter: Type.Integer(),
  issuedAt: Type.Integer(),
  revokedAt: Type.Integer(),
});
