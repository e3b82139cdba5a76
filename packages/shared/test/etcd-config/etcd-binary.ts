import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The path of a real etcd: PICKET_TEST_ETCD, or Debian's package unpacked (not installed) into a cache under
 * the temporary directory. Undefined where neither can be had.
 */
export function etcdBinary(): string | undefined {
  const given = process.env.PICKET_TEST_ETCD;
  if (given !== undefined) return given;
  const cache = join(tmpdir(), 'picket-test-etcd');
  const etcd = join(cache, 'usr/bin/etcd');
  if (existsSync(etcd)) return etcd;
  try {
    const staging = mkdtempSync(`${cache}-`);
    const unpacked = join(staging, 'unpacked');
    mkdirSync(unpacked);
    execFileSync('apt-get', ['download', 'etcd-server'], { cwd: staging, stdio: 'ignore' });
    for (const file of globSync(join(staging, '*.deb'))) execFileSync('dpkg', ['-x', file, unpacked]);
    renameSync(unpacked, cache);
    rmSync(staging, { recursive: true });
  } catch {
    return undefined;
  }
  return existsSync(etcd) ? etcd : undefined;
}
