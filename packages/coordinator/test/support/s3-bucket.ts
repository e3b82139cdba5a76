import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { S3Server } from '../../../../test/support/s3-server.ts';

/** What the owner of a bucket sees and does there, without the coordinator. */
export interface Bucket {
  keys(): Promise<string[]>;
  /** The number of uploads that are neither complete nor given up. */
  halves(): Promise<number>;
  begin(key: string): Promise<void>;
  put(key: string, body: Buffer): Promise<void>;
  remove(key: string): Promise<void>;
}

export function bucketOf({ url, key, bucket: Bucket }: S3Server, ca?: string): Bucket {
  const client = new S3Client({
    ...{ endpoint: url, region: 'us-east-1', credentials: { ...key }, forcePathStyle: true },
    ...{ requestChecksumCalculation: 'WHEN_REQUIRED', requestHandler: { httpsAgent: { ca } } },
  });
  return {
    keys: async () =>
      ((await client.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key = '' }) => Key),
    halves: async () => ((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []).length,
    async begin(Key) {
      await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    },
    async put(Key, Body) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    async remove(Key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },
  };
}
