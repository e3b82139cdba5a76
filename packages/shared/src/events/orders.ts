import type { AnyReason, Say } from '../reasons/reason.ts';

type By = { readonly by: string };
/** By the word of an operator, or by a machine that takes its place. */
type Replaced =
  | { readonly member: string; readonly why: AnyReason }
  | (By & { readonly member: string; readonly memberId: string | null; readonly force: boolean });

/** What operators have ordered for a cluster, and what came of a restore. */
export const orderEvents = {
  create: ({ by, members }: By & { readonly members: number }) => `${by} created it with ${members} declared members`,
  change: ({ by, revision }: By & { readonly revision: number }) => `revision ${revision}, by ${by}`,
  rollout: ({ by, order }: By & { readonly order: string }) => `${by} ordered the rollout to ${order}`,
  reset: ({ by, formations }: By & { readonly formations: number }) =>
    `${by} abandoned formation ${formations}; the next has a new token`,
  unfreeze: ({ by, why }: By & { readonly why: AnyReason }, say: Say) =>
    `${by} let it be judged anew; it was frozen because ${say(why)}`,
  lost: ({ by, name, nodeId }: By & { readonly name: string; readonly nodeId: string }) =>
    `${by} says that ${name} (node ${nodeId}) is lost`,
  evict: ({ by, nodeId, kind, name }: By & { readonly nodeId: string; readonly kind: string; readonly name: string }) =>
    `${by} evicted the node ${nodeId}; the ${kind} ${name} is free`,
  replace: (facts: Replaced, say: Say) =>
    'why' in facts
      ? `${facts.member}: ${say(facts.why)}`
      : `${facts.by} replaces ${facts.member} (${facts.memberId})${facts.force ? ', by force' : ''}`,
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
      /** Whether it is known which members it had, after a restore of the coordinator as well. */
      readonly membersKnown: boolean;
      /** Why some nodes cannot found the restored cluster; null where all can. */
      readonly unable: AnyReason | null;
    },
    say: Say,
  ) =>
    `${by} gave up formation ${formations} for the snapshot ${snapshot}` +
    (membersKnown ? '' : '; which members it had since the backup is not known') +
    (unable === null ? '' : `; these nodes cannot found the restored cluster: ${say(unable)}`),
  'taken-over': ({ changes }: { readonly changes: readonly AnyReason[] }, say: Say) =>
    `taken over from what its nodes report: ${changes.map(say).join('; ')}`,
  'state-not-rendered': (
    { nodeId, name, why }: { readonly nodeId: string; readonly name: string; readonly why: AnyReason },
    say: Say,
  ) => `what the node ${nodeId} of ${name} should have cannot be rendered, so it is told nothing new: ${say(why)}`,
  release: ({
    by,
    done,
    version,
    architecture,
    sha256,
  }: By & {
    readonly done: 'added' | 'removed';
    readonly version: string | null;
    readonly architecture: string;
    readonly sha256: string;
  }) =>
    done === 'added'
      ? `${by} added etcdutl ${version ?? 'of an unknown version'} for ${architecture} (${sha256})`
      : `${by} removed the etcdutl for ${architecture} (${sha256})`,
  restored: ({ of, number, name }: { readonly of: string; readonly number: number; readonly name: string }) =>
    `This coordinator was restored from the backup of ${of}; its epoch is ${number} (${name}). All join tokens are void.`,
} as const;
