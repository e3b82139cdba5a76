import { DerError, type DerNode, isUniversal, octetsOf, primitive, Tag } from './der.ts';

/** Without its milliseconds: certificates hold whole seconds. */
export function toWholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}

/**
 * UTCTime up to 2049, GeneralizedTime from 2050 on, both in UTC with seconds (RFC 5280 4.1.2.5).
 * Throws RangeError for an invalid date or one outside the years 1950–9999.
 */
export function encodeTime(date: Date): DerNode {
  const year = date.getUTCFullYear();
  if (!(year >= 1950 && year <= 9999)) throw new RangeError('A certificate date must be within the years 1950–9999.');
  const digits = `${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
  return year < 2050
    ? primitive(Tag.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : primitive(Tag.generalizedTime, Buffer.from(digits, 'latin1'));
}

/** Reads what {@link encodeTime} writes. Throws DerError for any other form and for days that do not exist. */
export function decodeTime(node: DerNode): Date {
  const text = octetsOf(node, 'a date').toString('latin1');
  const short = isUniversal(node, Tag.utcTime);
  if (!short && !isUniversal(node, Tag.generalizedTime)) throw new DerError('a date has an unexpected type');
  const digits = short ? `${text.slice(0, 2) < '50' ? '20' : '19'}${text}` : text;
  const iso = digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6.000Z');
  const date = new Date(iso);
  if (iso === digits || Number.isNaN(date.getTime()) || date.toISOString() !== iso) {
    throw new DerError('a date is not valid');
  }
  return date;
}
