import { networkAdvice, networkCode, networkProblem, networkWords } from '@picket/shared/network-problem.ts';
import { certificateFromDer } from '@picket/shared/pki/certificate.ts';
import { DeadlineError } from './stream.ts';

/** Why a certificate was not accepted for a host: its names, as `localhost, 10.0.0.1`. */
export function nameMismatch(error: unknown): string | undefined {
  if (networkProblem(networkCode(error)) !== 'other-name') return undefined;
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
  const code = networkCode(error);
  const known = networkProblem(code);
  if ((known === 'expired' || known === 'not-yet-valid') && now !== undefined)
    return `${networkWords(known)}; this machine's clock says ${now}, is that right?`;
  if (known !== undefined) return networkAdvice(known);
  if (error instanceof DeadlineError)
    return 'it did not answer in time; does a firewall block it, or is it overloaded?';
  if (/ALERT/.test(code)) return `it refused this node's certificate or TLS version (${code})`;
  if (/^ERR_SSL_|^EPROTO$/.test(code)) return networkAdvice('no-tls');
  return code === '' ? 'the connection failed' : `the connection failed (${code})`;
}
