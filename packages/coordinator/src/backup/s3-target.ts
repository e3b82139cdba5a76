import { failure, PicketError } from '@picket/shared/errors.ts';
import type { S3BucketConfig } from '../config/config.ts';
import { measureContent } from '../files/measure.ts';
import { openS3Store } from '../snapshots/s3-store.ts';
import { readStoreCredentials } from '../snapshots/store-credentials.ts';
import type { BackupTarget } from './target.ts';

/** A bucket. Throws `backup_unusable` for files that the configuration names. */
export async function s3Target(config: S3BucketConfig): Promise<BackupTarget> {
  const credentials = await readStoreCredentials(config, (problem) => failure('backup_unusable', { problem }));
  const store = await openS3Store(config, credentials);
  const { bucket, prefix = '' } = config;
  const start = `s3://${bucket}/${prefix}`;
  const asked = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      const said = error instanceof PicketError ? error.facts.problem : undefined;
      const problem = typeof said === 'string' ? said : (error as Error).message;
      throw failure('backup_not_stored', { target: store.name, problem }, { cause: error });
    }
  };
  return {
    name: store.name,
    list: () => asked(async () => (await store.list(prefix)).map((object) => object.slice(start.length))),
    put: (name, { path, sizeBytes, sha256 }) =>
      asked(async () => {
        const object = `${start}${name}`;
        await store.send(object, path, { id: name, sizeBytes, sha256 });
        if ((await measureContent(await store.read(object, name))).sha256 === sha256) return;
        await store.remove(object);
        throw new Error(`${name} has another content than was sent; it was removed`);
      }),
    remove: (name) => asked(() => store.remove(`${start}${name}`)),
    close: () => store.close(),
  };
}
