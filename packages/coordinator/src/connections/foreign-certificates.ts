import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

/**
 * How many certificates a client has shown that lead to no CA of this server: OpenSSL verified each of them in the handshake. Zero for a
 * client that showed none, or one of the control CA.
 */
export function foreignCertificates(socket: TLSSocket): number {
  if (socket.authorized) return 0;
  let count = 0;
  let shown: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  // Of no certificate, this is an empty object.
  while (shown?.raw !== undefined) {
    count += 1;
    const issuer: DetailedPeerCertificate | undefined = shown.issuerCertificate;
    shown = issuer === shown ? undefined : issuer;
  }
  return count;
}
