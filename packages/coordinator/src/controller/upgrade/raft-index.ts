import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { act, type Opinion, remark } from '../../model/opinion.ts';
import { needsRaftSnapshots, raftIndexShown, withoutRaftSnapshot } from '../../model/raft-snapshots.ts';
import type { Situation } from '../../model/situation.ts';
import type { Upgrade } from '../../model/upgrade-progress.ts';

/** Whose raft snapshots are missing. */
export function raftSnapshotsAwaited(situation: Situation): readonly Reason[] {
  const index = situation.progress.upgrade?.raftIndex;
  const members = withoutRaftSnapshot(situation);
  return index === undefined || members.length === 0 ? [] : [reason('raft_snapshot_awaited', { members, index })];
}

/**
 * Notes past which raft index each raft snapshot must be, before any member is given the settings that make etcd write one; null if
 * nothing is to be noted. It is noted again where no voter has applied so much: then one of them did not say the truth.
 */
export function raftIndexToNote(situation: Situation): Opinion | null {
  const { progress } = situation;
  if (!needsRaftSnapshots(progress)) return null;
  const noted = progress.upgrade?.raftIndex;
  const { index, unseen } = raftIndexShown(situation);
  const isShown = unseen.length === 0;
  if (noted !== undefined && !(isShown && index < noted)) return null;
  return isShown
    ? act({ kind: 'note-raft-index', index })
    : remark(reason('cluster_version_unseen', { members: unseen, minor: progress.etcdMinor }));
}

/** For a cluster whose entries are not those that it was noted for. */
export function withoutRaftIndex({ raftIndex: _noted, ...upgrade }: Upgrade): Upgrade {
  return upgrade;
}
