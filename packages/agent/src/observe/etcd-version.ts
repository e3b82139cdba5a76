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
 * Tells the version of the etcd installed at a path. The binary is asked once for each time that it or its folder
 * changed: on a small board even `--version` takes a while.
 *
 * @param ask starts the binary; throws where that is in vain
 */
export function etcdVersionReader(binary: string, ask: (binary: string) => Promise<string>) {
  let known: { readonly stamp: string; readonly installed: InstalledEtcd } | null = null;
  let problem: AnyReason | null = null;
  return {
    /** The etcd installed, null where none runs. */
    async installed(): Promise<InstalledEtcd | null> {
      try {
        const found = await Promise.all([stat(binary), stat(dirname(binary))]);
        // The time of change moves with mode and owner too, which decide who may run it.
        const stamp = found.flatMap(({ ctimeMs, size, ino }) => [ctimeMs, size, ino]).join(' ');
        const fingerprint = await fingerprintOf(binary);
        if (known?.stamp !== stamp) known = { stamp, installed: { version: await ask(binary), fingerprint } };
        problem = null;
        const { installed } = known;
        // Put in place while the one before was asked: the version is not its own.
        if ((await fingerprintOf(binary)) !== installed.fingerprint) known = null;
        return known === null ? null : installed;
      } catch (error) {
        // Not there, not to be run, or not for this machine: in each case none can be started.
        problem = error instanceof PicketError ? reasonOf(error) : null;
        known = null;
        return null;
      }
    },
    /** Why the etcd that is there could not be run when it was asked last; null where it could, and where none is there. */
    problem: () => problem,
  };
}
