import { parsedAs } from '@picket/shared/protocol/check.ts';
import { Identifier } from '@picket/shared/protocol/primitives.ts';
import { orNull } from '@picket/shared/protocol/unions.ts';
import type { Static } from 'typebox';
import * as Type from 'typebox';
import type { HostFiles } from '../host/host.ts';

/** Root on this machine ends a hold without the coordinator. */
export const LocalRelease = Type.Object({
  /** The hold, by its permit. */
  id: Identifier,
  /** The boot in which root has ordered it. */
  boot: orNull(Type.String()),
  /** Earlier agents also ordered holds in this file. Such an order counts as none. */
  hold: Type.Null(),
});
export type LocalRelease = Static<typeof LocalRelease>;

export function localReleasePath(stateDir: string): string {
  return `${stateDir}/local-order.json`;
}

/** The last release; null if there is none. A file of another form counts as none. */
export async function readLocalRelease(files: Pick<HostFiles, 'read'>, stateDir: string): Promise<LocalRelease | null> {
  return parsedAs(LocalRelease, (await files.read(localReleasePath(stateDir))) ?? '');
}

/** Replaces the release before it (R9). The folder belongs to root. */
export async function writeLocalRelease(
  files: Pick<HostFiles, 'writeWhole'>,
  stateDir: string,
  release: LocalRelease,
): Promise<void> {
  const content = `${JSON.stringify(release, null, 2)}\n`;
  await files.writeWhole({ path: localReleasePath(stateDir), content, mode: 0o600, owner: null });
}
