import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
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
 * What Picket does not know before an upgrade or a downgrade, and an operator may want to look at. Pure.
 *
 * @param minor the last minor version that an upgrade brings; null: clients meet no version that they have not met
 */
export function unchecked(situation: Situation, minor: string | null): readonly Reason[] {
  const members = voters(situation).flatMap(([member]) => (freeBytesOf(situation, member) === null ? [member] : []));
  return [
    ...(members.length === 0 ? [] : [reason('unchecked_room', { members })]),
    ...(minor === null ? [] : [reason('unchecked_clients', { minor })]),
  ];
}
