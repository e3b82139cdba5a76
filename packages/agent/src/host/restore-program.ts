import { stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { Clock, Owner } from './host.ts';
import { cleanEnvironment, problemOf, runAs } from './run-as.ts';

export interface RestoreProgram {
  readonly kind: 'etcdutl' | 'etcdctl';
  readonly path: string;
}

/** Finds an installed program that can restore on this node; null if there is none. */
export type FindRestoreProgram = () => Promise<RestoreProgram | null>;

interface RestoreProgramPlace {
  /** The path of etcd; its folder is searched first. */
  readonly etcd: string;
  /** The user that will restore. */
  readonly owner: Owner | null;
  readonly clock: Clock;
  /** The folder of the release that this member runs, which is searched before all others; null where it runs none. */
  readonly ofRelease?: () => string | null;
  /** Further folders, as in the environment's PATH. */
  readonly path?: string;
}

const patienceMs = 20_000;
/** Milliseconds until a failed program is tried again: the cause may not be in its file. */
const askAgainMs = 60_000;
const neededFlags = ['--bump-revision', '--mark-compacted'];

/**
 * Prefers etcdutl to etcdctl, which can restore up to 3.5. It runs each program's help, as the user that will restore,
 * once after each change of its file: on a small board even that takes a while.
 */
export function restoreProgramFinder({
  etcd,
  owner,
  clock,
  ofRelease = () => null,
  path = cleanEnvironment.PATH,
}: RestoreProgramPlace): FindRestoreProgram {
  const folders = [dirname(etcd), ...path.split(delimiter).filter((folder) => folder.startsWith('/'))];
  const known = new Map<string, { readonly stamp: string; readonly can: boolean; readonly at: number }>();

  async function can(program: string): Promise<boolean> {
    const facts = await stat(program).catch(() => null);
    if (facts === null) return false;
    const stamp = [facts.ino, facts.size, facts.mtimeMs, facts.ctimeMs].join(' ');
    const before = known.get(program);
    const isFresh = before?.stamp === stamp && (before.can || clock.monotonic() - before.at < askAgainMs);
    if (isFresh) return before.can;
    const answer = (await restoreProblem(program, owner)) === null;
    known.set(program, { stamp, can: answer, at: clock.monotonic() });
    return answer;
  }

  return async () => {
    const release = ofRelease();
    const all = release === null ? folders : [release, ...folders];
    for (const kind of ['etcdutl', 'etcdctl'] as const) {
      for (const folder of all) {
        const candidate = join(folder, kind);
        if (await can(candidate)) return { kind, path: candidate };
      }
    }
    return null;
  };
}

/** Why a program cannot restore a snapshot as Picket needs it, for this user; null if it can. */
export async function restoreProblem(program: string, owner: Owner | null): Promise<string | null> {
  const ended = await runAs(program, ['snapshot', 'restore', '--help'], { owner, patienceMs });
  if (ended.error !== null) return problemOf(ended);
  const help = `${ended.stdout}${ended.stderr}`;
  const missing = neededFlags.filter((flag) => !help.includes(flag));
  return missing.length === 0 ? null : `it does not know ${missing.join(', ')}`;
}
