import { PicketError } from '@picket/shared/errors.ts';
import t from 'tap';
import { readFailure, writeFailure } from '../../src/host/file-failure.ts';

const failed = (code: string) => Object.assign(new Error(code), { code });

function words(error: unknown): string {
  return error instanceof PicketError ? `${error.code}: ${error.message} ${error.hint}` : 'no PicketError';
}

t.test('each failure of a write says what happened and what to do', async (t) => {
  t.match(
    words(writeFailure('/etc/etcd/conf.yml', failed('ENOSPC'))),
    /^disk_full: The disk has no room to write \/etc\/etcd\/conf.yml: its file system is full\. Free/,
  );
  t.match(words(writeFailure('/f', failed('EDQUOT'))), /^disk_full: .*quota/);
  t.match(
    words(writeFailure('/f', failed('EROFS'))),
    /^path_not_writable: \/f cannot be written: its file system is mounted read-only\. .*dmesg/,
  );
  t.match(
    words(writeFailure('/f', failed('EACCES'))),
    /^path_not_writable: \/f cannot be written: permission denied\. Run the agent as root/,
  );
  t.match(words(writeFailure('/f', failed('EPERM'))), /^path_not_writable/);
});

t.test('an unexpected failure stays unchanged', async (t) => {
  const error = failed('EIO');
  t.equal(writeFailure('/f', error), error);
  t.equal(readFailure('/f', error), error);
});

t.test('a file that may not be read is named', async (t) => {
  t.match(words(readFailure('/f', failed('EACCES'))), /^path_not_readable: \/f cannot be read: permission denied/);
});
