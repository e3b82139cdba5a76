import type { DesiredState } from '@picket/shared/protocol/desired-state.ts';
import type { LeafPurpose } from '@picket/shared/protocol/words.ts';
import type { ManagedFile, Paths } from './model.ts';

/** Where the files of DESIGN §7 lie. */
export function fileNames({ etcDir }: Paths) {
  return {
    conf: `${etcDir}/conf.yml`,
    clientBundle: `${etcDir}/ca.pem`,
    peerBundle: `${etcDir}/peer-ca.pem`,
    clientKeyLink: `${etcDir}/client-key.pem`,
  } as const;
}

/** What `client-key.pem` points at: key and certificate change in one rename (R9). */
export const clientKeyTarget = 'client.pem';

/** Certificate and key of one purpose, in one file. */
export function credentialPath({ etcDir }: Paths, purpose: LeafPurpose): string {
  return `${etcDir}/${purpose}.pem`;
}

/** The text files of this desired state, bundles first: conf.yml speaks of them. */
export function wantedFiles(document: DesiredState, paths: Paths): readonly ManagedFile[] {
  const names = fileNames(paths);
  const bundles = [
    { path: names.clientBundle, content: document.trust.client, mode: 0o644 },
    { path: names.peerBundle, content: document.trust.peer, mode: 0o644 },
  ];
  return document.etcd === null
    ? bundles
    : [...bundles, { path: names.conf, content: document.etcd.conf, mode: 0o644 }];
}

/** Those of them that are not on the disk as they should be. */
export function differing(
  wanted: readonly ManagedFile[],
  onDisk: Readonly<Record<string, string | null>>,
): readonly ManagedFile[] {
  return wanted.filter(({ path, content }) => onDisk[path] !== content);
}
