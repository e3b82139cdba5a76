import type { Flags, Member, Texts, Why } from '../reasons/facts.ts';
import type { AnyReason, Sayers } from '../reasons/reason.ts';
import { targetInWords } from '../reasons/target-in-words.ts';

type By = Texts<'by'>;
/** By an operator, or by another machine that joins in its place. */
type Replaced =
  | (Member & Why)
  | (By & { readonly member: string; readonly memberId: string | null; readonly force: boolean });

/** Events about what operators ordered for a cluster, and about the restore of a coordinator. */
export const orderEvents = {
  create: '{by} created the cluster with {members} declared members',
  change: 'revision {revision}, by {by}',
  rollout: '{by} ordered the rollout to {order}',
  upgrade: ({ by, from, to }: By & Texts<'from' | 'to'>) =>
    `${by} ordered the upgrade from etcd ${from} to etcd ${targetInWords(to)}`,
  downgrade: '{by} ordered the downgrade from etcd {from} to etcd {to}',
  reset: '{by} gave up formation {formations}; the next formation has a new cluster token',
  keep: '{by} takes the replacement of {member} back',
  delete: ({ by, force, takesSnapshot }: By & Flags<'force' | 'takesSnapshot'>) =>
    `${by} ordered to delete the cluster` +
    (takesSnapshot ? ', after a last snapshot' : '') +
    (force ? ', without waiting for nodes that are not heard' : ''),
  unfreeze: '{by} unfroze the cluster; it was frozen because {why}',
  lost: '{by} says that {name} (node {nodeId}) is lost',
  compromised:
    '{by} says that somebody else controls {name} (node {nodeId}): its identity is revoked, and join tokens that it may know are void',
  evict: '{by} evicted the node {nodeId}; another machine can join as the {kind} {name}',
  replace: (facts: Replaced, say) =>
    'why' in facts
      ? `${facts.member}: ${say(facts.why)}`
      : `${facts.by} replaces ${facts.member} (${facts.memberId})${facts.force ? ', with --force' : ''}`,
  restore: (
    {
      by,
      formations,
      snapshot,
      membersKnown,
      unable,
    }: By & {
      readonly formations: number;
      readonly snapshot: string;
      /** Whether the members of that formation are known; after a restore of the coordinator they may not be. */
      readonly membersKnown: boolean;
      /** Why some nodes cannot found the restored cluster; null if all can. */
      readonly unable: AnyReason | null;
    },
    say,
  ) =>
    `${by} gave up formation ${formations} for the snapshot ${snapshot}` +
    (membersKnown ? '' : '; its members since the backup are not known') +
    (unable === null ? '' : `; these nodes cannot found the restored cluster: ${say(unable)}`),
  'taken-over': ({ changes }: { readonly changes: readonly AnyReason[] }, say) =>
    `the coordinator took the cluster over from the reports of its nodes: ${changes.map(say).join('; ')}`,
  'state-not-rendered':
    'the desired state of the node {nodeId} of {name} cannot be rendered, so the node keeps its last one: {why}',
  release: ({
    by,
    done,
    version,
    architecture,
    sha256,
    programs = ['etcdutl'],
  }: By &
    Texts<'architecture' | 'sha256'> & {
      readonly done: 'added' | 'removed';
      readonly version: string | null;
      /** Left out by a coordinator from before, which took etcdutl alone. */
      readonly programs?: readonly string[];
    }) => `${by} ${done} ${programs.join(', ')} ${version ?? 'of an unknown version'} for ${architecture} (${sha256})`,
  restored:
    'This coordinator was restored from the backup of {of}; its epoch is {number} ({name}). All join tokens are void.',
} as const satisfies Sayers;
