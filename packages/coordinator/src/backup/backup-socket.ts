import { createReadStream } from 'node:fs';
import { chmod, open, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { failure, PicketError } from '@picket/shared/errors.ts';
import { oneAtATime } from '@picket/shared/one-at-a-time.ts';

const socketName = 'backup.sock';

/** Makes an archive and passes its path on while the archive exists. */
export type WithArchive = (use: (archive: string) => Promise<void>) => Promise<void>;

export interface BackupPatience {
  /** The longest wait for the archive, including earlier backups, in milliseconds. */
  readonly makingMs: number;
  /** The longest silence, in milliseconds. */
  readonly silenceMs: number;
}

const patienceByDefault: BackupPatience = { makingMs: 900_000, silenceMs: 60_000 };

/**
 * Serves backups over a socket in the data dir, to users who may write there: only this process has the store open, so
 * no other can copy it. One backup at a time; a client that stops reading is disconnected. @returns what ends it
 */
export async function serveBackups(
  dataDir: string,
  withArchive: WithArchive,
  { silenceMs }: Pick<BackupPatience, 'silenceMs'> = patienceByDefault,
): Promise<() => Promise<void>> {
  await rm(join(dataDir, socketName), { force: true });
  const inTurn = oneAtATime();
  const server = createServer((_incoming, response) => {
    inTurn(() => answer(response, withArchive, silenceMs)).catch(() => void response.destroy());
  });
  const place = await shortPath(dataDir);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(place.path, resolve);
    });
    await chmod(join(dataDir, socketName), 0o600);
  } catch (error) {
    server.close();
    await place.close();
    throw error;
  }
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await inTurn(async () => undefined);
    await place.close();
  };
}

/**
 * A backup from the coordinator that serves this data dir; null if none does. Throws the coordinator's own error, and
 * `backup_not_written` if the connection breaks or nothing arrives. Reading the stream fails if nothing more arrives.
 */
export async function askForBackup(
  dataDir: string,
  { makingMs, silenceMs }: BackupPatience = patienceByDefault,
): Promise<IncomingMessage | null> {
  const place = await shortPath(dataDir);
  try {
    const answered = await new Promise<IncomingMessage | null>((resolve, reject) => {
      const asked = request({ socketPath: place.path, method: 'POST', path: '/backup' }, resolve);
      asked.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(null);
        else reject(failure('backup_not_written', { path: join(dataDir, socketName), problem: error.message }));
      });
      let answer: IncomingMessage | null = null;
      asked.once('response', (incoming) => {
        answer = incoming;
        asked.setTimeout(silenceMs);
      });
      asked.setTimeout(makingMs);
      asked.on('timeout', () => {
        const seconds = (answer === null ? makingMs : silenceMs) / 1000;
        (answer ?? asked).destroy(new Error(`the coordinator has sent nothing for ${seconds} s`));
      });
      asked.end();
    });
    if (answered === null || answered.statusCode === 200) return answered;
    const chunks: Buffer[] = [];
    for await (const chunk of answered as AsyncIterable<Buffer>) chunks.push(chunk);
    const problem = `the coordinator that serves says: ${Buffer.concat(chunks).toString('utf8').slice(0, 1000)}`;
    throw failure('backup_not_written', { path: dataDir, problem });
  } finally {
    await place.close();
  }
}

async function answer(response: ServerResponse, withArchive: WithArchive, silenceMs: number): Promise<void> {
  try {
    await withArchive(async (archive) => {
      response.writeHead(200, { 'content-type': 'application/gzip', 'content-length': (await stat(archive)).size });
      let stalled = false;
      response.setTimeout(silenceMs, () => {
        stalled = true;
        response.destroy();
      });
      await pipeline(createReadStream(archive), response).catch((error: unknown) => {
        if (!stalled) throw error;
        throw new Error(`the client has read nothing for ${silenceMs / 1000} s`, { cause: error });
      });
    });
  } catch (error) {
    if (response.headersSent) throw error;
    const said = error instanceof PicketError ? error.message : 'the backup failed; its log has the cause';
    response.writeHead(500, { 'content-type': 'text/plain' }).end(said);
    if (!(error instanceof PicketError)) throw error;
  }
}

/** A path to the socket within the 107 octets that a socket's path may have. */
async function shortPath(dataDir: string): Promise<{ readonly path: string; close(): Promise<void> }> {
  const folder = await open(dataDir, 'r');
  return { path: `/proc/self/fd/${folder.fd}/${socketName}`, close: () => folder.close() };
}
