import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { S3Server } from '../../../../test/support/s3-server.ts';

export interface Stored {
  readonly body: Buffer;
  readonly metadata: Record<string, string>;
  /** By the store. */
  readonly encryptedBy: string | undefined;
  readonly kmsKeyId: string | undefined;
}

/** What the owner of a bucket sees and does there, without the coordinator. */
export interface Bucket {
  keys(): Promise<string[]>;
  /** The number of uploads that are neither complete nor given up. */
  halves(): Promise<number>;
  begin(key: string): Promise<void>;
  /** An object as it lies there. */
  get(key: string): Promise<Stored>;
  put(key: string, body: Buffer, metadata?: Stored['metadata']): Promise<void>;
  remove(key: string): Promise<void>;
}

export function bucketOf({ url, key, bucket: Bucket }: S3Server, ca?: string): Bucket {
  const client = new S3Client({
    ...{ endpoint: url, region: 'us-east-1', credentials: { ...key }, forcePathStyle: true },
    ...{ requestChecksumCalculation: 'WHEN_REQUIRED', requestHandler: { httpsAgent: { ca } } },
    // With the header, the client opens a connection that does not know the authority.
    expectContinueHeader: false,
  });
  return {
    keys: async () =>
      ((await client.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key = '' }) => Key),
    halves: async () => ((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []).length,
    async begin(Key) {
      await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    },
    async get(Key) {
      const got = await client.send(new GetObjectCommand({ Bucket, Key }));
      const { Metadata: metadata = {}, ServerSideEncryption: encryptedBy, SSEKMSKeyId: kmsKeyId } = got;
      return { body: Buffer.from((await got.Body?.transformToByteArray()) ?? []), metadata, encryptedBy, kmsKeyId };
    },
    async put(Key, Body, Metadata) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ...(Metadata && { Metadata }) }));
    },
    async remove(Key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },
  };
}
