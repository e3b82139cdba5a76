import { failure } from '@picket/shared/errors.ts';
import { isOfMinor } from '@picket/shared/etcd-version.ts';
import type { EtcdUnit, HostFiles } from '../host.ts';
import { readEtcdVersion } from '../programs.ts';
import { fingerprintOf, lifeOf, readVersionRecord } from '../version-record.ts';

/**
 * Does what the guard of the service does, where no init system runs that guard: throws `etcd_held_back` for an etcd of another
 * minor version than the life runs that conf.yml names (R17), and `etcd_unusable` for one that does not tell its version. A life
 * of which nothing is recorded is let pass.
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
