import { readFacts } from '@picket/shared/answered-reads.ts';
import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { survivorInDoubt, survivorOf } from '../controller/restore/survivor.ts';
import { freshReads } from '../controller/restore/voter-evidence.ts';
import { freshFor } from '../model/waits.ts';
import { idOf, type Operation, taking } from './operation.ts';
import { requireNotRestoring } from './require-orderable.ts';

/**
 * Orders a snapshot from the voter that has applied most, while no quorum serves, or names the one that is being taken so.
 * Only an operator orders it: a silent majority is not a lost one (R16). Throws `cluster_restoring`, and `snapshot_refused` while the cluster is
 * frozen, while an etcd may just have answered a linearizable read, while a voter that had applied most may just have
 * reported, and if no etcd of a voter answers its agent.
 */
export function takeWithoutQuorum(by: string): Operation<string> {
  return {
    decide(situation) {
      const { name } = situation.spec;
      requireNotRestoring(situation);
      const refuse = (why: Reason) => failure('snapshot_refused', { cluster: name, reason: why });
      const { frozen, snapshots } = situation.progress;
      if (frozen !== null) throw refuse(reason('is_frozen', { why: frozen }));
      if (snapshots.task?.withoutQuorum !== undefined) return { result: snapshots.task.id };
      const reads = freshReads(situation);
      if (reads.length > 0) throw refuse(reason('quorum_serves', { cluster: name, ...readFacts(reads, freshFor) }));
      const doubt = survivorInDoubt(situation);
      if (doubt !== null) {
        const { member, appliedIndex, waitMs } = doubt;
        throw refuse(reason('survivor_in_doubt', { member, appliedIndex, seconds: Math.floor(waitMs / 1000) + 1 }));
      }
      const survivor = survivorOf(situation);
      if (survivor === null) throw refuse(reason('no_survivor_answers'));
      const { member, appliedIndex, unasked } = survivor;
      const why = reason('without_quorum', { by, member, appliedIndex, unasked });
      const outcome = taking(situation, {
        kind: 'assign-snapshot',
        executor: member,
        why,
        withoutQuorum: { appliedIndex },
      });
      return { ...outcome, result: idOf(outcome.progress.snapshots.task) };
    },
  };
}
