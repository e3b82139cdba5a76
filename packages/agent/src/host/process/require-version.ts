import { failure } from '@picket/shared/errors.ts';
import { isOfMinor } from '@picket/shared/etcd-version.ts';
import type { EtcdUnit, HostFiles } from '../host.ts';
import { readEtcdVersion } from '../programs.ts';
import { fingerprintOf, lifeOf, readVersionRecord } from '../version-record.ts';

/**
 * Replaces the guard of the service if no init system runs that guard. Throws `etcd_held_back` if the minor version of
 * etcd differs from that of the life named in conf.yml (R17). Throws `etcd_unusable` if etcd does not print its
 * version. A life without a record passes.
 */
export async function requireVersion(files: Pick<HostFiles, 'read'>, unit: EtcdUnit): Promise<void> {
  const { binary, confFile, guard } = unit;
  const life = lifeOf((await files.read(confFile)) ?? '');
  if (life === null) return;
  const record = await readVersionRecord(files, guard.dataRoot, life);
  if (record === null) return;
  const fingerprint = await fingerprintOf(binary).catch(() => null);
  if (fingerprint !== null && fingerprint === record.fingerprint) return;
  const version = await readEtcdVersion(binary, unit.owner);
  if (!isOfMinor(version, record.minor)) throw failure('etcd_held_back', { binary, version, minor: record.minor });
}
