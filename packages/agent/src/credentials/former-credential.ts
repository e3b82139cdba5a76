import type { LeafPurpose } from '@picket/shared/protocol/words.ts';
import type { HostFiles } from '../host/host.ts';
import type { Paths } from '../model/model.ts';

/**
 * The certificate and key that were in force before a renewal. While this file is there, the one in their place has not
 * proven itself: so whoever comes after an agent that was killed in between knows what is left to do.
 */
export function formerPath({ stateDir }: Pick<Paths, 'stateDir'>, purpose: LeafPurpose): string {
  return `${stateDir}/former/${purpose}.pem`;
}

/** Leaves one that is kept already as it is: what was renewed since has not proven itself. */
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
