import ipaddr from 'ipaddr.js';
import { failure } from '../errors.ts';
import { canonicalAddress, validDomain } from '../names.ts';
import { excerpt } from './excerpt.ts';

/** A subject alternative name of a kind that Picket uses (RFC 5280 4.2.1.6). */
export interface San {
  readonly type: 'dns' | 'ip' | 'uri';
  readonly value: string;
}

const maxUriLength = 2048;

/**
 * The names as they will stand in a certificate: DNS names in lower case, addresses in their shortest form (RFC 5952),
 * each once, in the order given. Throws `name_invalid` for the first that cannot stand there.
 */
export function canonicalSans(sans: readonly San[]): San[] {
  const byText = new Map<string, San>();
  for (const san of sans.map(canonicalSan)) byText.set(`${san.type}:${san.value}`, san);
  return [...byText.values()];
}

/** See {@link canonicalSans}. */
function canonicalSan(san: San): San {
  const value = san.type === 'dns' ? san.value.toLowerCase() : san.value;
  const problem = { dns: dnsProblem, ip: ipProblem, uri: uriProblem }[san.type](value);
  if (problem !== undefined) {
    throw failure('name_invalid', { kind: kindWords[san.type], name: excerpt(san.value), problem });
  }
  return { type: san.type, value: san.type === 'ip' ? addressText(addressOctets(value)) : value };
}

/** The octets of a valid IPv4 or IPv6 address, 4 or 16. */
export function addressOctets(address: string): Buffer {
  return Buffer.from(ipaddr.parse(address).toByteArray());
}

/** The shortest text of 4 or 16 octets (RFC 5952). */
export function addressText(octets: Uint8Array): string {
  const address = ipaddr.fromByteArray([...octets]);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

const kindWords = { dns: 'DNS name', ip: 'IP address', uri: 'URI' } as const;

function dnsProblem(name: string): string | undefined {
  if (name.length > 253) return 'it is longer than 253 characters';
  return validDomain(name)
    ? undefined
    : 'it needs parts of 1–63 letters, digits and inner hyphens, the last of them not a number (RFC 1123)';
}

function ipProblem(address: string): string | undefined {
  return canonicalAddress(address) === undefined
    ? 'it is not an IPv4 or IPv6 address in its plain form, without zone or prefix'
    : undefined;
}

function uriProblem(uri: string): string | undefined {
  if (uri.length > maxUriLength) return `it is longer than ${maxUriLength} characters`;
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/.test(uri)) {
    return 'it is not an absolute URI of the characters in RFC 3986';
  }
  const authority = /^[^:]+:\/\/([^/?#]*)/.exec(uri)?.[1];
  return authority === undefined ? undefined : authorityProblem(authority);
}

// RFC 5280 4.2.1.6 wants a fully qualified host; Go refuses a whole certificate for a host it cannot read.
function authorityProblem(authority: string): string | undefined {
  const bracketed = /^\[([0-9A-Fa-f:.]+)\](:\d{1,5})?$/.exec(authority);
  if (bracketed !== null) return ipProblem(bracketed[1] ?? '');
  const host = /^([^:@[\]]+)(:\d{1,5})?$/.exec(authority)?.[1];
  if (host === undefined) return 'its host cannot be read';
  return canonicalAddress(host) === undefined ? dnsProblem(host.toLowerCase()) : undefined;
}
