import type { ListedMember } from '@picket/shared/protocol/report.ts';

/** A JSON object as the gateway sends it: 64-bit numbers as decimal strings, zero and false left out. */
export type JsonObject = { readonly [key: string]: unknown };

/** An etcd id as etcd prints it: lower-case hex without leading zeros; `0` where it is left out. */
export function idFrom(value: unknown): string {
  return decimal(value).toString(16);
}

/** The decimal string by which the gateway takes an id. */
export function idTo(hex: string): string {
  return BigInt(`0x${hex}`).toString();
}

/** Exact up to 2⁵³; 0 where it is left out. */
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

/** A member of a member list, bounded as the report's schema is. */
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
 * The alarms among the errors of maintenance/status, as `NOSPACE on 1a2b`. Read there because etcd puts each listing of
 * alarms through raft: a report every few seconds would write to every disk of the cluster.
 */
export function alarmsFrom(errors: unknown): string[] {
  return listFrom(errors).flatMap((text) => {
    const match = /^memberID:(\d+) alarm:(\w+)/.exec(textFrom(text));
    return match === null ? [] : [`${match[2]} on ${idFrom(match[1])}`];
  });
}

/** Whether one of these alarms, as {@link alarmsFrom} has them, is that a database is full. */
function isNoSpace(alarms: readonly string[]): boolean {
  return alarms.some((alarm) => alarm.startsWith('NOSPACE '));
}

/**
 * Where a member tells of its health. With a full database it takes no writes and does all else; asked so, it says
 * whether it does. Only then, since some versions note in their log that nothing was left out.
 */
export function healthPath(alarms: readonly string[]): string {
  return isNoSpace(alarms) ? '/health?exclude=NOSPACE' : '/health';
}

function urlsFrom(value: unknown): string[] {
  return listFrom(value)
    .map((url) => textFrom(url).slice(0, 300))
    .slice(0, 10);
}

function decimal(value: unknown): bigint {
  if (typeof value === 'string' && /^\d{1,20}$/.test(value)) return BigInt(value);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : 0n;
}
