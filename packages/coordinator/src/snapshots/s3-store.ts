import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Agent } from 'node:https';
import type { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { failure, type PicketError } from '@picket/shared/errors.ts';
import type { SnapshotStoreConfig } from '../config/config.ts';
import type { SnapshotRecord } from '../inventory/inventory.ts';
import { ageCipher, NoIdentityFits, NotWhole } from './age-cipher.ts';
import { fromSource } from './from-source.ts';
import { type SnapshotFacts, unreadable } from './snapshot-folder.ts';
import type { StoreCredentials } from './store-credentials.ts';
import { cannotEncrypt, isOfOneObject, problemOf } from './store-problem.ts';

export type S3Store = Awaited<ReturnType<typeof openS3Store>>;

/**
 * The smallest that S3 accepts, except for the last part. S3 accepts 10,000 parts, more than etcd's data can need. One
 * is in memory at a time, and hashing it delays everything else for a moment.
 */
const partBytes = 5 * 1024 * 1024;
const readBytes = 256 * 1024;
const connectMs = 10_000;
/** Without a byte in either direction. */
const silenceMs = 60_000;
/** A part over a connection of 0.2 Mbit/s. */
const requestMs = 360_000;
/** Metadata of an object: how it was encrypted before it was sent, and how many bytes that made. */
const encryptedBy = 'encryption';
const storedBytes = 'bytes';
const wayToEncrypt = 'Give the store keys to encrypt with, or set serverSideEncryption: none';
const missing = { isWhole: false, isEncrypted: false };
/** Attempts for each request, with growing pauses. */
const attempts = 3;

/**
 * An S3-compatible store. Objects are named `s3://BUCKET/KEY`; the configured bucket matters only for new ones. Throws
 * `snapshot_object_refused` if the error is about one object, else `snapshot_store_failed`; neither holds a secret
 * (R11).
 */
export async function openS3Store(
  config: SnapshotStoreConfig,
  { accessKeyId, secretAccessKey, ca, ageIdentities }: StoreCredentials,
) {
  const { endpoint, bucket, prefix = '', region = 'us-east-1' } = config;
  const { serverSideEncryption: byStore = 'AES256', kmsKeyId } = config;
  const cipher = ageIdentities === undefined ? null : await ageCipher(ageIdentities);
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

  const failed = (problem: string) => failure('snapshot_store_failed', { store: name, problem });

  function failureOf(object: string, error: unknown, isRead = false): PicketError {
    const problem = problemOf(error);
    if (byStore !== 'none' && cannotEncrypt(error)) return failed(`${problem}. ${wayToEncrypt}`);
    return isOfOneObject(error, isRead)
      ? failure('snapshot_object_refused', { store: name, problem, object })
      : failed(problem);
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
      await client
        .send(new s3.AbortMultipartUploadCommand({ ...target, UploadId }), options)
        .catch((error: unknown) => {
          // A rule of the bucket may have ended it meanwhile.
          if (!(error instanceof s3.NoSuchUpload)) throw error;
        });
    }
  }

  async function sendParts(content: AsyncIterable<Uint8Array>, object: string, UploadId: string) {
    const target = targetOf(object);
    const parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];
    for await (const Body of partsOf(content)) {
      const PartNumber = parts.length + 1;
      const part = { ...target, UploadId, PartNumber, Body, ContentLength: Body.length };
      const { ETag } = await asked(object, () => client.send(new s3.UploadPartCommand(part), options));
      parts.push({ PartNumber, ETag });
    }
    return parts;
  }

  async function* toItsEnd(body: Readable, object: string): AsyncGenerator<Buffer> {
    try {
      yield* body as AsyncIterable<Buffer>;
    } catch (error) {
      throw failureOf(object, error, true);
    }
  }

  // Not HEAD, whose answer has no body and so does not say what is wrong.
  const look = async (object: string, { sizeBytes, sha256 }: SnapshotFacts) => {
    const first = { ...targetOf(object), Range: 'bytes=0-0' };
    try {
      const got = await client.send(new s3.GetObjectCommand(first), options);
      await got.Body?.transformToByteArray();
      const { [storedBytes]: stored = sizeBytes, sha256: sent } = got.Metadata ?? {};
      const isWhole = got.ContentRange?.endsWith(`/${stored}`) === true && sent === sha256;
      return { isWhole, isEncrypted: got.ServerSideEncryption !== undefined };
    } catch (error) {
      // An empty object has no first byte.
      if (error instanceof s3.NoSuchKey || (error as Error).name === 'InvalidRange') return missing;
      throw failureOf(object, error, true);
    }
  };

  const remove = async (object: string) => {
    await asked(object, async () => {
      await abandonHalves(targetOf(object));
      await client.send(new s3.DeleteObjectCommand(targetOf(object)), options).catch((error: Error) => {
        if (error.name !== 'NoSuchKey') throw error;
      });
    });
  };

  /** The properties of an object, which the store gets before the first part. */
  const described = (sha256: string, stored: number) => ({
    ContentType: 'application/octet-stream',
    Metadata: { sha256, ...(cipher === null ? {} : { [encryptedBy]: 'age', [storedBytes]: String(stored) }) },
    ...(byStore === 'none' ? {} : { ServerSideEncryption: byStore }),
    ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
  });

  async function* decrypted(content: AsyncIterable<Uint8Array>, object: string, id: string): AsyncGenerator<Buffer> {
    const keyMissing = (problem: string) => failure('snapshot_key_missing', { id, object, problem });
    if (cipher === null) throw keyMissing('no age identity is configured');
    try {
      for await (const chunk of cipher.decrypt(content))
        yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    } catch (error) {
      if (error instanceof NoIdentityFits)
        throw keyMissing('it was encrypted for none of the configured age identities');
      if (error instanceof NotWhole)
        throw failure('snapshot_damaged', { id, problem: `${object} was changed or cut off in the store` });
      throw error;
    }
  }

  return {
    /** For operators: its location. */
    name,
    /** The name that a snapshot gets. */
    objectOf: (cluster: string, id: string) =>
      `s3://${bucket}/${prefix}${cluster}/${id}.db${cipher === null ? '' : '.age'}`,

    /**
     * Sends a file, part by part, each with its SHA-256, by which the store refuses a part that changed on the way.
     * Resolves once the store confirms it. Encrypted on the way if a key is configured. Throws `snapshot_damaged` for a
     * file that differs from its record; such a file is never sent completely.
     */
    async send(object: string, path: string, { id, ...known }: SnapshotFacts & Pick<SnapshotRecord, 'id'>) {
      const target = targetOf(object);
      const file = await open(path, 'r').catch((error) => {
        throw unreadable(id, error);
      });
      try {
        await asked(object, () => abandonHalves(target));
        const read = octetsOf(file, id, cipher !== null);
        const sealed = cipher === null ? null : await cipher.encrypt(read.content);
        const begin = { ...target, ...described(known.sha256, sealed?.sizeOf(known.sizeBytes) ?? known.sizeBytes) };
        const { UploadId = '' } = await asked(object, () =>
          client.send(new s3.CreateMultipartUploadCommand(begin), options),
        );
        try {
          const parts = await sendParts(sealed?.content ?? read.content, object, UploadId);
          const { sizeBytes, sha256 } = read.facts();
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
      const { isWhole, isEncrypted } = await look(object, known);
      if (isWhole && (isEncrypted || byStore === 'none')) return;
      if (!isWhole) throw failed(`its ${object} differs from what was sent`);
      await remove(object);
      throw failed(`it did not encrypt ${object}, which was removed. ${wayToEncrypt}`);
    },

    /** True if it exists, has this size, and was sent with this hash. */
    has: async (object: string, facts: SnapshotFacts) => (await look(object, facts)).isWhole,

    /**
     * The snapshot from the store, decrypted, for the caller to check; it ends only with the object. Throws
     * `snapshot_damaged` if it is gone, and breaks off with it if it does not decrypt, and with `snapshot_key_missing`.
     */
    async read(object: string, id: string): Promise<Readable> {
      try {
        const { Body, Metadata } = await client.send(new s3.GetObjectCommand(targetOf(object)), options);
        return fromSource(Body as Readable, (body) => {
          const content = toItsEnd(body, object);
          return Metadata?.[encryptedBy] === 'age' ? decrypted(content, object, id) : content;
        });
      } catch (error) {
        if (error instanceof s3.NoSuchKey) throw failure('snapshot_damaged', { id, problem: `${object} is gone` });
        throw failureOf(object, error, true);
      }
    },

    /** The objects whose key begins so, in the configured bucket. */
    async list(start: string): Promise<readonly string[]> {
      const found: string[] = [];
      await asked(`s3://${bucket}/${start}`, async () => {
        for await (const { Contents = [] } of s3.paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: start }))
          for (const { Key } of Contents) if (Key !== undefined) found.push(`s3://${bucket}/${Key}`);
      });
      return found;
    },

    /** Also its incomplete uploads. An object that is already gone is no error. */
    remove,

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

/**
 * The content of a file, and its size and hash once it was read to its end. Throws `snapshot_damaged`.
 *
 * @param isKept pieces may still be needed when the next one is read, so they share no buffer
 */
function octetsOf(file: FileHandle, id: string, isKept: boolean) {
  const shared = isKept ? null : Buffer.allocUnsafe(readBytes);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  async function* read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const { bytesRead, buffer } = await file
        .read(shared ?? Buffer.allocUnsafe(readBytes), 0, readBytes, sizeBytes)
        .catch((error) => {
          throw unreadable(id, error);
        });
      if (bytesRead === 0) return;
      const octets = buffer.subarray(0, bytesRead);
      hash.update(octets);
      sizeBytes += bytesRead;
      yield octets;
    }
  }
  return { content: read(), facts: () => ({ sizeBytes, sha256: hash.digest('hex') }) };
}

/** In parts of one size but for the last. Each is valid until the next is asked for: they share one buffer. */
async function* partsOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const part = Buffer.allocUnsafe(partBytes);
  let filled = 0;
  for await (const octets of content) {
    for (let taken = 0; taken < octets.length; ) {
      const piece = octets.subarray(taken, taken + partBytes - filled);
      part.set(piece, filled);
      taken += piece.length;
      filled += piece.length;
      if (filled < partBytes) continue;
      yield part;
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}
