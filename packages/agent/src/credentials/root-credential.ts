import type { HostFiles } from '../host/host.ts';

/** Certificate and key of etcd's user root, while the agent gives Picket its own etcd user. */
export function rootCredentialPath(stateDir: string): string {
  return `${stateDir}/etcd-root.pem`;
}

/** Deletes it; called when its order has ended, and before an agent starts to work: a killed one may have left it. */
export async function removeRootCredential(
  files: Pick<HostFiles, 'exists' | 'remove'>,
  stateDir: string,
): Promise<void> {
  const path = rootCredentialPath(stateDir);
  if (await files.exists(path)) await files.remove(path);
}
