import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Agent } from 'node:https';
import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { failure, type PicketError } from '@picket/shared/errors.ts';
import type { SnapshotStoreConfig } from '../config/config.ts';
import { fromSource } from './from-source.ts';
import type { SnapshotFacts } from './snapshot-folder.ts';
import type { StoreCredentials } from './store-credentials.ts';
import { isOfOneObject, problemOf } from './store-problem.ts';

/** A snapshot as in its record. */
export interface Known extends SnapshotFacts {
  readonly id: string;
}

export type S3Store = Awaited<ReturnType<typeof openS3Store>>;

/**
 * The smallest that S3 accepts, except for the last part. S3 accepts 10,000 parts, more than etcd's data can need. One
 * is in memory at a time, and hashing it delays everything else for a moment.
 */
const partBytes = 5 * 1024 * 1024;
const connectMs = 10_000;
/** Without a byte in either direction. */
const silenceMs = 60_000;
/** A part over a connection of 0.2 Mbit/s. */
const requestMs = 360_000;
/** Attempts for each request, with growing pauses. */
const attempts = 3;

/**
 * An S3-compatible store. Objects are named `s3://BUCKET/KEY`; the configured bucket matters only for new ones. Throws
 * `snapshot_object_refused` if the error is about one object, else `snapshot_store_failed`; neither holds a secret
 * (R11).
 */
export async function openS3Store(
  { endpoint, bucket, prefix = '', region = 'us-east-1' }: SnapshotStoreConfig,
  { accessKeyId, secretAccessKey, ca }: StoreCredentials,
) {
  // Loaded only if a store is configured, to save memory.
  const s3 = await import('@aws-sdk/client-s3');
  const client: S3Client = new s3.S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    // Self-hosted stores have one name, not one for each bucket.
    forcePathStyle: true,
    // What all stores support: each body's SHA-256 is in the signature. Many refuse newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: attempts,
    retryMode: 'standard',
    // The library would search the environment and ~/.aws for the rest, which belong to other programs.
    defaultsMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    useArnRegion: false,
    disableS3ExpressSessionAuth: true,
    authSchemePreference: [],
    requestHandler: {
      connectionTimeout: connectMs,
      socketTimeout: silenceMs,
      requestTimeout: requestMs,
      throwOnRequestTimeout: true,
      httpsAgent: new Agent({ keepAlive: true, maxSockets: 8, ...(ca === undefined ? {} : { ca }) }),
    },
  });
  const closing = new AbortController();
  const options = { abortSignal: closing.signal };
  const name = `${endpoint.replace(/\/$/, '')}/${bucket}`;

  function failureOf(object: string, error: unknown, isRead = false): PicketError {
    const told = { store: name, problem: problemOf(error) };
    if (isOfOneObject(error, isRead)) return failure('snapshot_object_refused', { ...told, object });
    return failure('snapshot_store_failed', told);
  }

  async function asked<Result>(object: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw failureOf(object, error);
    }
  }

  /** Uploads that an ended coordinator left incomplete cost money, and no list shows them. */
  async function abandonHalves(target: Target): Promise<void> {
    const { Uploads = [] } = await client.send(
      new s3.ListMultipartUploadsCommand({ Bucket: target.Bucket, Prefix: target.Key }),
      options,
    );
    for (const { Key, UploadId } of Uploads) {
      if (Key !== target.Key) continue;
      try {
        await client.send(new s3.AbortMultipartUploadCommand({ ...target, UploadId }), options);
      } catch (error) {
        // A rule of the bucket may have ended it meanwhile.
        if (!(error instanceof s3.NoSuchUpload)) throw error;
      }
    }
  }

  async function sendParts(file: FileHandle, object: string, id: string, UploadId: string) {
    const target = targetOf(object);
    const hash = createHash('sha256');
    const parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];
    const buffer = Buffer.allocUnsafe(partBytes);
    let sizeBytes = 0;
    for (;;) {
      const Body = await readPart(file, buffer, sizeBytes).catch((error) => {
        throw unreadable(id, error);
      });
      if (Body.length === 0) return { parts, sizeBytes, sha256: hash.digest('hex') };
      hash.update(Body);
      sizeBytes += Body.length;
      const PartNumber = parts.length + 1;
      const part = { ...target, UploadId, PartNumber, Body, ContentLength: Body.length };
      const { ETag } = await asked(object, () => client.send(new s3.UploadPartCommand(part), options));
      parts.push({ PartNumber, ETag });
    }
  }

  async function* toItsEnd(body: Readable, object: string): AsyncGenerator<Buffer> {
    try {
      yield* body as AsyncIterable<Buffer>;
    } catch (error) {
      throw failureOf(object, error, true);
    }
  }

  // Not HEAD, whose answer has no body and so does not say what is wrong.
  const has = async (object: string, { sizeBytes, sha256 }: SnapshotFacts) => {
    const first = { ...targetOf(object), Range: 'bytes=0-0' };
    try {
      const { Body, ContentRange, Metadata } = await client.send(new s3.GetObjectCommand(first), options);
      await Body?.transformToByteArray();
      return ContentRange?.endsWith(`/${sizeBytes}`) === true && Metadata?.sha256 === sha256;
    } catch (error) {
      // An empty object has no first byte.
      if (error instanceof s3.NoSuchKey || (error as Error).name === 'InvalidRange') return false;
      throw failureOf(object, error, true);
    }
  };

  return {
    /** For operators: its location. */
    name,
    /** The name that a snapshot gets. */
    objectOf: (cluster: string, id: string) => `s3://${bucket}/${prefix}${cluster}/${id}.db`,

    /**
     * Sends a file, part by part, each with its SHA-256, by which the store refuses a part that changed on the way.
     * Resolves once the store confirms it. Throws `snapshot_damaged` for a file that differs from its record; such a
     * file is never sent completely.
     */
    async send(object: string, path: string, { id, ...known }: Known) {
      const target = targetOf(object);
      const file = await open(path, 'r').catch((error) => {
        throw unreadable(id, error);
      });
      try {
        await asked(object, () => abandonHalves(target));
        const begin = { ...target, ContentType: 'application/octet-stream', Metadata: { sha256: known.sha256 } };
        const { UploadId = '' } = await asked(object, () =>
          client.send(new s3.CreateMultipartUploadCommand(begin), options),
        );
        try {
          const { parts, sizeBytes, sha256 } = await sendParts(file, object, id, UploadId);
          if (sizeBytes !== known.sizeBytes || sha256 !== known.sha256) {
            throw failure('snapshot_damaged', { id, problem: 'its file on the coordinator has another hash' });
          }
          const whole = { ...target, UploadId, MultipartUpload: { Parts: parts } };
          await asked(object, () => client.send(new s3.CompleteMultipartUploadCommand(whole), options));
        } catch (error) {
          await client
            .send(new s3.AbortMultipartUploadCommand({ ...target, UploadId }), options)
            .catch(() => undefined);
          throw error;
        }
      } finally {
        await file.close();
      }
      if (await has(object, known)) return;
      throw failure('snapshot_store_failed', { store: name, problem: `its ${object} differs from what was sent` });
    },

    /** True if it exists, has this size, and was sent with this hash. */
    has,

    /**
     * Its bytes from the store, for the caller to check; they end only with the object. Throws `snapshot_damaged` if it
     * is gone.
     */
    async read(object: string, id: string): Promise<Readable> {
      try {
        const { Body } = await client.send(new s3.GetObjectCommand(targetOf(object)), options);
        return fromSource(Body as Readable, (body) => toItsEnd(body, object));
      } catch (error) {
        if (error instanceof s3.NoSuchKey) throw failure('snapshot_damaged', { id, problem: `${object} is gone` });
        throw failureOf(object, error, true);
      }
    },

    /** Also its incomplete uploads. An object that is already gone is no error. */
    async remove(object: string) {
      await asked(object, async () => {
        await abandonHalves(targetOf(object));
        try {
          await client.send(new s3.DeleteObjectCommand(targetOf(object)), options);
        } catch (error) {
          if ((error as Error).name !== 'NoSuchKey') throw error;
        }
      });
    },

    /** Ends the requests in progress. */
    close() {
      closing.abort();
      client.destroy();
    },
  };
}

interface Target {
  readonly Bucket: string;
  readonly Key: string;
}

function targetOf(object: string): Target {
  const [, Bucket = '', Key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(object) ?? [];
  return { Bucket, Key };
}

function unreadable(id: string, { code }: NodeJS.ErrnoException): PicketError {
  const problem = code === 'ENOENT' ? 'its file is missing' : `its file cannot be read (${code})`;
  return failure('snapshot_damaged', { id, problem });
}

async function readPart(file: FileHandle, buffer: Buffer, from: number): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
