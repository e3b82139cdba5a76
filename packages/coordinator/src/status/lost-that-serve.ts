import { counted, knownMembers } from '../controller/restore/voter-evidence.ts';
import { quorumOf, serving, voters } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';

/**
 * The voters of which an operator said that they are lost, if the others are no majority; else nobody. If a quorum serves
 * then, one of these runs again. Pure.
 */
export function lostThatServe(situation: Situation): readonly string[] {
  const known = counted(knownMembers(situation)).filter(({ isVoter }) => isVoter);
  const lost = known.filter(({ evidence }) => evidence.kind === 'lost' && evidence.by === 'operator');
  const quorum = quorumOf(known.length);
  return known.length - lost.length < quorum ? lost.map(({ name }) => name) : [];
}

/** True if a snapshot was taken since a quorum serves again. */
export function snapshotTakenMeanwhile(situation: Situation): boolean {
  const { status, progress } = situation;
  const { last } = progress.snapshots;
  return voters(situation).some(([name]) => {
    const node = status.nodes[name];
    if (!serving(situation, name).ok || node?.healthySince == null) return false;
    return last !== null && last.takenAt >= node.healthySince;
  });
}
