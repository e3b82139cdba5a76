import { targetOf } from '@picket/shared/etcd-target.ts';
import { isOfMinor } from '@picket/shared/etcd-version.ts';
import type { ClusterStatusView, MemberView } from '@picket/shared/protocol/clusters.ts';
import type { EventView } from '@picket/shared/protocol/events.ts';
import type { Rendered } from '@picket/shared/protocol/rendered.ts';
import { likenessOf } from '@picket/shared/reasons/likeness.ts';
import { rolloutLine } from '../render/rollout.ts';
import type { Look } from './until-done.ts';

/** Looks at the status of a cluster, or at its events: whether what was ordered is done. */

type Failed = { readonly state: 'failed'; readonly problem: string };
/** The result of a wait: what goes on only after an operator has done something; empty if all is done. */
type Asks = readonly string[];
export type Seen = Exclude<Look<Asks>, { readonly state: 'failed' }> | Failed;

const done: Seen = { state: 'done', result: [] };

/** @param change the revision of the change, and whether it changes members */
export function changeLook(
  view: ClusterStatusView,
  change: { readonly revision: number; readonly members: boolean },
): Seen {
  const { rollout, revision, members } = view;
  const arrived = members.every((member) => member.leaving !== true && member.phase === 'voter');
  // Members come and go although an earlier rollout is paused or has stopped.
  if (change.members && !arrived) return waits(view);
  if (rollout !== null && rollout.state !== 'rolling') {
    const why =
      rollout.state === 'paused' ? 'an operator has paused the rollout' : 'the rollout has stopped at a member';
    return failed(rollout.reason?.message ?? why);
  }
  return revision >= change.revision && rollout === null && view.upgrade === undefined ? done : waits(view);
}

/** @param to as `targetOf` reads it. The wait also ends if the upgrade continues only after an operator has done something. */
export function upgradeLook(view: ClusterStatusView, to: string): Seen {
  const { rollout, upgrade, members } = view;
  if (rollout?.state === 'stopped') return failed(rollout.reason?.message ?? 'the rollout has stopped at a member');
  const pauses = view.waitsFor.filter(({ code }) => code.startsWith('upgrade_pauses_'));
  // Just after a resume, the words may still be those of the pause before.
  if (pauses.length > 0 && rollout?.state !== 'rolling') return asks(pauses);
  const { version, minor } = targetOf(to);
  const others = members.filter(({ status }) => {
    const runs = status?.etcd?.version ?? '';
    return version === null ? !isOfMinor(runs, minor) : runs !== version;
  });
  const packages = view.waitsFor.filter(({ code }) => code === 'package_awaited');
  // A member that has the package, or that gets it now, moves without an operator.
  const moves = others.some(({ name }) => about(packages, name) === undefined);
  const onTrial = rollout?.members.some((member) => member.onTrial) === true;
  if (packages.length > 0 && !moves && !onTrial) return asks(packages);
  return upgrade === undefined && rollout === null && others.length === 0 ? done : waits(view);
}

function asks(reasons: readonly Rendered[]): Seen {
  return { state: 'done', result: reasons.map(({ message }) => message) };
}

/**
 * @param before the member before it was given up
 * @param kept events that an operator keeps a member after all
 */
export function replacedLook(view: ClusterStatusView, kept: readonly EventView[], before: MemberView): Seen {
  const taken = about(kept, before.name);
  if (taken !== undefined) return failed(taken.message);
  const member = memberIn(view, before.name);
  const isNew = member?.phase === 'voter' && member.incarnation !== before.incarnation;
  return isNew ? done : waits(view);
}

/** Done once etcd has removed the member that it was. */
export function removedLook(view: ClusterStatusView, before: MemberView): Seen {
  const isThere = before.incarnation !== null && memberIn(view, before.name)?.incarnation === before.incarnation;
  return isThere ? waits(view) : done;
}

/** @param before the cluster ID before the restore */
export function restoredLook(view: ClusterStatusView, before: string | null): Seen {
  const isAnother = view.clusterId !== null && view.clusterId !== before;
  return isAnother && view.state === 'healthy' ? done : waits(view);
}

export function releasedLook(view: ClusterStatusView, name: string): Seen {
  const hold = memberIn(view, name)?.hold ?? null;
  return hold === null ? done : waits(view);
}

/** @param view null: nothing has this name any more */
export function deletedLook(view: ClusterStatusView | null): Seen {
  return view === null || view.state === 'deleted' ? done : waitsFor(view);
}

/** Of orders whose end is an event about a member, which says how it ended. */
export function endedLook(
  events: readonly EventView[],
  view: ClusterStatusView,
  { member, good }: { readonly member: string; readonly good: string },
): Seen {
  const end = about(events, member);
  if (end === undefined) return waits(view);
  const { outcome } = end.facts as { readonly outcome?: unknown };
  return outcome === good ? done : failed(end.message);
}

function about<Told extends Pick<Rendered, 'facts'>>(told: readonly Told[], member: string): Told | undefined {
  return told.find(({ facts }) => (facts as { readonly member?: unknown }).member === member);
}

/** What the cluster waits for, unless Picket takes no more steps in it. */
function waits(view: ClusterStatusView): Seen {
  const isOver = view.state === 'frozen' || view.state === 'deleting' || view.state === 'deleted';
  return isOver ? failed(view.headline.message.replace(/\.$/, '')) : waitsFor(view);
}

function waitsFor(view: ClusterStatusView): Seen {
  const { headline, rollout, upgrade, waitsFor: reasons } = view;
  const parts: readonly Rendered[] = reasons.length === 0 ? [headline] : reasons;
  const stage = upgrade === undefined ? [] : [`stage ${upgrade.stage} of ${upgrade.stages}`];
  const said = reasons.map(({ message }) => message);
  const rest = reasons.length === 0 ? [headline.message] : [];
  return {
    state: 'waits',
    // On a terminal the line is cut: what it waits for comes before who has what.
    text: [...stage, ...said, ...rolloutLine(rollout), ...rest].join('; '),
    likeness: JSON.stringify([rollout, parts.map(likenessOf)]),
  };
}

function failed(problem: string): Failed {
  return { state: 'failed', problem };
}

/** The member of this name; undefined: the cluster has none. */
export function memberIn({ members }: ClusterStatusView, name: string): MemberView | undefined {
  return members.find((member) => member.name === name);
}
