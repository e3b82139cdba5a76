import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { oneAtATime } from '@picket/shared/one-at-a-time.ts';
import { mostReleaseFileBytes } from '@picket/shared/protocol/releases.ts';
import { type ArrivingFile, arrivingFile } from '../files/arriving-file.ts';
import { freeBytesOf, lackOf } from '../files/disk-room.ts';

export interface UploadsDeps {
  readonly folder: string;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
  readonly freeBytes?: (folder: string) => Promise<number>;
}

interface Upload {
  readonly file: ArrivingFile;
  movedAt: number;
  busy: boolean;
}

const mostUploads = 2;
const patienceMinutes = 10;
const uploadSuffix = '.upload';

/** Files that are being uploaded to the release store, by the SHA-256 that they should have. */
export function uploads({ folder, monotonic, freeBytes = freeBytesOf }: UploadsDeps) {
  const underWay = new Map<string, Upload>();
  /** One change at a time: two requests must not begin the same file. */
  const inTurn = oneAtATime();

  async function drop(sha256: string): Promise<void> {
    const upload = underWay.get(sha256);
    underWay.delete(sha256);
    await upload?.file.abandon();
  }

  async function dropIdle(): Promise<void> {
    for (const [sha256, { movedAt, busy }] of underWay) {
      if (!busy && monotonic() - movedAt > patienceMinutes * 60_000) await drop(sha256);
    }
  }

  async function begin(sha256: string): Promise<Upload> {
    await dropIdle();
    if (underWay.size >= mostUploads) {
      throw failure('release_uploads_busy', { most: mostUploads, minutes: patienceMinutes });
    }
    const file = await arrivingFile(join(folder, `${sha256}${uploadSuffix}`));
    const upload = { file, movedAt: monotonic(), busy: false };
    underWay.set(sha256, upload);
    return upload;
  }

  return {
    /**
     * Resolves to how much has arrived. Throws `release_part_misplaced`, `release_uploads_busy`, `release_no_room`,
     * `release_refused`.
     */
    append: (sha256: string, offset: number, octets: Uint8Array) =>
      inTurn(async () => {
        const known = underWay.get(sha256);
        const received = known?.file.receivedBytes ?? 0;
        // The answer was lost, and the client sends the part again.
        if (known !== undefined && octets.length > 0 && offset + octets.length === received) return received;
        if (offset === 0 && known !== undefined && !known.busy) await drop(sha256);
        else if (offset !== received || known?.busy === true) {
          throw failure('release_part_misplaced', { sha256, received, offset });
        }
        const upload = underWay.get(sha256) ?? (await begin(sha256));
        const { file } = upload;
        try {
          if (file.receivedBytes + octets.length > mostReleaseFileBytes) {
            throw failure('release_refused', {
              name: sha256,
              problem: `it has more than ${mostReleaseFileBytes} bytes`,
            });
          }
          const lack = await lackOf(octets.length, folder, freeBytes);
          if (lack !== null) throw failure('release_no_room', lack);
          await file.append(octets);
          upload.movedAt = monotonic();
          return file.receivedBytes;
        } catch (error) {
          await drop(sha256);
          throw error;
        }
      }),

    /**
     * Gives `use` the file if it has the hash, and removes it after `use`, successful or not. Throws `release_refused`,
     * and what `use` throws.
     */
    async finish<Result>(sha256: string, name: string, use: (path: string) => Promise<Result>): Promise<Result> {
      const upload = await inTurn(async () => {
        const found = underWay.get(sha256);
        if (found === undefined || found.busy) {
          throw failure('release_part_misplaced', { sha256, received: 0, offset: 0 });
        }
        found.busy = true;
        return found;
      });
      try {
        const hash = await upload.file.end();
        if (hash !== sha256) {
          throw failure('release_refused', { name, problem: `its SHA-256 is ${hash}, and ${sha256} was given` });
        }
        return await use(upload.file.path);
      } finally {
        await inTurn(() => drop(sha256));
      }
    },

    /** Removes what has arrived of a file, unless it is being taken in. */
    abandon: (sha256: string) =>
      inTurn(async () => {
        if (underWay.get(sha256)?.busy === false) await drop(sha256);
      }),

    /** Removes files of which no part came for ten minutes. */
    tidy: () => inTurn(dropIdle),

    close: () =>
      inTurn(async () => {
        for (const sha256 of [...underWay.keys()]) await drop(sha256);
      }),
  };
}
