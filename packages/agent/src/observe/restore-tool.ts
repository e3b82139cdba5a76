import type { RestoreToolReport } from '@picket/shared/protocol/report.ts';
import type { AnyReason } from '@picket/shared/reasons/reason.ts';
import type { FindRestoreProgram } from '../host/restore-program.ts';

/**
 * The program that this node can restore a snapshot with: the result of the last check, null before the first has
 * ended. Each call starts another check and does not wait for it: a program that hangs must not delay a restart of
 * etcd.
 */
export function restoreToolReader(
  findProgram: FindRestoreProgram,
  findObstacle: () => Promise<AnyReason | null>,
): () => Promise<RestoreToolReport | null> {
  let latest: RestoreToolReport | null = null;
  let isLooking = false;

  async function look(): Promise<void> {
    const installed = (await findProgram())?.kind ?? null;
    latest = { installed, obstacle: installed === null ? await findObstacle() : null };
  }

  return async () => {
    if (!isLooking) {
      isLooking = true;
      look()
        // The last result stays.
        .catch(() => undefined)
        .finally(() => {
          isLooking = false;
        });
    }
    return latest;
  };
}
