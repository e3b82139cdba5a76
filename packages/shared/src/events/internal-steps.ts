import type { Member, Numbers, Texts } from '../reasons/facts.ts';
import type { Sayers } from '../reasons/reason.ts';
import { taskInWords } from '../reasons/space.ts';
import { type DowngradeTarget, downgradeInWords } from '../reasons/upgrade.ts';

type Executor = Texts<'executor'>;
type Change = { readonly mutation: Member & Texts<'kind'> };

/**
 * Internal steps of the controller: lists leave them out unless they are asked for. What comes of such a step has an event of its own
 * or is in the status. A step is not internal if its event alone says who ordered something, or why something waits or fails.
 */
export const internalStepEvents = {
  found: '{member} founds the cluster',
  assign: ({ executor, mutation }: Executor & Change) => `${executor} is asked to ${mutation.kind} ${mutation.member}`,
  'forget-addition': '{member} was removed from the declaration before etcd knew it: nobody adds it any more',
  'forget-assignment': ({ mutation }: Change) =>
    `the former request to ${mutation.kind} ${mutation.member} can no longer be carried out`,
  'record-caught-up': '{member} has caught up with the leader',
  'forget-incarnations': ({ incarnations }: { readonly incarnations: readonly (Member & Texts<'incarnation'>)[] }) =>
    `${incarnations.map(({ member, incarnation }) => `the former incarnation ${incarnation} of ${member}`).join(', ')}: its node has retired it, and the coordinator forgets it`,
  'retire-incarnation':
    'the incarnation {incarnation} of {member} is retired: the coordinator from before the restore started it, and etcd does not list it',
  'note-raft-index': ({ index }: Numbers<'index'>) =>
    `the etcd that runs now has written every entry of the log past the index ${index}: each voter needs a raft snapshot past it`,
  'assign-downgrade': ({ executor, to }: Executor & DowngradeTarget) => `${executor} is asked ${downgradeInWords(to)}`,
  'assign-snapshot': '{executor} is asked for a snapshot: {why}',
  'assign-maintenance': ({ executor, task }: Executor & { readonly task: 'compact' | 'disarm' }) =>
    `${executor} is asked to ${taskInWords[task]}`,
  'assign-disarming':
    '{executor} is asked to disarm CORRUPT: each member whose data differed has left, and all voters have the same data',
  'assign-admission': '{executor} is asked to give Picket its user of etcd, which the imported snapshot lacks',
} as const satisfies Sayers;
