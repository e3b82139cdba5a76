import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runToEnd } from '../../../../test/support/children.ts';
import { mountsNeeded, ownMounts } from '../../../../test/support/own-mounts.ts';
import { fileSystemOf, mountOf, noexecMount, parseMounts } from '../../src/host/file-system.ts';
import { temporaryFolder } from '../support.ts';

// In the format of proc_pid_mountinfo(5), with the optional field that some lines have.
const mounts = parseMounts(`\
21 1 8:2 / / rw,relatime shared:1 - ext4 /dev/mmcblk0p2 rw
22 21 0:20 / /proc rw - proc proc rw
30 21 0:30 / /var/lib rw - tmpfs old rw
31 21 0:31 / /var/lib rw - btrfs /dev/sda rw
32 21 0:32 / /mnt/with\\040space rw - ext4 /dev/sdb rw
33 21 0:33 / /run/over rw shared:2 master:1 - overlay overlay rw,lowerdir=/a:/b,upperdir=/media/root\\040rw/up,workdir=/w
`);

t.test('a path is on the deepest mount above it, and on the last of several there', async (t) => {
  const typeOf = (path: string) => mountOf(mounts, path)?.type;
  t.equal(typeOf('/'), 'ext4');
  t.equal(typeOf('/var/library'), 'ext4');
  t.equal(typeOf('/var/lib'), 'btrfs');
  t.equal(typeOf('/var/lib/picket'), 'btrfs');
  t.equal(mountOf(mounts, '/mnt/with space/x')?.mountPoint, '/mnt/with space');
  t.equal(mountOf(mounts, '/run/over/etc')?.upperDir, '/media/root rw/up');
  t.equal(mountOf([], '/'), null);
});

t.test('the mount that forbids running programs is found, and no other', async (t) => {
  const mountsFile = join(temporaryFolder(t), 'mountinfo');
  writeFileSync(
    mountsFile,
    `\
21 1 8:2 / / rw,relatime shared:1 - ext4 /dev/mmcblk0p2 rw
22 21 8:3 / /srv/data rw,nosuid,noexec shared:2 - ext4 /dev/mmcblk0p3 rw
23 22 8:4 / /srv/data/programs rw,relatime - ext4 /dev/mmcblk0p4 rw
`,
  );
  t.equal(await noexecMount('/srv/data/picket', mountsFile), '/srv/data');
  t.equal(await noexecMount('/srv/data/programs/picket', mountsFile), null);
  t.equal(await noexecMount('/srv', mountsFile), null);
});

t.test('a system without this information is no error', async (t) => {
  t.equal(await fileSystemOf('/', '/nowhere'), null);
  t.equal(await noexecMount('/', '/nowhere'), null);
});

/** The file system that the agent finds for a folder after these mount commands. */
async function seen(t: Test, mountCommands: string, folder: string): Promise<string> {
  const root = temporaryFolder(t);
  const module = new URL('../../src/host/inspection.ts', import.meta.url).href;
  const script = `
    const { inspection } = await import(${JSON.stringify(module)});
    const found = await inspection('').fileSystem(${JSON.stringify(join(root, folder))});
    console.log(found.type, found.mountPoint.replace(${JSON.stringify(root)}, 'ROOT'));`;
  const shell = `cd "$0" && ${mountCommands} && exec "$@"`;
  const node = [process.execPath, '--input-type=module', '-e', script];
  mkdirSync(join(root, 'm'));
  const { stdout, stderr } = await runToEnd('unshare', [...ownMounts, 'sh', '-ec', shell, root, ...node]);
  return stdout.trim() || stderr;
}

const overlay =
  'mkdir m/lower m/upper m/work o && mount -t overlay -o lowerdir=m/lower,upperdir=$PWD/m/upper,workdir=$PWD/m/work none o';

t.test('tmpfs is recognised, below it and before a folder exists', mountsNeeded, async (t) => {
  t.equal(await seen(t, 'mount -t tmpfs none m', 'm/var/lib/picket'), 'tmpfs ROOT/m');
});

t.test('an overlay on tmpfs as root, as on a diskless system, is in memory', mountsNeeded, async (t) => {
  t.equal(await seen(t, `mount -t tmpfs none m && ${overlay}`, 'o/var/lib/picket'), 'tmpfs ROOT/m');
});

t.test('an overlay with an invisible upper folder stays an overlay', mountsNeeded, async (t) => {
  t.match(await seen(t, `mount -t tmpfs none m && ${overlay} && umount -l m`, 'o/var/lib/picket'), 'overlay ROOT/o');
});
