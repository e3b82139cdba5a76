import { packageCommand } from '@picket/shared/etcd-packages/package-command.ts';
import type { PackageSystem } from '@picket/shared/protocol/package-system.ts';
import type { HostFiles } from '../host/host.ts';
import { fieldOf, systemIds } from './etcd-installed.ts';

/**
 * Which packages this machine has, by os-release(5).
 *
 * @param ownBinary `etcdBinary` in agent.yml names the etcd
 * @param inMemory the root file system is in memory
 */
export async function packageSystem(
  files: Pick<HostFiles, 'read'>,
  ownBinary: boolean,
  inMemory: () => Promise<boolean>,
  osRelease = '/etc/os-release',
): Promise<PackageSystem> {
  const text = (await files.read(osRelease)) ?? '';
  const ids = systemIds(text);
  const [own] = ids;
  const id = ids.includes('alpine') ? 'alpine' : own === 'debian' || own === 'raspbian' ? own : 'other';
  const [release = null] = /^\d{1,4}(?:\.\d{1,4})?/.exec(fieldOf(text, 'VERSION_ID')) ?? [];
  return { id, release, inMemory: id === 'alpine' && (await inMemory()), ownBinary };
}

/** How this machine gets an etcd of this minor version again: a command, or a sentence where no package of its system is known. */
export function reinstallCommand(system: PackageSystem, minor: string): string {
  if (system.ownBinary) return `put an etcd ${minor} where etcdBinary in agent.yml says`;
  return packageCommand(system, minor) ?? `Picket knows no package of etcd ${minor} for this system`;
}
