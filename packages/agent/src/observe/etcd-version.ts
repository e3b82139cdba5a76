import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PicketError, reasonOf } from '@picket/shared/errors.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import { fingerprintOf } from '../host/version-record.ts';

/** The etcd that the next start would run. */
export interface InstalledEtcd {
  /** Such as `3.5.16`. */
  readonly version: string;
  /** See {@link fingerprintOf}. */
  readonly fingerprint: string;
}

/**
 * Reads the version of the etcd installed at a path. Asks the binary again only after the binary or its folder has
 * changed: on a small board even `--version` takes a while.
 *
 * @param ask starts the binary; throws if that fails
 */
export function etcdVersionReader(binary: string, ask: (binary: string) => Promise<string>) {
  let known: { readonly stamp: string; readonly installed: InstalledEtcd } | null = null;
  let problem: AnyReason | null = null;
  return {
    /** The installed etcd; null if it cannot run or none is installed. */
    async installed(): Promise<InstalledEtcd | null> {
      try {
        const found = await Promise.all([stat(binary), stat(dirname(binary))]);
        // The ctime also changes with mode and owner, which decide who may run it.
        const stamp = found.flatMap(({ ctimeMs, size, ino }) => [ctimeMs, size, ino]).join(' ');
        const fingerprint = await fingerprintOf(binary);
        if (known?.stamp !== stamp) known = { stamp, installed: { version: await ask(binary), fingerprint } };
        problem = null;
        const { installed } = known;
        // The binary was replaced while it was asked: the version may be that of the old one.
        if ((await fingerprintOf(binary)) !== installed.fingerprint) known = null;
        return known === null ? null : installed;
      } catch (error) {
        // Missing, not runnable, or not for this machine: none can be started.
        problem = error instanceof PicketError ? reasonOf(error) : null;
        known = null;
        return null;
      }
    },
    /** Why the installed etcd could not be run at the last attempt; null if it could, and if none is installed. */
    problem: () => problem,
  };
}

/** The same for several binaries, such as that of the package and those of releases: each has a reader of its own. */
export function etcdVersionReaders(ask: (binary: string) => Promise<string>) {
  const readers = new Map<string, ReturnType<typeof etcdVersionReader>>();
  function readerOf(binary: string) {
    const known = readers.get(binary);
    if (known !== undefined) return known;
    // What is wanted, what runs and what would be put back: nothing else is asked for.
    if (readers.size >= 4) readers.clear();
    const made = etcdVersionReader(binary, ask);
    readers.set(binary, made);
    return made;
  }
  return {
    installed: (binary: string) => readerOf(binary).installed(),
    problem: (binary: string) => readerOf(binary).problem(),
  };
}
