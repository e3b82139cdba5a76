import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { hostFiles } from '../../src/host/files/files.ts';
import type { NamedOwner } from '../../src/host/host.ts';
import { ensureLogFolder, openConsole } from '../../src/host/log-folder.ts';
import { refusal, temporaryFolder } from '../support.ts';

const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;
/** A user other than root; a user who is not root can give folders only to himself. */
const etcd: NamedOwner = { user: 'etcd', group: 'etcd', uid: uid === 0 ? 65_534 : uid, gid: uid === 0 ? 65_534 : gid };

t.test('a missing log folder is made, and belongs to etcd’s user', async (t) => {
  const folder = join(temporaryFolder(t), 'log/etcd');
  await ensureLogFolder(hostFiles(), { logFile: join(folder, 'etcd.log'), owner: etcd });
  const { mode, ...made } = statSync(folder);
  t.strictSame([made.uid, made.gid, mode & 0o777], [etcd.uid, etcd.gid, 0o755]);
  t.equal(statSync(join(folder, '..')).uid, uid);
});

t.test('a log folder that etcd may not write in is reported: etcd itself would say nothing', async (t) => {
  const folder = join(temporaryFolder(t), 'log');
  mkdirSync(folder, { mode: 0o555 });
  const logFile = join(folder, 'etcd.log');
  t.strictSame(await refusal(ensureLogFolder(hostFiles(), { logFile, owner: etcd })), {
    code: 'path_not_writable',
    facts: {
      path: logFile,
      problem: `the user etcd, who runs etcd, may not write in ${folder}`,
      remedy: `Give etcd a log folder of its own: chown etcd:etcd ${folder}.`,
    },
  });
  await ensureLogFolder(hostFiles(), { logFile, owner: null });
});

t.test('the console file is continued until it is large', async (t) => {
  const path = join(temporaryFolder(t), 'console.log');
  writeFileSync(path, 'before\n');
  const say = async (words: string) => {
    const console = await openConsole(path);
    await console.write(words);
    await console.close();
  };
  await say('after\n');
  t.equal(readFileSync(path, 'utf8'), 'before\nafter\n');
  writeFileSync(path, 'x'.repeat(1024 * 1024 + 1));
  await say('anew\n');
  t.equal(readFileSync(path, 'utf8'), 'anew\n');
});

t.test('the console follows no link: its folder belongs to etcd’s user, and the agent may be root', async (t) => {
  const folder = temporaryFolder(t);
  const other = join(folder, 'other');
  writeFileSync(other, 'x'.repeat(1024 * 1024 + 1));
  symlinkSync(other, join(folder, 'console.log'));
  await t.rejects(openConsole(join(folder, 'console.log')));
  t.equal(statSync(other).size, 1024 * 1024 + 1);
});

t.test('a pipe in the console’s place is refused, and makes nobody wait', async (t) => {
  const path = join(temporaryFolder(t), 'console.log');
  execFileSync('mkfifo', [path]);
  const refused = async () =>
    t.strictSame(await refusal(openConsole(path)), {
      code: 'path_not_writable',
      facts: { path, problem: 'it is not a regular file', remedy: 'Move it away.' },
    });
  await refused();
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  t.teardown(() => closeSync(reader));
  await refused();
});

t.test('the console is not written to a file with a second name', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'other'), 'x'.repeat(1024 * 1024 + 1));
  linkSync(join(folder, 'other'), join(folder, 'console.log'));
  t.match(await refusal(openConsole(join(folder, 'console.log'))), { facts: { problem: /it has a second name/ } });
  t.equal(statSync(join(folder, 'other')).size, 1024 * 1024 + 1);
});
