import { failure } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import type { RehearsalBegun, RehearsalState, RehearsalView } from '@picket/shared/protocol/snapshots.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import type { Api } from '../api.ts';
import type { Shell } from '../shell.ts';
import { type Look, untilDone } from './until-done.ts';

interface Rehearse {
  readonly cluster: string;
  /** undefined: the newest one. */
  readonly snapshot: string | undefined;
  /** In seconds; undefined: as long as it takes. */
  readonly timeout: number | undefined;
}

const phases: Readonly<Record<NonNullable<RehearsalState['task']>['phase'], string>> = {
  reads: 'the coordinator reads the snapshot',
  restores: 'etcdutl restores the snapshot',
  starts: 'etcd starts with the data of the snapshot',
};

/** Orders a rehearsal, and waits until it has worked. Throws `rehearsal_refused`, `rehearsal_running`, `rehearsal_failed`, `wait_timed_out`. */
export async function rehearsedSnapshot(
  shell: Shell,
  api: Api,
  { cluster, snapshot, timeout }: Rehearse,
): Promise<RehearsalView> {
  const begun = await api.rehearseSnapshot({ name: cluster, body: snapshot === undefined ? {} : { snapshot } });
  const goal = `the rehearsal of the snapshot ${plain(begun.snapshot)} of ${cluster}`;
  return untilDone(shell, api, { cluster, goal, timeout, isQuiet: true, look: () => lookAt(api, cluster, begun) });
}

async function lookAt(api: Api, cluster: string, { id, snapshot }: RehearsalBegun): Promise<Look<RehearsalView>> {
  const { task, worked, failure: failed } = (await api.snapshotState({ name: cluster })).rehearsal;
  if (task?.id === id) return { state: 'waits', text: phases[task.phase], likeness: task.phase };
  if (worked?.id === id) return { state: 'done', result: worked };
  const why = failed?.id === id ? plain(failed.reason.message) : reason('rehearsal_interrupted');
  return { state: 'failed', error: failure('rehearsal_failed', { cluster, snapshot: plain(snapshot), reason: why }) };
}
