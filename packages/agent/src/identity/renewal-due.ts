import type { Certificate } from '@picket/shared/pki/certificate.ts';
import { latestIdentityRenewal } from '@picket/shared/renewal.ts';

export type IdentityDue = 'no' | 'renew' | 'recover';

const earliest = 3 / 5;

/**
 * What an identity needs by now: a renewal at about two thirds of its life, or, past its end, recovery (R15).
 * @param now milliseconds since the epoch, by a clock that can be right (R14)
 * @param random from 0 to 1, drawn once for each certificate: nodes that joined together do not renew together
 */
export function identityDue(
  { notBefore, notAfter }: Pick<Certificate, 'notBefore' | 'notAfter'>,
  now: number,
  random: number,
): IdentityDue {
  const [from, until] = [notBefore.getTime(), notAfter.getTime()];
  // The last second of its life belongs to it (RFC 5280 4.1.2.5).
  if (now >= until + 1000) return 'recover';
  const share = earliest + (latestIdentityRenewal - earliest) * random;
  return now >= from + (until - from) * share ? 'renew' : 'no';
}
