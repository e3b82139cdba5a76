import type { KeysHash } from '@picket/shared/protocol/maintenance.ts';
import type { EtcdReport, ListedMember } from '@picket/shared/protocol/report.ts';

/** A JSON object of the gateway: 64-bit numbers are decimal strings, zero and false are omitted. */
export type JsonObject = { readonly [key: string]: unknown };

/** An etcd id in etcd's notation: lower-case hex without leading zeros; `0` if it is omitted. */
export function idFrom(value: unknown): string {
  return decimal(value).toString(16);
}

/** An id as the decimal string that the gateway expects. */
export function idTo(hex: string): string {
  return BigInt(`0x${hex}`).toString();
}

/** Exact up to 2⁵³; 0 if it is omitted. */
export function countFrom(value: unknown): number {
  return Number(decimal(value));
}

export function textFrom(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function listFrom(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function objectFrom(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** A member of a member list, with the limits of the report's schema. */
export function memberFrom(value: unknown): ListedMember {
  const member = objectFrom(value);
  return {
    id: idFrom(member.ID),
    name: textFrom(member.name).slice(0, 128),
    peerUrls: urlsFrom(member.peerURLs),
    clientUrls: urlsFrom(member.clientURLs),
    isLearner: member.isLearner === true,
  };
}

/**
 * The alarms in the errors of maintenance/status, as `NOSPACE on 1a2b`. The agent reads them there and not from
 * maintenance/alarm, because etcd sends each request for the list of alarms through raft: with a report every few
 * seconds, that would write to every disk of the cluster. etcd raises CORRUPT for the member 0, which it leaves out,
 * where it does not know whose data differs. From etcd 3.7 on there are one or two spaces between the fields: its
 * library chooses by a hash of the binary, so that nobody relies on their number.
 */
export function alarmsFrom(errors: unknown): string[] {
  return listFrom(errors).flatMap((text) => {
    const match = /^(?:memberID:(\d+) {1,2})?alarm:(\w+)/.exec(textFrom(text));
    return match === null ? [] : [`${match[2]} on ${idFrom(match[1])}`];
  });
}

/** What maintenance/status says of the format of the data and of a downgrade; nothing of an etcd 3.5. */
export function storageFrom({ storageVersion, downgradeInfo }: JsonObject): Storage {
  const { enabled, targetVersion } = objectFrom(downgradeInfo);
  return {
    ...(storageVersion === undefined ? {} : { storageVersion: textFrom(storageVersion).slice(0, 64) }),
    ...(downgradeInfo === undefined
      ? {}
      : { downgradeInfo: { enabled: enabled === true, targetVersion: textFrom(targetVersion).slice(0, 64) } }),
  };
}

type Storage = Pick<EtcdReport, 'storageVersion' | 'downgradeInfo'>;

/** An answer of HashKV. The revision is that of the member. */
export function hashFrom({ header, hash, compact_revision: compacted }: JsonObject): KeysHash {
  const compactRevision = compacted === '-1' ? -1 : countFrom(compacted);
  return {
    hash: countFrom(hash).toString(16).padStart(8, '0'),
    revision: countFrom(objectFrom(header).revision),
    compactRevision,
  };
}

/** True if one of these alarms, from {@link alarmsFrom}, says that a database is full. */
function isNoSpace(alarms: readonly string[]): boolean {
  return alarms.some((alarm) => alarm.startsWith('NOSPACE '));
}

/**
 * The path that reports a member's health. A member with a full database takes no writes and does all else; with this
 * parameter it reports on the rest. The agent adds the parameter only then, since some versions log it when the
 * parameter excluded nothing.
 */
export function healthPath(alarms: readonly string[]): string {
  return isNoSpace(alarms) ? '/health?exclude=NOSPACE' : '/health';
}

/** The path that reports a member's health beside the alarm CORRUPT, which every member shows. */
export const healthPathWhileCorrupt = '/health?exclude=CORRUPT';

function urlsFrom(value: unknown): string[] {
  return listFrom(value)
    .map((url) => textFrom(url).slice(0, 300))
    .slice(0, 10);
}

function decimal(value: unknown): bigint {
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return BigInt(value);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : 0n;
}
