import { createHash } from 'node:crypto';
import type { AuditEntry, AuditHead } from '../protocol/audit.ts';

/** What the first entry names as the hash of the entry before it. */
export const noHash = '0'.repeat(64);

/**
 * One text for one JSON value: without spaces, the fields sorted by name (RFC 8785). Any JSON library can make it, so
 * anybody can check a log without Picket.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const sorted = fields.sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${sorted.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`;
}

/** The SHA-256 of the canonical JSON of an entry without its hash, as lower-case hex. */
export function entryHash(entry: Omit<AuditEntry, 'hash'>): string {
  const { hash: _hash, ...covered } = entry as AuditEntry;
  return createHash('sha256').update(canonicalJson(covered)).digest('hex');
}

/** `NUMBER:HASH`, as people store it. */
export function headText({ number, hash }: AuditHead): string {
  return `${number}:${hash}`;
}

/** The opposite of {@link headText}; undefined for another text. */
export function readHead(text: string): AuditHead | undefined {
  const [, number, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  return number === undefined || hash === undefined ? undefined : { number: Number(number), hash };
}
