import ipaddr from 'ipaddr.js';
import { quote } from './problems.ts';

/**
 * The names and addresses that every part of Picket accepts: the API schemas, hosts.csv and conf.yml.
 * Each `…Problem` function returns undefined if the value is right, otherwise a clause that says what is wrong and what to do.
 * The caller puts the place of the value before the clause.
 */

/** JSON Schema `pattern` of a member or cluster name: one RFC 1123 label, lower-case, at most 63 characters. */
const labelPattern = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$';

const label = new RegExp(labelPattern);
const octet = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
// ipaddr.js throws and catches for everything that is not IPv4, which takes longer than all other checks of a name.
const ipv4 = new RegExp(`^${octet}([.]${octet}){3}$`);
const domainMaxLength = 253;

/** What is wrong with the name of a member. A fully-qualified name is refused, because the domain is a setting of the cluster. */
export function nameProblem(value: string): string | undefined {
  if (value === '') return 'the name is empty; give one';
  if (label.test(value)) return undefined;
  const dot = value.indexOf('.');
  const [host, domain] = [value.slice(0, dot), value.slice(dot + 1)];
  if (dot > 0 && label.test(host) && validDomain(domain)) {
    return `${quote(value)} is a fully-qualified name; write ${quote(host)} here and give the domain once, with --domain ${domain}`;
  }
  if (value.length > 63) return `the name ${quote(value)} has ${value.length} characters; use at most 63`;
  return `${quote(value)} is not a host name; use lower-case letters, digits and hyphens, with a letter or digit at both ends`;
}

/** Whether this is the name of a cluster. It has the same form as a member's name, because paths and subjects contain it. */
export function validClusterName(value: string): boolean {
  return label.test(value);
}

/**
 * Whether this is a domain: RFC 1123 labels in lower case, no final dot, at most 253 characters. The last label must not be a
 * number, so that an address is not accepted as a domain.
 */
export function validDomain(value: string): boolean {
  const labels = value.split('.');
  return (
    value.length <= domainMaxLength && labels.every((part) => label.test(part)) && !/^\d+$/.test(labels.at(-1) ?? '')
  );
}

/** A host name as DNS compares it: in lower case, without the final dot. */
export function canonicalHostName(value: string): string {
  return value.toLowerCase().replace(/\.$/, '');
}

/** Whether a host name is this name of a member or client, alone or with any domain. */
export function isNamed(hostName: string, name: string): boolean {
  const canonical = canonicalHostName(hostName);
  return canonical === name || canonical.startsWith(`${name}.`);
}

export interface AddressOptions {
  /** Accept loopback addresses, for members that share one machine as in the demo. */
  readonly allowLoopback?: boolean;
}

/**
 * The canonical spelling of an IP address: IPv4 as four decimal numbers, IPv6 by RFC 5952. Undefined if the value is not an IP
 * address, has a zone, or is an IPv4 address written as IPv6 (which would be a second spelling).
 */
export function canonicalAddress(value: string): string | undefined {
  if (ipv4.test(value)) return value;
  if (!ipaddr.IPv6.isValid(value) || value.includes('%')) return undefined;
  const address = ipaddr.IPv6.parse(value);
  return address.isIPv4MappedAddress() ? undefined : address.toRFC5952String();
}

/** Whether a canonical address is a loopback address. */
export function isLoopback(address: string): boolean {
  return canonicalAddress(address) !== undefined && ipaddr.parse(address).range() === 'loopback';
}

/** Whether a canonical address means every interface, so that no other host can dial it. */
export function isUnspecified(address: string): boolean {
  return canonicalAddress(address) !== undefined && ipaddr.parse(address).range() === 'unspecified';
}

/** An IPv6 address stands in brackets in a URL, and not here. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** Whether a URL names this machine itself, so that nothing crosses a network. */
export function isToThisMachine(url: URL): boolean {
  return ['127.0.0.1', '::1', 'localhost'].includes(hostOf(url));
}

/** Whether an IP address in any spelling is link-local, also an IPv4 address within IPv6: mapped, or through NAT64. */
export function isLinkLocal(address: string): boolean {
  const [plain = ''] = address.split('%');
  if (!ipaddr.isValid(plain)) return false;
  const read = ipaddr.process(plain);
  if (read.range() === 'linkLocal') return true;
  if (read.kind() === 'ipv4' || read.range() !== 'rfc6052') return false;
  return ipaddr.fromByteArray(read.toByteArray().slice(-4)).range() === 'linkLocal';
}

/** Why a member cannot have this address. A spelling that is not canonical is no problem. */
export function addressProblem(value: string, options: AddressOptions = {}): string | undefined {
  if (value === '') return 'the address is empty; give the IP address of the host';
  const canonical = canonicalAddress(value);
  if (canonical === undefined) return spellingProblem(value);
  const cannot = `${value} cannot be the address of a member: it is`;
  switch (ipaddr.parse(canonical).range()) {
    case 'loopback':
      return options.allowLoopback === true
        ? undefined
        : `${cannot} a loopback address, which other hosts cannot reach; give the address of a network interface (all on one machine, as a trial: --allow-loopback)`;
    case 'multicast':
      return `${cannot} a multicast address; give the address of a network interface`;
    case 'unspecified':
      return `${cannot} an unspecified address; give the address of a network interface`;
    case 'broadcast':
      return `${cannot} the broadcast address; give the address of a network interface`;
    case 'linkLocal':
      return `${cannot} link-local and may change or need a zone; give a static address`;
    default:
      return undefined;
  }
}

function spellingProblem(value: string): string {
  const said = quote(value);
  if (/^[a-z]+:\/\//i.test(value)) return `${said} is a URL; write the IP address alone`;
  if (value.includes('%')) return `${said} has a zone; give an address that needs none`;
  if (/^[^/]+\/\d+$/.test(value)) return `${said} has a prefix length; write the address without it`;
  if (value.startsWith('[')) return `${said} has brackets; write the IPv6 address without them and without a port`;
  if (/^[\d.]+:\d+$/.test(value)) return `${said} has a port; write the address without it`;
  if (ipaddr.IPv6.isValid(value)) {
    return `${said} is an IPv4 address written as IPv6; write ${ipaddr.IPv6.parse(value).toIPv4Address().toString()}`;
  }
  if (/^\d+(\.\d+){3}$/.test(value))
    return `${said} is not an IPv4 address; each part is a number from 0 to 255 without leading zeros`;
  if (/^[\d.]+$/.test(value)) return `${said} is not an IPv4 address; write four numbers, as in 192.168.7.11`;
  if (value.includes(':') && /^[\da-f:.]+$/i.test(value)) return `${said} is not an IPv6 address; correct it`;
  return `${said} is not an IP address; give the address of the host, as in 192.168.7.11`;
}
