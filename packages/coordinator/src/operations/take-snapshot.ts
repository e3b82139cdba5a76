import { failure } from '@picket/shared/errors.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { survivorOf } from '../controller/restore/survivor.ts';
import { whoTakesIt } from '../controller/snapshots/snapshots.ts';
import { isPicketKeptOut } from '../model/health.ts';
import { idOf, type Operation, taking } from './operation.ts';
import { requireNotDeleted, requireNotRestoring } from './require-orderable.ts';

/**
 * Orders a snapshot from a voter, or names the one that is being taken. Throws `cluster_restoring`,
 * `snapshot_refused`, `etcd_authentication_on`.
 */
export function takeSnapshot(why: Reason): Operation<string> {
  return {
    decide(situation) {
      const { name } = situation.spec;
      requireNotDeleted(situation);
      requireNotRestoring(situation);
      const refuse = (why: Reason) => failure('snapshot_refused', { cluster: name, reason: why });
      const { frozen, snapshots } = situation.progress;
      if (frozen !== null) throw refuse(reason('is_frozen', { why: frozen }));
      if (snapshots.task !== null && snapshots.task.withoutQuorum === undefined) return { result: snapshots.task.id };
      const executor = whoTakesIt(situation);
      if (executor === null && isPicketKeptOut(situation)) {
        throw failure('etcd_authentication_on', { cluster: name, refused: 'No snapshot is taken' });
      }
      if (executor === null) {
        const survivor = survivorOf(situation)?.member;
        const why =
          survivor === undefined
            ? reason('no_voter_serves')
            : reason('only_survivors_answer', { cluster: name, survivor });
        throw refuse(why);
      }
      const outcome = taking(situation, { kind: 'assign-snapshot', executor, why });
      return { ...outcome, result: idOf(outcome.progress.snapshots.task) };
    },
  };
}
