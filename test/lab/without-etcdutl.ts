import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runToEnd } from '../support/children.ts';
import { ensureRootFileSystem, packagesFolder } from './root-file-system.ts';

const packaged = `/${packagesFolder}/etcd-ctl/usr/bin`;

/** As etcd 3.6's etcdctl: it knows no `snapshot restore`, and shows the help of `snapshot` for it. */
const laterEtcdctl = `#!/bin/sh
case "$1 $2" in
"snapshot restore") echo "NAME: snapshot - Manages etcd node snapshots"; exit 0 ;;
esac
exec ${packaged}/etcdctl "$@"
`;

/** Lays over the hosts' root what makes it an Alpine of today: no etcdutl, and an etcdctl that cannot restore. */
export async function hideEtcdutl(layer: string): Promise<void> {
  const programs = join(layer, 'usr/bin');
  await mkdir(programs, { recursive: true });
  // overlayfs takes such a device for "there is nothing of this name" (kernel documentation, "whiteouts").
  const made = await runToEnd('mknod', [join(programs, 'etcdutl'), 'c', '0', '0']);
  if (made.code !== 0) throw new Error(`mknod: ${made.stderr}`);
  await writeFile(join(programs, 'etcdctl'), laterEtcdctl);
  await chmod(join(programs, 'etcdctl'), 0o755);
}

/** The etcdutl that the hosts do not have, on this machine. */
export async function hiddenEtcdutl(): Promise<string> {
  return join(await ensureRootFileSystem(), packaged, 'etcdutl');
}
