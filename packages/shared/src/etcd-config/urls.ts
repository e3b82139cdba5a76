import { canonicalAddress, validDomain } from '../names.ts';
import { quote } from '../problems.ts';

/** A URL in etcd’s form: scheme, host and port, without a path. */
export interface EtcdUrl {
  readonly scheme: string;
  /** An IP address without brackets, or a name. */
  readonly host: string;
  readonly port: number;
}

/** `scheme://host:port`, an IPv6 address in brackets. */
export function formatUrl(scheme: 'http' | 'https', host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Splits a URL into its parts, or says what is wrong with it. Stricter than etcd: one spelling only (canonical address,
 * lower case, no spaces), so that equal URLs are equal strings.
 */
export function readUrl(url: string): EtcdUrl | { readonly problem: string } {
  const [, scheme, bracketed, plain, digits] =
    /^([a-z]+):\/\/(?:\[([^[\]/?#@]*)\]|([^:[\]/?#@\s]*)):(\d+)$/.exec(url) ?? [];
  const host = bracketed ?? plain;
  if (scheme === undefined || host === undefined || digits === undefined) {
    return { problem: `${quote(url)} is not of the form https://HOST:PORT; correct it` };
  }
  const port = Number(digits);
  if (port < 1 || port > 65_535 || String(port) !== digits) {
    return { problem: `${quote(url)} has the port ${quote(digits)}; use a number from 1 to 65535` };
  }
  const canonical = canonicalAddress(host);
  const isAddress = canonical === host && (bracketed !== undefined) === host.includes(':');
  if (isAddress || (bracketed === undefined && validDomain(host))) return { scheme, host, port };
  return {
    problem: `${quote(url)} has the host ${quote(host)}${canonical === undefined ? '; use an IP address or a lower-case DNS name' : `; write it as ${canonical}`}`,
  };
}
