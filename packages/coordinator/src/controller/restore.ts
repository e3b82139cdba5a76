import { failure } from '@picket/shared/errors.ts';
import { requireAbleToRestore } from './able-to-restore.ts';
import { withoutLives } from './apply-step.ts';
import { serving, voters } from './health.ts';
import type { ClusterProgress, Situation } from './model.ts';
import type { RestoreSource } from './snapshot-model.ts';
import { formerLives, type TakeOverSituation, thawed } from './take-over.ts';

/**
 * Gives a cluster up for one of its snapshots, by an operator's word: every life so far is retired, and the next
 * founding begins from the snapshot, under a new nonce and so as another cluster (R1). What was written since is lost.
 * Throws `restore_refused` where the cluster takes writes, unless that is meant.
 */
export function restoreFrom(situation: Situation, source: RestoreSource, force: boolean): ClusterProgress {
  const { progress, spec } = situation;
  const refuse = (reason: string) => failure('restore_refused', { name: spec.name, reason });
  if (progress.frozen !== null) throw refuse(`it is frozen: ${progress.frozen}`);
  if (!force && takesWrites(situation)) {
    throw refuse('it takes writes, and what was written since the snapshot would be lost; force it if that is meant');
  }
  requireAbleToRestore(situation);
  return { ...withoutLives(progress), secondVoterPossible: false, restore: source };
}

/**
 * The same where the coordinator itself was restored from a backup, and so many of etcd's voters are lost that its
 * progress cannot be taken from them any more: an operator who forces it says so. Also what the nodes report that were
 * taken up again is over, since the backup need not know it; `stillStanding` has the others waited for, or evicted.
 * Throws `restore_refused` while a member's node shows itself that was not taken up again.
 */
export function restoreUnheard(
  situation: Situation & Pick<TakeOverSituation, 'knocking'>,
  source: RestoreSource,
): ClusterProgress {
  const { progress, spec, status, knocking } = situation;
  if (knocking.length > 0) {
    const reason = `take the nodes that show themselves up again first: ${knocking.join(', ')}`;
    throw failure('restore_refused', { name: spec.name, reason });
  }
  requireAbleToRestore(situation);
  const reported = Object.entries(status.nodes).map(([name, node]) => ({
    name,
    incarnation: node.status?.service.incarnation ?? null,
  }));
  const retired = [...progress.retired, ...formerLives(progress, reported)];
  return { ...withoutLives(thawed(progress)), retired, secondVoterPossible: false, restore: source };
}

/** As far as is known. */
export function takesWrites(situation: Situation): boolean {
  const all = voters(situation);
  const able = all.filter(([name, member]) => serving(member, situation.status.nodes[name], situation).ok);
  return all.length > 0 && able.length >= Math.floor(all.length / 2) + 1;
}

/**
 * The nodes whose former etcd may still run, and why that is thought: were one founded beside them, clients could go on
 * writing to a cluster that is given up, and believe it. A node that is lost for good is evicted by the operator.
 */
export function stillStanding({ progress, status, spec }: Situation): readonly string[] {
  return spec.members.flatMap(({ name }) => {
    const node = status.nodes[name];
    if (node === undefined) return [];
    // After a restore of the coordinator the backup need not know of every life.
    const mayLive = node.uncounted !== undefined || progress.retired.some(({ member }) => member === name);
    if (!mayLive) return [];
    const agent = node.status?.agent;
    if (agent !== undefined && agent.generationApplied >= node.generation) return [];
    const obstacle = agent?.waits[0];
    const why = obstacle === undefined ? '' : ` (its agent waits: ${obstacle})`;
    return [
      `${name} to confirm that its etcd is stopped${why}; if the machine is lost for good: picket node evict ${node.nodeId}`,
    ];
  });
}

/**
 * The restore as it was before this member was released to found with it, once its machine is known to be lost; null if
 * it is not the one. Whatever that machine may still make of it has another token, and is another cluster (R1).
 */
export function takenBackFrom(progress: ClusterProgress, member: string): ClusterProgress | null {
  const { formation } = progress;
  if (formation?.member !== member || formation.clusterId !== null || formation.from === undefined) return null;
  return { ...withoutLives(progress), restore: formation.from };
}
