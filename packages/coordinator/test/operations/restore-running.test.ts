import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { decisions } from '../../src/operations/decisions.ts';
import { deleteCluster } from '../../src/operations/delete-cluster.ts';
import { hold } from '../../src/operations/hold.ts';
import { keep } from '../../src/operations/keep.ts';
import { moveLeader } from '../../src/operations/move-leader.ts';
import type { Operation, OperationSituation } from '../../src/operations/operation.ts';
import { replace } from '../../src/operations/replace.ts';
import { reset } from '../../src/operations/reset.ts';
import { restart } from '../../src/operations/restart.ts';
import { type RestoreOrder, restore } from '../../src/operations/restore.ts';
import { switchAuthentication } from '../../src/operations/switch-authentication.ts';
import { takeSnapshot } from '../../src/operations/take-snapshot.ts';
import { takeWithoutQuorum } from '../../src/operations/take-without-quorum.ts';
import { Scene } from '../controller/support/situations.ts';
import { refusalOf } from '../support/refusal.ts';
import { said } from '../support/said.ts';

const by = 'operator admin';
const source = { snapshot: 'snapshot0001', takenAt: 0, sizeBytes: 20_512, sha256: 'ab'.repeat(32) };
const other = { ...source, snapshot: 'snapshot0002' };
const meant = { by, force: true, confirm: 'x-k3s' };

function situationOf(scene: Scene): OperationSituation {
  const { spec, progress, now, nodes } = scene;
  const status = scene.status();
  const known = { rests: false, takenOver: false, waits: [], seenUnadopted: [], runsFor: 600_000 };
  const records = Object.values(nodes).map(({ nodeId }, index) => ({
    ...{ id: nodeId, kind: 'member', member: scene.name(index + 1), evictedAt: null },
  }));
  return {
    ...{ spec, progress, now, status, statusInTakeOver: status, ...known, decisions },
    nodes: records,
    after: () => progress,
  } as unknown as OperationSituation;
}

/** Null if the order is taken. */
function refusal(scene: Scene, operation: Operation<unknown>) {
  return refusalOf(() => operation.decide(situationOf(scene)));
}

const order = (given: RestoreOrder, from = other) => restore(from, given);

/** A restore was ordered just now: each etcd has answered its agent, and no agent knows of the restore. */
function justOrdered(): Scene {
  const scene = Scene.formed(3);
  const { progress } = restore(source, { ...meant, lastSnapshot: null }).decide(situationOf(scene));
  if (progress === undefined) throw new Error('nothing was restored');
  scene.progress = progress;
  return scene;
}

/** The founder has its order, and has not served yet. */
function founding(): Scene {
  const scene = justOrdered().published(1).published(2).published(3).joins(1).joins(2).joins(3);
  scene.settle();
  return scene;
}

for (const [stage, begun] of Object.entries({ 'just ordered': justOrdered, 'being founded': founding })) {
  const running = { code: 'restore_running', facts: { cluster: 'x-k3s', running: 'snapshot0001' } };
  t.test(
    `R19: a second restore of a cluster, whose restore is ${stage}, is refused because the first one runs`,
    (t) => {
      const words: readonly Omit<RestoreOrder, 'by'>[] = [
        { force: false, confirm: null },
        { force: true, confirm: null },
        { force: true, confirm: 'x-k3s' },
        { force: true, confirm: 'x-k3s', lastSnapshot: null },
        { force: true, confirm: 'x-k3s', lastSnapshot: null, insteadOf: 'snapshot0009' },
      ];
      for (const word of words)
        for (const from of [source, other]) t.strictSame(refusal(begun(), order({ by, ...word }, from)), running);
      t.end();
    },
  );

  const others: Readonly<Record<string, Operation<unknown>>> = {
    'auth enable': switchAuthentication({ enable: true, force: false, by }),
    'auth disable': switchAuthentication({ enable: false, force: false, by }),
    'snapshot take': takeSnapshot(said('asked')),
    'snapshot take without a quorum': takeWithoutQuorum(by),
    'member hold': hold('x-k3s-m-2', { by, why: null, seconds: 60, stop: false, place: 'elsewhere' }),
    'member restart': restart('x-k3s-m-2', { by }),
    'member move-leader': moveLeader('x-k3s-m-2', { by }),
    'member replace': replace('x-k3s-m-2', { by, force: false }),
    'member keep': keep('x-k3s-m-2', { by }),
  };
  for (const [name, operation] of Object.entries(others)) {
    t.test(`R19: ${name} says first that the cluster is being restored, when that is ${stage}`, (t) => {
      const facts = { cluster: 'x-k3s', snapshot: 'snapshot0001' };
      t.strictSame(refusal(begun(), operation), { code: 'cluster_restoring', facts });
      t.end();
    });
  }

  t.test(`R19: delete and reset name the restore that is ${stage}`, (t) => {
    const filedAs = 'x-k3s-deleted-1';
    const deletes = (withoutSnapshot: boolean) =>
      deleteCluster({ by, filedAs, confirm: 'x-k3s', force: false, withoutSnapshot });
    t.match(refusal(begun(), deletes(false)), {
      code: 'delete_refused',
      facts: { reason: reason('no_voter_in_restore', { cluster: 'x-k3s', snapshot: 'snapshot0001' }) },
    });
    t.equal(refusal(begun(), deletes(true)), null, 'its data was given up with the order to restore');
    t.match(refusal(begun(), reset({ by, confirm: 'x-k3s' })), {
      code: 'reset_refused',
      facts: { reason: reason('founded_of_snapshot', { snapshot: 'snapshot0001' }) },
    });
    t.end();
  });
}

t.test(
  'R19: whoever names the running restore may restore another snapshot, without a last one of a cluster given up',
  (t) => {
    const insteadOf = source.snapshot;
    t.equal(refusal(justOrdered(), order({ ...meant, insteadOf })), null);
    t.equal(refusal(founding().wait(60), order({ by, force: true, confirm: null, insteadOf })), null);
    const served = Scene.formed(3);
    t.equal(refusal(served, order(meant))?.code, 'restore_snapshot_first', 'none runs');
    t.end();
  },
);
