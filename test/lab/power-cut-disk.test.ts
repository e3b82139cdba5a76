import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { disksNeeded } from './disks-needed.ts';
import { openMountNamespace } from './mount-namespace.ts';
import { openDisk } from './power-cut-disk.ts';

async function mountedDisk(t: Test) {
  const folder = t.testdir({ at: {} });
  const namespace = await openMountNamespace();
  const disk = await openDisk({ folder, name: 'card', sizeMiB: 32, run: namespace.run });
  t.teardown(async () => {
    await disk.close();
    await namespace.end();
  });
  const at = join(folder, 'at');
  await disk.mount(at);
  return { disk, namespace, folder, root: namespace.seen(at), cut: async () => disk.replaceBy(await disk.snapshot()) };
}

function sync(path: string): void {
  const opened = openSync(path, 'r');
  fsyncSync(opened);
  closeSync(opened);
}

const content = 'kept '.repeat(2000);

t.test('what was fsynced is there after a power cut', disksNeeded, async (t) => {
  const { root, cut } = await mountedDisk(t);
  writeFileSync(join(root, 'f'), content);
  sync(join(root, 'f'));
  sync(root);
  await cut();
  t.equal(readFileSync(join(root, 'f'), 'utf8'), content);
});

t.test('a file that was not fsynced is empty, though its folder was', disksNeeded, async (t) => {
  const { root, cut } = await mountedDisk(t);
  writeFileSync(join(root, 'f'), content);
  sync(root);
  await cut();
  t.equal(readFileSync(join(root, 'f'), 'utf8'), '');
});

t.test('a rename whose folder was not fsynced is undone', disksNeeded, async (t) => {
  const { root, cut } = await mountedDisk(t);
  writeFileSync(join(root, 'f'), 'old');
  writeFileSync(join(root, 'new'), 'new');
  sync(join(root, 'f'));
  sync(join(root, 'new'));
  sync(root);
  await rename(join(root, 'new'), join(root, 'f'));
  await cut();
  t.equal(readFileSync(join(root, 'f'), 'utf8'), 'old');
  t.equal(readFileSync(join(root, 'new'), 'utf8'), 'new');
});

t.test('a snapshot holds what was there at its moment', disksNeeded, async (t) => {
  const { disk, root } = await mountedDisk(t);
  mkdirSync(join(root, 'before'));
  sync(root);
  const snapshot = await disk.snapshot();
  mkdirSync(join(root, 'after'));
  sync(root);
  await disk.replaceBy(snapshot);
  t.ok(existsSync(join(root, 'before')));
  t.notOk(existsSync(join(root, 'after')));
});

t.test('a disk in use is replaced, wiped and closed all the same', disksNeeded, async (t) => {
  const { disk, root, folder, cut } = await mountedDisk(t);
  const open = openSync(join(root, 'f'), 'w');
  sync(root);
  await cut();
  t.ok(existsSync(join(root, 'f')));
  await disk.wipe();
  t.notOk(existsSync(join(root, 'f')));
  closeSync(open);
  await disk.close();
  t.strictSame(readdirSync(folder), ['at']);
});

t.test('a read-only disk takes no write until it is writable again', disksNeeded, async (t) => {
  const { disk, root } = await mountedDisk(t);
  await disk.remount('ro');
  t.throws(() => writeFileSync(join(root, 'f'), ''), { code: 'EROFS' });
  await disk.remount('rw');
  writeFileSync(join(root, 'f'), '');
});

t.test(
  'a disk that fails turns read-only under those who write, and heals at the next power cut',
  disksNeeded,
  async (t) => {
    const { disk, root, cut } = await mountedDisk(t);
    const open = openSync(join(root, 'f'), 'w');
    await t.rejects(disk.remount('ro'), { message: /busy/ });
    await disk.failReadOnly();
    t.throws(() => writeFileSync(join(root, 'g'), ''), { code: 'EROFS' });
    closeSync(open);
    await cut();
    writeFileSync(join(root, 'g'), '');
  },
);

t.test('the death of the mount namespace leaves no loop device', disksNeeded, async (t) => {
  const { disk, namespace } = await mountedDisk(t);
  await namespace.end();
  await disk.close();
});
