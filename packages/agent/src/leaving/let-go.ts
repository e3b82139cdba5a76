import { readCredential } from '@picket/shared/pki/credential.ts';
import { desiredStatePath } from '../coordinator/desired-state-file.ts';
import type { HostFiles } from '../host/host.ts';
import { nodeUri } from '../identity/identity-store.ts';
import { isJournalBegun, journalPath } from '../journal/journal-store.ts';
import { localReleasePath } from '../journal/local-release.ts';
import { backupCopiesFolder } from '../model/managed-files.ts';
import { programsFolder } from '../model/program.ts';
import type { Failpoint } from '../program/failpoints.ts';
import { changeLeftRecord, type LeftNode, readLeftRecord } from './left-record.ts';

interface LetGoDeps {
  readonly files: HostFiles;
  readonly stateDir: string;
  readonly failpoint: Failpoint;
}

/**
 * Makes this machine free: the node is recorded as left, and then its journal and its identity are removed. The next join
 * makes a new key and begins with new generations (R5, R15). After a crash, {@link finishLettingGo} does the rest.
 *
 * @param incarnations the incarnations that have ended here
 */
export async function letGo(deps: LetGoDeps, left: LeftNode, incarnations: readonly string[]): Promise<void> {
  const { files, stateDir, failpoint } = deps;
  await changeLeftRecord(files, stateDir, ({ rebuilt: _known, ...before }) => ({
    ...before,
    left,
    incarnations: [
      ...before.incarnations.filter((incarnation) => !incarnations.includes(incarnation)),
      ...incarnations,
    ],
  }));
  failpoint('leave.after-mark');
  await forget(deps);
}

/** Removes what is left of a node that this machine was, if a crash has interrupted that. */
export async function finishLettingGo(deps: LetGoDeps): Promise<void> {
  if (await isLeftHere(deps)) await forget(deps);
}

/** True if the identity on the disk is that of the node that this machine has left. */
export async function isLeftHere({ files, stateDir }: Pick<LetGoDeps, 'files' | 'stateDir'>): Promise<boolean> {
  const { left } = await readLeftRecord(files, stateDir);
  const pem = left === null ? null : await files.read(`${stateDir}/identity.pem`);
  if (left === null || pem === null) return false;
  try {
    return readCredential(pem).certificate.sans.some(({ value }) => value === nodeUri(left.nodeId));
  } catch {
    return false;
  }
}

/** True if this machine has left a cluster, and no node has worked here since, not even one whose identity is lost. */
export async function isFreeHere(deps: Pick<LetGoDeps, 'files' | 'stateDir'>): Promise<boolean> {
  const { files, stateDir } = deps;
  const { left, rebuilt } = await readLeftRecord(files, stateDir);
  if (left === null && rebuilt !== true) return false;
  if (await isLeftHere(deps)) return true;
  return !(await files.exists(`${stateDir}/identity.pem`)) && !(await isJournalBegun(files, stateDir));
}

/** The certificate comes last: while it is there, a later start knows whose the other files are. */
async function forget({ files, stateDir, failpoint }: LetGoDeps): Promise<void> {
  const names = ['identity.key', 'identity-next.key', 'node.json', 'control-ca.pem'];
  const own = [journalPath(stateDir), desiredStatePath(stateDir), localReleasePath(stateDir)];
  const paths = [...own, ...names.map((name) => `${stateDir}/${name}`)];
  for (const path of paths) await files.remove(path);
  await files.removeTree(programsFolder(stateDir));
  await files.removeTree(backupCopiesFolder(stateDir));
  failpoint('leave.after-forget');
  await files.remove(`${stateDir}/identity.pem`);
}
