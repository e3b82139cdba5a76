import type { Certificate } from '@picket/shared/pki/certificate.ts';
import { latestIdentityRenewal, momentOfLife } from '@picket/shared/renewal.ts';

export type IdentityDue = 'no' | 'renew' | 'recover';

type Life = Pick<Certificate, 'notBefore' | 'notAfter'>;

const earliest = 3 / 5;

/**
 * What an identity needs now: a renewal at about two thirds of its life or, after its end, recovery (R15).
 *
 * @param now milliseconds since the epoch, by a clock that can be right (R14)
 * @param random from 0 to 1, drawn once for each certificate, so that nodes that joined together do not renew together
 */
export function identityDue(life: Life, now: number, random: number): IdentityDue {
  // The certificate includes the last second of its life (RFC 5280 4.1.2.5).
  if (now >= life.notAfter.getTime() + 1000) return 'recover';
  return now >= identityDueAt(life, random) ? 'renew' : 'no';
}

/**
 * When to renew an identity, in milliseconds since the epoch.
 * @param random as for {@link identityDue}
 */
export function identityDueAt({ notBefore, notAfter }: Life, random: number): number {
  const share = earliest + (latestIdentityRenewal - earliest) * random;
  return momentOfLife({ from: notBefore.getTime(), until: notAfter.getTime() }, share);
}
