import { chmod, stat } from 'node:fs/promises';
import { failure } from '@picket/shared/errors.ts';
import { nullIfMissing, writeFailure } from '../file-failure.ts';
import type { Owner } from '../host.ts';

/** A folder on the way to etcd's data: etcd passes through it and never writes in it (R4). */
interface GuardedFolder {
  readonly path: string;
  /** The mode and owner that it should have. */
  readonly mode: number;
}

interface FolderFacts {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** The agent's state, which also holds etcd's data; secret files in it have mode 0600. */
export function guardedFolders({ stateDir, dataRoot }: { stateDir: string; dataRoot: string }): GuardedFolder[] {
  return [
    { path: stateDir, mode: 0o711 },
    { path: dataRoot, mode: 0o755 },
  ];
}

type Guard = 'fine' | 'to-mend' | { readonly problem: string };

/**
 * Whether etcd, as this user, can pass through a folder and cannot write in it. `to-mend`: only its mode is wrong, and
 * the agent may set it. Nothing can restrict an etcd that runs as root or as the agent's own user.
 *
 * @param uid the user that runs the agent
 */
export function guardOf(facts: FolderFacts, etcd: Owner | null, uid: number | null): Guard {
  if (etcd === null || etcd.uid === 0 || etcd.uid === uid) return 'fine';
  if (facts.uid === etcd.uid) return { problem: 'it belongs to the user that etcd runs as' };
  if (facts.uid !== 0 && facts.uid !== uid) return { problem: `it belongs to another user (uid ${facts.uid})` };
  const exposed = (facts.mode & 0o022) !== 0;
  const passable = (facts.mode & (facts.gid === etcd.gid ? 0o010 : 0o001)) !== 0;
  if (!exposed && passable) return 'fine';
  if (facts.uid === uid) return 'to-mend';
  return {
    problem: exposed
      ? 'users other than its owner can write in it'
      : 'the user that etcd runs as cannot pass through it',
  };
}

/** Throws `data_root_exposed` unless the folder is correct, can be corrected, or does not exist yet. */
export async function checkGuarded({ path, mode }: GuardedFolder, etcd: Owner | null, uid: number | null) {
  const facts = await stat(path).catch(nullIfMissing);
  const guard = facts === null ? 'fine' : guardOf(facts, etcd, uid);
  if (typeof guard === 'object') {
    throw failure('data_root_exposed', { path, problem: guard.problem, mode: mode.toString(8) });
  }
  return guard;
}

/** As {@link checkGuarded}, and corrects the mode. */
export async function guardFolder(folder: GuardedFolder, etcd: Owner | null): Promise<void> {
  const guard = await checkGuarded(folder, etcd, process.getuid?.() ?? null);
  if (guard === 'fine') return;
  await chmod(folder.path, folder.mode).catch((error: unknown) => {
    throw writeFailure(folder.path, error);
  });
}
