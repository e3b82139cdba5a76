import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { mountsNeeded, ownMounts } from '../../../../../test/support/own-mounts.ts';
import { hostFiles } from '../../../src/host/files/files.ts';
import { refusal, temporaryFolder } from '../../support.ts';

const plain = { mode: 0o644, owner: null } as const;

t.test('R9: a written file has its content and mode, and nothing is left beside it', async (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'conf.yml');
  await hostFiles().writeWhole({ path, content: 'new', mode: 0o600, owner: null });
  t.equal(readFileSync(path, 'utf8'), 'new');
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.strictSame(readdirSync(folder), ['conf.yml']);
});

t.test(
  'R9: a write takes the place of the old file by a rename: who has it open still reads the old one',
  async (t) => {
    const path = join(temporaryFolder(t), 'conf.yml');
    writeFileSync(path, 'old');
    const before = statSync(path).ino;
    await hostFiles().writeWhole({ path, content: 'new', ...plain });
    t.not(statSync(path).ino, before);
  },
);

t.test('R9: a write to a path that is a link replaces the link, not what it points to', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'target'), 'old');
  symlinkSync('target', join(folder, 'link'));
  await hostFiles().writeWhole({ path: join(folder, 'link'), content: 'new', ...plain });
  t.equal(readFileSync(join(folder, 'target'), 'utf8'), 'old');
});

t.test(
  'R9: a rehearsed write leaves the file as it was and nothing beside it, and fails where the write would',
  async (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'conf.yml');
    writeFileSync(path, 'old');
    await hostFiles().rehearseWhole({ path, content: 'new', ...plain });
    t.equal(readFileSync(path, 'utf8'), 'old');
    t.strictSame(readdirSync(folder), ['conf.yml']);
    const nowhere = join(path, 'conf.yml');
    t.equal(
      (await refusal(hostFiles().rehearseWhole({ path: nowhere, content: 'new', ...plain }))).code,
      'path_not_writable',
    );
  },
);

t.test('R9: what a writer that died left is removed by the next write', async (t) => {
  const folder = temporaryFolder(t);
  const { pid } = spawnSync('true');
  writeFileSync(join(folder, `.conf.yml.picket-${pid}-0123456789ab`), 'half');
  await hostFiles().writeWhole({ path: join(folder, 'conf.yml'), content: 'new', ...plain });
  t.strictSame(readdirSync(folder), ['conf.yml']);
});

t.test('R9: a file that a live writer is about to rename is left alone', async (t) => {
  const folder = temporaryFolder(t);
  const leftover = `.conf.yml.picket-${process.ppid}-0123456789ab`;
  writeFileSync(join(folder, leftover), 'half');
  await hostFiles().writeWhole({ path: join(folder, 'conf.yml'), content: 'new', ...plain });
  t.ok(existsSync(join(folder, leftover)));
});

t.test('R9: many writes of one file at once leave one of them whole', async (t) => {
  const folder = temporaryFolder(t);
  const files = hostFiles();
  const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(5000));
  await Promise.all(contents.map((content) => files.writeWhole({ path: join(folder, 'f'), content, ...plain })));
  t.ok(contents.includes(readFileSync(join(folder, 'f'), 'utf8')));
  t.strictSame(readdirSync(folder), ['f']);
});

/** Runs a write of 100 kB on a small file system of its own; what it prints. */
function writeOnSmallDisk(folder: string, mountOptions: string): string {
  const module = new URL('../../../src/host/files/files.ts', import.meta.url).href;
  const script = `
    const { hostFiles } = await import(${JSON.stringify(module)});
    const { readFileSync, readdirSync } = await import('node:fs');
    const file = { path: 'disk/f', content: 'x'.repeat(100_000), mode: 0o644, owner: null };
    const code = await hostFiles().writeWhole(file).then(() => 'written', (error) => error.code);
    console.log(code, readFileSync('disk/f', 'utf8'), readdirSync('disk').length);`;
  // With its source named, mount does not repeat the options of the first mount, such as an owner that this user may not set.
  const shell = `mkdir disk && mount -t tmpfs -o size=32k none disk && printf old > disk/f && mount -t tmpfs -o remount,${mountOptions} none disk && exec "$0" --input-type=module -e "$1"`;
  const options = { cwd: folder, encoding: 'utf8' } as const;
  return spawnSync('unshare', [...ownMounts, 'sh', '-c', shell, process.execPath, script], options).stdout.trim();
}

for (const [name, mountOptions, code] of [
  ['full', 'rw', 'disk_full'],
  ['read-only', 'ro', 'path_not_writable'],
] as const) {
  t.test(
    `R9: on a ${name} disk the old file stands, nothing is left beside it, and it says ${code}`,
    mountsNeeded,
    async (t) => {
      t.equal(writeOnSmallDisk(temporaryFolder(t), mountOptions), `${code} old 1`);
    },
  );
}

t.test('a missing folder is named in path_not_writable', async (t) => {
  const folder = join(temporaryFolder(t), 'missing');
  t.strictSame(await refusal(hostFiles().writeWhole({ path: join(folder, 'f'), content: '', ...plain })), {
    code: 'path_not_writable',
    facts: {
      path: `${folder}/f`,
      problem: `the folder ${folder} does not exist`,
      remedy: 'Make that folder, or correct the path in agent.yml.',
    },
  });
});

t.test('a link is made, read, and replaced whole', async (t) => {
  const folder = temporaryFolder(t);
  const files = hostFiles();
  const path = join(folder, 'client-key.pem');
  t.equal(await files.readLink(path), null);
  await files.linkWhole(path, 'old.pem');
  await files.linkWhole(path, 'client.pem');
  t.equal(await files.readLink(path), 'client.pem');
  t.equal(readlinkSync(path), 'client.pem');
  t.strictSame(readdirSync(folder), ['client-key.pem']);
});

t.test('a file that is not a link reads as null', async (t) => {
  const path = join(temporaryFolder(t), 'f');
  writeFileSync(path, '');
  t.equal(await hostFiles().readLink(path), null);
});

t.test('R4: a folder is made once and never twice', async (t) => {
  const path = join(temporaryFolder(t), 'incarnation');
  const files = hostFiles();
  await files.makeFolder(path, 0o700, null);
  t.equal(statSync(path).mode & 0o777, 0o700);
  await t.rejects(files.makeFolder(path, 0o700, null), { code: 'EEXIST' });
});

t.test('R4: a folder is not made below a missing one', async (t) => {
  const parent = join(temporaryFolder(t), 'root');
  t.equal((await refusal(hostFiles().makeFolder(join(parent, 'incarnation'), 0o700, null))).code, 'path_not_writable');
  t.notOk(existsSync(parent));
});

t.test('R4: a moved folder replaces nothing', async (t) => {
  const folder = temporaryFolder(t);
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  const files = hostFiles();
  for (const path of [from, to]) await files.makeFolder(path, 0o700, null);
  await t.rejects(files.move(from, to), { code: 'EEXIST' });
  t.ok(existsSync(from));
  await files.move(from, join(folder, 'free'));
  t.strictSame(readdirSync(folder).sort(), ['free', 'to']);
});

t.test('ensureFolder makes parents, and leaves an existing folder as it is', async (t) => {
  const folder = temporaryFolder(t);
  const files = hostFiles();
  await files.ensureFolder(join(folder, 'a/b'), 0o700, null);
  t.equal(statSync(join(folder, 'a/b')).mode & 0o777, 0o700);
  chmodSync(join(folder, 'a/b'), 0o750);
  await files.ensureFolder(join(folder, 'a/b'), 0o700, null);
  t.equal(statSync(join(folder, 'a/b')).mode & 0o777, 0o750);
});

t.test('a missing file reads as null and a missing folder lists as empty', async (t) => {
  const path = join(temporaryFolder(t), 'missing');
  const files = hostFiles();
  t.equal(await files.read(path), null);
  t.strictSame(await files.list(path), []);
  t.notOk(await files.exists(path));
});

t.test('a listing omits temporary files', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'kept'));
  mkdirSync(join(folder, `.other.picket-${process.pid}-0123456789ab`));
  t.strictSame(await hostFiles().list(folder), ['kept']);
});

t.test('remove accepts that the file is already gone', async (t) => {
  const path = join(temporaryFolder(t), 'f');
  const files = hostFiles();
  writeFileSync(path, '');
  await files.remove(path);
  await files.remove(path);
  t.throws(() => lstatSync(path));
});

t.test('the start of a file is not read through a link, and a pipe makes nobody wait', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'other'), 'of root');
  symlinkSync(join(folder, 'other'), join(folder, 'link'));
  spawnSync('mkfifo', [join(folder, 'pipe')]);
  t.equal(await hostFiles().readStart(join(folder, 'link'), 10), null);
  t.equal(await hostFiles().readStart(join(folder, 'pipe'), 10), null);
});

t.test('a write does not empty a folder in place of a dead writer’s file', async (t) => {
  const folder = temporaryFolder(t);
  const { pid } = spawnSync('true');
  const leftover = join(folder, `.conf.yml.picket-${pid}-0123456789ab`);
  mkdirSync(leftover);
  writeFileSync(join(leftover, 'kept'), '');
  await hostFiles().writeWhole({ path: join(folder, 'conf.yml'), content: 'new', ...plain });
  t.ok(existsSync(join(leftover, 'kept')));
  t.equal(readFileSync(join(folder, 'conf.yml'), 'utf8'), 'new');
});
