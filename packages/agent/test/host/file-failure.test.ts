import t from 'tap';
import { readFailure, writeFailure } from '../../src/host/file-failure.ts';

const failed = (code: string) => Object.assign(new Error(code), { code });

function writing(path: string, code: string): unknown {
  return writeFailure(path, failed(code));
}

t.test('each failure of a write says what happened and what to do', async (t) => {
  t.match(writing('/etc/etcd/conf.yml', 'ENOSPC'), {
    code: 'disk_full',
    facts: { path: '/etc/etcd/conf.yml', problem: 'its file system is full' },
  });
  t.match(writing('/f', 'EDQUOT'), { code: 'disk_full', facts: { problem: /quota/ } });
  t.match(writing('/f', 'EROFS'), {
    code: 'path_not_writable',
    facts: { path: '/f', problem: 'its file system is mounted read-only', remedy: /dmesg/ },
  });
  t.match(writing('/f', 'EACCES'), {
    code: 'path_not_writable',
    facts: { path: '/f', problem: 'permission denied', remedy: /^Run the agent as root/ },
  });
  t.match(writing('/f', 'EPERM'), { code: 'path_not_writable' });
});

t.test('an unexpected failure stays unchanged', async (t) => {
  const error = failed('EIO');
  t.equal(writeFailure('/f', error), error);
  t.equal(readFailure('/f', error), error);
});

t.test('a file that may not be read is named', async (t) => {
  t.match(readFailure('/f', failed('EACCES')), {
    code: 'path_not_readable',
    facts: { path: '/f', problem: 'permission denied' },
  });
});
