import { join } from 'node:path';
import t from 'tap';
import { runToEnd } from '../../../../test/support/children.ts';
import { mountsNeeded, ownMounts } from '../../../../test/support/own-mounts.ts';
import { findLbu, lbu } from '../../src/host/lbu.ts';
import { temporaryFolder } from '../support.ts';

const program = join(import.meta.dirname, 'find-lbu-program.ts');

/** A root in memory, with the folders of this machine in it and, on request, a program called lbu. */
const inMemory = (withLbu: boolean) => `
root=$1; shift
mount -t tmpfs none "$root"
for name in /*; do
  if [ -L "$name" ]; then ln -s "$(readlink "$name")" "$root$name"
  elif [ -d "$name" ]; then mkdir "$root$name" && mount --rbind "$name" "$root$name" 2>/dev/null; fi
done
mkdir "$root/programs"
${withLbu ? 'printf "#!/bin/sh\\n" > "$root/programs/lbu"; chmod 755 "$root/programs/lbu"' : ''}
PATH=$PATH:/usr/sbin:/sbin
exec chroot "$root" "$@"`;

async function found(folder: string, withLbu: boolean): Promise<string> {
  const shell = ['sh', '-c', inMemory(withLbu), 'sh', folder, process.execPath, program, '/programs'];
  const { stdout, stderr, code } = await runToEnd('unshare', [...ownMounts, ...shell]);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

t.test('a root in memory with an lbu is recognised as a diskless machine', mountsNeeded, async (t) => {
  t.equal(await found(temporaryFolder(t), true), 'it saves by lbu');
  t.equal(await found(temporaryFolder(t), false), 'it does not');
});

t.test('lbu is not run without need, and an lbu that cannot be run is reported', async (t) => {
  const absent = lbu('/nowhere/lbu');
  await absent.include([]);
  await t.rejects(absent.include(['/etc/init.d/etcd']), { message: 'lbu include cannot be run (ENOENT)' });
});

t.test('if the kind of the root is unknown, nothing is saved', async (t) => {
  t.equal(await findLbu({ fileSystem: async () => null, findProgram: async () => '/sbin/lbu' }), null);
});
