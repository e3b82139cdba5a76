import type { Cluster, Reasons, Texts } from './facts.ts';
import { nodeSays } from './health.ts';
import type { AnyReason, Sayers } from './reason.ts';

interface ByNodes {
  readonly by: string;
  /** Members whose nodes report, and have not confirmed yet that their etcd is stopped. */
  readonly stopping: readonly string[];
  /** Those whose nodes have not confirmed it, and do not report. */
  readonly silent: readonly string[];
  /** The newest snapshot; null if there is none. */
  readonly snapshot?: string | null;
}

/** What the deletion of a cluster waits for, and what is left to do after it. */
export const deletionReasons = {
  cluster_deleted_by: 'the cluster is deleted, by order of {by}',
  last_snapshot_needs_voter:
    'no voter is known to serve, so no last snapshot can be taken; `picket cluster delete {cluster} --without-snapshot` deletes it without one, and loses all that was written since the newest one',
  no_voter_in_restore:
    'it is being restored from the snapshot {snapshot}, and no voter can take a last snapshot before it serves; `picket status {cluster} --watch` shows the progress',
  last_snapshot_failed: ({ cluster, failure }: Cluster & Reasons<'failure'>, say) =>
    `another attempt to take the last snapshot; the last attempt failed: ${say(failure)}; \`picket cluster delete ${cluster} --without-snapshot\` deletes it without one, and loses all that was written since the newest one`,
  deleted_etcd_stops: (
    { member, nodeId, obstacle }: Texts<'member' | 'nodeId'> & { readonly obstacle: AnyReason | null },
    say,
  ) =>
    `${member} (node ${nodeId}) to confirm that its etcd is stopped` +
    (obstacle === null ? '' : ` (its agent waits: ${nodeSays(obstacle, say)})`),
  takes_last_snapshot:
    'The cluster is being deleted, by order of {by}. A last snapshot comes first. Then every node must stop its etcd.',
  being_deleted: ({ by, stopping, silent, snapshot = null }: ByNodes) =>
    `The cluster is being deleted, by order of ${by}. ${unconfirmed(stopping, silent)}${lastOne(snapshot)}`,
  was_deleted: ({ by, name, stopping, silent, snapshot = null }: ByNodes & Texts<'name'>) =>
    `The cluster ${name} was deleted, by order of ${by}. This is what is kept of it. ${unconfirmed(stopping, silent)}${lastOne(snapshot)}`,
} as const satisfies Sayers;

function lastOne(snapshot: string | null): string {
  return snapshot === null ? '' : ` Its last snapshot is ${snapshot}.`;
}

function unconfirmed(stopping: readonly string[], silent: readonly string[]): string {
  if (stopping.length + silent.length === 0) return 'Every node has confirmed that its etcd is stopped.';
  const has = silent.length === 1 ? 'does not report and has' : 'do not report and have';
  return [
    ...(stopping.length === 0 ? [] : [`The etcd of ${stopping.join(', ')} stops.`]),
    ...(silent.length === 0
      ? []
      : [
          `${silent.join(', ')} ${has} not confirmed that etcd is stopped. If such a node comes back, its agent stops etcd.`,
        ]),
  ].join(' ');
}
