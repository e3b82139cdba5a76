import { failure } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import type { SnapshotState, SnapshotView } from '@picket/shared/protocol/snapshots.ts';
import type { Api } from '../api.ts';
import type { Shell } from '../shell.ts';
import { type Look, untilDone } from './until-done.ts';

interface Take {
  readonly cluster: string;
  /** In seconds; undefined: as long as it takes. */
  readonly timeout: number | undefined;
  readonly withoutQuorum?: boolean | undefined;
}

/** Orders a snapshot, and waits until it is checked and stored. Throws `snapshot_refused`, `wait_timed_out`. */
export async function takenSnapshot(
  shell: Shell,
  api: Api,
  { cluster, timeout, withoutQuorum = false }: Take,
): Promise<SnapshotView> {
  const { id } = await api.takeSnapshot({ name: cluster, body: { withoutQuorum } });
  const goal = `the snapshot ${plain(id)} of ${cluster}`;
  return untilDone(shell, api, { cluster, goal, timeout, isQuiet: true, look: () => takenLook(api, cluster, id) });
}

async function takenLook(api: Api, cluster: string, id: string): Promise<Look<SnapshotView>> {
  const { task, failure: failed }: SnapshotState = await api.snapshotState({ name: cluster });
  if (task?.id === id) return { state: 'waits', text: `${task.member} takes the snapshot`, likeness: task.member };
  if (failed?.id !== id) return { state: 'done', result: await api.snapshot({ id }) };
  return { state: 'failed', error: failure('snapshot_refused', { cluster, reason: plain(failed.reason.message) }) };
}
