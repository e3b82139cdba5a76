import type { TLSSocket } from 'node:tls';
import { hostOf } from '@picket/shared/names.ts';
import type { Certificate } from '@picket/shared/pki/certificate.ts';
import { readCredential } from '@picket/shared/pki/credential.ts';
import type { LeafPurpose } from '@picket/shared/protocol/primitives.ts';
import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import { connectionTo } from '../http/connection.ts';
import { stream } from '../http/stream.ts';

/** What is needed to check whether this node’s etcd accepts a certificate that was just renewed. */
export interface ProofRequest {
  readonly purpose: LeafPurpose;
  readonly clientUrl: string;
  readonly peerUrl: string;
  /**
   * PEM bundle that must vouch for etcd's certificate: the peer CA’s for a peer certificate, otherwise the client CA’s.
   */
  readonly trust: string;
  /** The renewed certificate and its key in one PEM, from the disk. */
  readonly credential: string;
}

/** `silent`: etcd hangs or has just ended; nothing speaks against the certificate. `down`: nothing listens. */
export type ProofVerdict =
  | { readonly kind: 'proven' }
  | { readonly kind: 'down' }
  | { readonly kind: 'refuted' | 'silent'; readonly why: Reason };

/** Never rejects. */
export type Prover = (request: ProofRequest) => Promise<ProofVerdict>;

/** A reset connection may be etcd’s answer to a certificate, or its end. */
const attempts = 3;

/**
 * Opens new connections, without session resumption, to this node’s own etcd. etcd must present exactly the certificate
 * that was written, with a valid chain, dates and names. For a client certificate, etcd must answer a request with it.
 */
export function prover(deadlineMs = 5_000): Prover {
  return async (asked) => {
    const request = { ...asked, deadlineMs };
    let verdict = await attempt(request);
    for (let again = 1; again < attempts && verdict.kind === 'refuted'; again += 1) verdict = await attempt(request);
    return verdict;
  };
}

type TimedRequest = ProofRequest & { readonly deadlineMs: number };

async function attempt(request: TimedRequest): Promise<ProofVerdict> {
  try {
    const { certificate } = readCredential(request.credential);
    switch (request.purpose) {
      case 'server':
        // A server certificate needs only the handshake: the client’s certificate may have expired as well.
        return judgeShown(await shownAt(request), certificate);
      case 'peer': {
        const { shown, status } = await ask(request, `${request.peerUrl}/version`);
        const verdict = judgeShown(shown, certificate);
        return verdict.kind === 'proven' ? judgeAnswer(status) : verdict;
      }
      case 'client':
      case 'admin':
        // etcd answers this with authentication on as well, and without a leader.
        return judgeAnswer((await ask(request, `${request.clientUrl}/version`)).status);
    }
  } catch (error) {
    return failed(error, request.purpose);
  }
}

function judgeShown(shown: string | null, expected: Certificate): ProofVerdict {
  if (shown === expected.x509.fingerprint256) return { kind: 'proven' };
  return { kind: 'refuted', why: reason('shows_other_certificate', { serial: expected.serial }) };
}

function judgeAnswer(status: number): ProofVerdict {
  if (status === 200) return { kind: 'proven' };
  return { kind: 'refuted', why: reason('answered_with_status', { status }) };
}

/** True if nothing listens, or the listener does not answer. */
const silence: ReadonlySet<string> = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'DEADLINE']);
/** What is wrong with the certificate that this side received, in the words of OpenSSL and Node. */
const distrust = /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_)/;

function failed(error: unknown, purpose: LeafPurpose): ProofVerdict {
  const { code = '', message: osError } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return { kind: 'down' };
  if (silence.has(code)) return { kind: 'silent', why: reason('etcd_did_not_answer', { osError }) };
  // An invalid server certificate says nothing about the client certificate.
  if ((purpose === 'client' || purpose === 'admin') && distrust.test(code))
    return { kind: 'silent', why: reason('shown_does_not_hold', { osError }) };
  return { kind: 'refuted', why: reason('new_connection_failed', { osError }) };
}

/** The fingerprint of the certificate that the client port presents in a handshake. */
async function shownAt({ clientUrl, trust, deadlineMs }: TimedRequest): Promise<string | null> {
  const { connect } = await import('node:tls');
  const url = new URL(clientUrl);
  return new Promise((resolve, reject) => {
    // TLS 1.3 verifies the server’s certificate before the client sends its own.
    const socket = connect({
      host: hostOf(url),
      port: Number(url.port),
      ca: trust,
      minVersion: 'TLSv1.3',
      timeout: deadlineMs,
    });
    socket.on('secureConnect', () => {
      resolve(fingerprintOf(socket));
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy(Object.assign(new Error('it is silent'), { code: 'ETIMEDOUT' })));
    socket.on('error', reject);
  });
}

/**
 * Asks over a new connection: a pooled or resumed one would prove nothing about a handshake now. The status is enough: an etcd that
 * ends while it answers has accepted the certificate.
 */
async function ask({ deadlineMs, ...proofs }: TimedRequest, url: string) {
  let shown: string | null = null;
  const { origin, pathname } = new URL(url);
  const client = connectionTo(origin, proofs, deadlineMs, (socket) => {
    shown = fingerprintOf(socket);
  });
  const { promise: head, resolve } = Promise.withResolvers<number>();
  const body = stream(client, { method: 'GET', path: pathname, deadlineMs, closeAfter: true }, resolve).next();
  try {
    const status = await Promise.race([head, body.then(() => head)]);
    return { shown, status };
  } finally {
    await client.destroy();
  }
}

function fingerprintOf(socket: TLSSocket): string | null {
  return socket.getPeerX509Certificate()?.fingerprint256 ?? null;
}
