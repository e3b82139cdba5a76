import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { clientNodes, memberNodes } from '../controller/deletion/deletion.ts';
import { thawed } from '../controller/safety/thawed.ts';
import { whoTakesIt } from '../controller/snapshots/snapshots.ts';
import { reportedIncarnations } from '../controller/take-over/take-over.ts';
import type { NamedNode } from '../model/cluster-status.ts';
import type { Deletion } from '../model/deletion-progress.ts';
import { isPicketKeptOut } from '../model/health.ts';
import { strangeVoters } from '../model/member-names.ts';
import { mayBeHeard } from '../model/presence.ts';
import type { ClusterProgress } from '../model/progress.ts';
import { asReported } from '../model/quarantine.ts';
import { restoreRunning } from '../model/restore-running.ts';
import type { Operation, OperationSituation, Outcome } from './operation.ts';
import { requireHeard } from './require-heard.ts';

/** An operator's order. */
export interface DeletionOrder {
  readonly by: string;
  /** The name that the records of the cluster get. */
  readonly filedAs: string;
  /** The typed name of the cluster; null: none. */
  readonly confirm: string | null;
  readonly withoutSnapshot: boolean;
  /** Also if nodes that are not heard have not confirmed that their etcd is stopped. */
  readonly force: boolean;
}

/** What a deletion does, as far as it is known when it is ordered. */
export interface DeletionOutlook {
  /** The cluster was never founded, so there is no etcd to stop. */
  readonly atOnce: boolean;
  readonly takesSnapshot: boolean;
  /** The last snapshot, if an earlier order has ended the cluster. */
  readonly lastSnapshot: string | null;
  readonly members: readonly (NamedNode & { readonly isHeard: boolean })[];
  readonly clients: readonly NamedNode[];
  /** Voters that etcd lists and that are no nodes of this coordinator: it cannot stop them. */
  readonly strangers: readonly string[];
}

/**
 * Deletes a cluster that was never founded at once. Of another, it ends every incarnation after a last snapshot, and frees the
 * name when each node has confirmed that its etcd is stopped. Repeated, it may add `force` and take back the wish for a
 * snapshot. Throws `delete_refused` while the cluster is frozen, without force while it waits after a restore of the
 * coordinator, and while no voter serves that could take a snapshot; `delete_needs_name` for a cluster that was founded;
 * `last_snapshot_later`, `etcd_authentication_on`; `cluster_deleted` if it is deleted already.
 */
export function deleteCluster(order: DeletionOrder): Operation<DeletionOutlook> {
  return {
    takesOverFirst: true,
    decide(situation) {
      const { spec, rests } = situation;
      const before = situation.progress.deletion;
      if (before?.freed === true) throw failure('cluster_deleted', { cluster: spec.name });
      requirePublishing(situation, order);
      const deletion = ordered(situation, order);
      const atOnce = !wasFounded(situation);
      const takesSnapshot = !atOnce && deletion.wantsSnapshot && deletion.ended === null;
      const lastSnapshot = deletion.ended?.snapshot ?? null;
      const outlook = outlookOf(situation, { atOnce, takesSnapshot, lastSnapshot });
      if (atOnce) return deletedAtOnce(situation, deletion, outlook);
      if (order.confirm !== spec.name) throw failure('delete_needs_name', { cluster: spec.name });
      if (takesSnapshot) requireVoter(situation);
      const progress = rests ? unheard(situation) : situation.progress;
      return {
        progress: { ...progress, snapshots: { ...progress.snapshots, task: null }, deletion },
        events: [happening('delete', { by: order.by, force: deletion.force, takesSnapshot })],
        also: [{ kind: 'tokens-end' }, ...(rests ? [{ kind: 'rests-no-more' } as const] : [])],
        result: outlook,
      };
    },
  };
}

/** Throws `delete_refused` while nodes could not be told to stop their etcd, or it is not known what they run. */
function requirePublishing({ spec, progress, rests, waits }: OperationSituation, { force }: DeletionOrder): void {
  const refuse = (why: Reason) => failure('delete_refused', { cluster: spec.name, reason: why });
  const { frozen, provenBehind } = progress;
  if (frozen !== null && (!rests || provenBehind !== null)) throw refuse(reason('is_frozen', { why: frozen }));
  if (rests && !force) throw refuse(reason('voters_unknown', { waits }));
}

function ordered({ spec, progress }: OperationSituation, order: DeletionOrder): Deletion {
  const { by, filedAs, force, withoutSnapshot } = order;
  const before = progress.deletion;
  if (before !== null)
    return { ...before, force: before.force || force, wantsSnapshot: before.wantsSnapshot && !withoutSnapshot };
  const newest = progress.snapshots.last?.id ?? null;
  return {
    ...{ by, filedAs, force, name: spec.name },
    wantsSnapshot: !withoutSnapshot,
    before: newest,
    ended: null,
    freed: false,
  };
}

/** Also if the backup of a restored store does not know it, and of what a reset has given up. */
function wasFounded({ progress, rests }: OperationSituation): boolean {
  const { formations, members, retired, restore } = progress;
  return rests || formations > 0 || restore !== null || retired.length > 0 || Object.keys(members).length > 0;
}

function deletedAtOnce(
  { spec, progress, nodes }: OperationSituation,
  deletion: Deletion,
  result: DeletionOutlook,
): Outcome<DeletionOutlook> {
  const { by, filedAs } = deletion;
  return {
    spec: { ...spec, name: filedAs },
    progress: { ...progress, deletion: { ...deletion, ended: { snapshot: null }, freed: true } },
    events: [
      happening('delete', { by, force: false, takesSnapshot: false }),
      happening('free-name', { filedAs, nodes: [] }),
    ],
    also: [
      ...nodes.flatMap(({ id, evictedAt }) => (evictedAt === null ? [{ kind: 'eviction', nodeId: id } as const] : [])),
      { kind: 'tokens-end' },
      { kind: 'filed' },
    ],
    result,
  };
}

/** Throws `delete_refused`, `last_snapshot_later`, `etcd_authentication_on`. */
function requireVoter(situation: OperationSituation): void {
  const { name } = situation.spec;
  if (whoTakesIt(situation) !== null) return;
  const running = situation.rests ? null : restoreRunning(situation.progress);
  if (running !== null) {
    const why = reason('no_voter_in_restore', { cluster: name, snapshot: running.snapshot });
    throw failure('delete_refused', { cluster: name, reason: why });
  }
  requireHeard(situation);
  if (isPicketKeptOut(situation))
    throw failure('etcd_authentication_on', { cluster: name, refused: 'No last snapshot is taken' });
  throw failure('delete_refused', { cluster: name, reason: reason('no_voter_serves') });
}

/** The progress of a backup. The incarnations that its nodes report are over too, although the backup may not know them. */
function unheard({ progress, statusInTakeOver }: OperationSituation): ClusterProgress {
  return {
    ...thawed(progress),
    members: {},
    retired: [...progress.retired, ...reportedIncarnations(progress, statusInTakeOver)],
  };
}

function outlookOf(
  situation: OperationSituation,
  stage: Pick<DeletionOutlook, 'atOnce' | 'takesSnapshot' | 'lastSnapshot'>,
): DeletionOutlook {
  const { status, progress, now } = situation;
  return {
    ...stage,
    members: memberNodes(situation).map((one) => {
      const node = status.nodes[one.name];
      return { ...one, isHeard: node !== undefined && mayBeHeard(asReported(node), now) };
    }),
    clients: clientNodes(situation),
    strangers: strangeVoters(progress).map(({ id, name }) => name || id),
  };
}
