import { randomBytes } from 'node:crypto';
import { type DerNode, unsignedInteger } from './der.ts';

/**
 * A new serial number: 20 octets as lower-case hex, positive, with 158 random bits (RFC 5280 4.1.2.2 allows 20 octets;
 * the first is 40–7f, so that the number has the same length in hex, in DER and in every tool's output).
 */
export function randomSerial(): string {
  const octets = randomBytes(20);
  octets.writeUInt8(((octets[0] ?? 0) & 0x3f) | 0x40, 0);
  return octets.toString('hex');
}

/** Throws RangeError unless it is 1–20 octets in lower-case hex, first octet 01–7f: positive, in its only form. */
export function encodeSerial(serial: string): DerNode {
  if (!/^(?!00)[0-7][0-9a-f]([0-9a-f]{2}){0,19}$/.test(serial)) {
    throw new RangeError('A serial number must be 1–20 octets of lower-case hex, positive, without leading zeros.');
  }
  return unsignedInteger(Buffer.from(serial, 'hex'));
}
