import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import type { HostFiles } from '../host/host.ts';
import type { Paths } from '../model/model.ts';

/**
 * The certificate and key from before a renewal. While this file exists, the renewed certificate has not been proven.
 * So an agent that starts after a crash knows what is left to do.
 */
export function formerPath({ stateDir }: Pick<Paths, 'stateDir'>, purpose: LeafPurpose): string {
  return `${stateDir}/former/${purpose}.pem`;
}

/** Keeps an existing former credential: what was renewed since has not been proven. */
export async function keepFormer(files: HostFiles, paths: Paths, purpose: LeafPurpose, content: string): Promise<void> {
  const path = formerPath(paths, purpose);
  if (await files.exists(path)) return;
  await files.ensureFolder(`${paths.stateDir}/former`, 0o700, null);
  await files.writeWhole({ path, content, mode: 0o600, owner: null });
}

export async function dropFormer(files: HostFiles, paths: Paths, purpose: LeafPurpose): Promise<void> {
  const path = formerPath(paths, purpose);
  if (await files.exists(path)) await files.remove(path);
}
