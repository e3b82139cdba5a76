import { isOurs } from '@picket/shared/etcd-config/render.ts';
import type { ClientState, MemberState } from '@picket/shared/protocol/desired-state.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { Owner } from '../host/host.ts';
import { readForeignConf } from './foreign-conf.ts';
import type { CurrentState, ManagedFile, Paths } from './model.ts';

/** The paths of the files that the agent manages. */
export function fileNames({ etcDir }: Pick<Paths, 'etcDir'>) {
  return {
    conf: `${etcDir}/conf.yml`,
    clientBundle: `${etcDir}/ca.pem`,
    peerBundle: `${etcDir}/peer-ca.pem`,
    clientKeyLink: `${etcDir}/client-key.pem`,
  } as const;
}

/** The folder for copies of the coordinator's backups. */
export function backupCopiesFolder(stateDir: string): string {
  return `${stateDir}/coordinator-backups`;
}

/** Of the certificates without which a member is not started: those of etcd, and the one of its clients on the node. */
export const purposes = ['server', 'peer', 'client'] as const satisfies readonly LeafPurpose[];

/** Of all certificates of a member for etcd. */
export const allPurposes: readonly LeafPurpose[] = [...purposes, 'admin'];

/** The target of the link `client-key.pem`: key and certificate change in one rename (R9). */
export const clientKeyTarget = 'client.pem';

/**
 * Certificate and key of one purpose, in one file. The admin certificate is equivalent to etcd's root, so it is apart from
 * those that etcd's user reads.
 */
export function credentialPath({ etcDir, stateDir }: CredentialFolders, purpose: LeafPurpose): string {
  return purpose === 'admin' ? `${stateDir}/etcd-admin.pem` : `${etcDir}/${purpose}.pem`;
}

type CredentialFolders = Pick<Paths, 'etcDir' | 'stateDir'>;

/** Who may read the certificate of one purpose, with its key; null for the user of the agent alone. */
export function credentialOwner(etcdOwner: Owner | null, purpose: LeafPurpose): Owner | null {
  return purpose === 'admin' ? null : etcdOwner;
}

/**
 * Why conf.yml is not written; null if it may be. It is not if somebody else wrote the present one, and it is not a
 * sample from a package (R13).
 */
export function foreignConf({ files }: Pick<CurrentState, 'files'>, paths: Paths): Reason | null {
  const { conf } = fileNames(paths);
  const text = files[conf] ?? null;
  if (text === null || text.trim() === '' || isOurs(text) || readForeignConf(text).isSample) return null;
  return reason('conf_of_others', { path: conf });
}

/** The text files of this desired state. Bundles come first: conf.yml refers to them. */
export function wantedFiles(document: MemberState, paths: Paths): readonly ManagedFile[] {
  const names = fileNames(paths);
  const bundles = [
    clientBundle(document, paths),
    { path: names.peerBundle, content: document.trust.peer, mode: 0o644 },
  ];
  return document.etcd === null
    ? bundles
    : [...bundles, { path: names.conf, content: document.etcd.conf, mode: 0o644 }];
}

/** The bundle with which clients of the cluster verify its members. */
export function clientBundle({ trust }: MemberState | ClientState, paths: Paths): ManagedFile {
  return { path: fileNames(paths).clientBundle, content: trust.client, mode: 0o644 };
}

/** Those of them that are not on the disk as they should be. */
export function differing(
  wanted: readonly ManagedFile[],
  onDisk: Readonly<Record<string, string | null>>,
): readonly ManagedFile[] {
  return wanted.filter(({ path, content }) => onDisk[path] !== content);
}

/** How the file with etcdctl's environment begins if Picket wrote it. */
export const profileMark = '# picket:etcdctl/';

/** True for a file that Picket wrote. */
export function isEtcdctlProfile(text: string): boolean {
  return text.startsWith(profileMark);
}
