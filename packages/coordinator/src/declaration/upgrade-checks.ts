import { advisoriesFor } from '@picket/shared/advisories/advisories-for.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { authenticationSeen } from '../model/authentication-seen.ts';
import { freeBytesOf, lackOfRoom } from '../model/disk-room.ts';
import { presentStatus, voters } from '../model/health.ts';
import type { Situation } from '../model/situation.ts';

/**
 * The voters whose disk has no room for a copy of the database: a member that has missed much during its restart gets one from the leader,
 * and etcd ends if its log cannot grow. Pure.
 */
export function withoutRoom(situation: Situation): readonly Reason[] {
  return voters(situation).flatMap(([member]) => {
    const bytes = presentStatus(situation, member)?.etcd?.dbSizeBytes;
    const lack = bytes === undefined ? null : lackOfRoom(situation, member, bytes);
    return lack === null ? [] : [reason('upgrade_lacks_room', lack)];
  });
}

/**
 * The known faults of the versions that members are to run, and that may concern this cluster. What such an upgrade itself can
 * cause is not among them: its stages avoid that. Pure.
 */
export function targetFaults(situation: Situation, versions: readonly string[]): readonly Reason[] {
  const facts = { authentication: authenticationSeen(situation), members: voters(situation).length };
  return versions.flatMap((version) =>
    advisoriesFor([version], facts).flatMap(({ advisory: { id, severity, effect, concerns } }) =>
      concerns.startsWith('minor-upgrade') ? [] : [reason('target_fault', { version, id, severity, effect, concerns })],
    ),
  );
}

/**
 * What Picket does not know before an upgrade or a downgrade, and an operator may want to look at. Pure.
 *
 * @param minor the last minor version that an upgrade brings; null: clients meet no version that they have not met
 */
export function unchecked(situation: Situation, minor: string | null): readonly Reason[] {
  const members = voters(situation).flatMap(([member]) => (freeBytesOf(situation, member) === null ? [member] : []));
  return [
    ...(members.length === 0 ? [] : [reason('unchecked_room', { members })]),
    ...(voters(situation).length === 1 ? [] : [reason('unchecked_hashes')]),
    ...(minor === null ? [] : [reason('unchecked_clients', { minor })]),
  ];
}
