import { certificateFromDer } from '@picket/shared/pki/certificate.ts';
import { DeadlineError } from './exchange.ts';

/** Why a certificate was not accepted for a host: its names, as `localhost, 10.0.0.1`. */
export function nameMismatch(error: unknown): string | undefined {
  if (codeOf(error) !== 'ERR_TLS_CERT_ALTNAME_INVALID') return undefined;
  const raw =
    error instanceof Error && 'cert' in error ? (error.cert as { raw?: unknown } | undefined)?.raw : undefined;
  const sans = raw instanceof Uint8Array ? certificateFromDer(raw).sans.filter(({ type }) => type !== 'uri') : [];
  return sans.length === 0
    ? 'no host at all'
    : sans
        .slice(0, 20)
        .map(({ value }) => value)
        .join(', ');
}

/**
 * Why a connection failed, as a clause for a person, with a hint.
 *
 * @param now this machine's clock, ISO 8601: a wrong clock causes most certificates that are "not yet valid"
 */
export function connectionProblem(error: unknown, now?: string): string {
  const code = codeOf(error) ?? '';
  const known = problems[code];
  if (known !== undefined) return known;
  if (error instanceof DeadlineError)
    return 'it did not answer in time; does a firewall block it, or is it overloaded?';
  const clock =
    now === undefined ? "is this machine's clock right?" : `this machine's clock says ${now}, is that right?`;
  if (code === 'CERT_NOT_YET_VALID') return `its certificate is not valid yet; ${clock}`;
  if (code === 'CERT_HAS_EXPIRED') return `its certificate has expired; ${clock}`;
  if (untrusted.has(code))
    return 'its certificate is not from an authority that this node trusts; is it another coordinator, or does something intercept the connection?';
  if (/ALERT/.test(code)) return `it refused this node's certificate or TLS version (${code})`;
  if (/^ERR_SSL_|^EPROTO$/.test(code)) return 'it does not speak TLS there; is the port right?';
  return code === '' ? 'the connection failed' : `the connection failed (${code})`;
}

const broken = 'the connection broke off; did it restart?';
const silent = 'nothing answers at that address; is it switched on, and does a firewall block it?';

const problems: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; is it running, and is the port right?',
  ENOTFOUND: 'its name is not known to DNS; is it spelled right?',
  EAI_AGAIN: 'its name could not be looked up; does DNS work on this machine?',
  ETIMEDOUT: silent,
  UND_ERR_CONNECT_TIMEOUT: silent,
  EHOSTUNREACH: 'there is no route to that host; is this machine on the right network?',
  ENETUNREACH: 'there is no route to that network; is the network up?',
  EADDRNOTAVAIL: 'there is no route to that address from here; is the network up?',
  ECONNRESET: broken,
  EPIPE: broken,
  UND_ERR_SOCKET: broken,
};

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
]);

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
