import type { Lifetime } from '@picket/shared/pki/issue.ts';
import { backdatingMs } from '@picket/shared/renewal.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** How long certificates are valid, in milliseconds from their issuance; etcd's leaves have the spec's. */
export const lifetimes = {
  node: 30 * dayMs,
  operator: 365 * dayMs,
  /** What browsers and Apple's libraries accept at most; `serve` renews it after two thirds. */
  coordinator: 397 * dayMs,
  authority: 3650 * dayMs,
} as const;

/** From a little before `now` until so much after it. */
export function lifetimeFrom(now: number, lifetimeMs: number): Lifetime {
  return { notBefore: new Date(now - backdatingMs), notAfter: new Date(now + lifetimeMs) };
}

/** When the coordinator's own certificate is to be renewed: after two thirds of its life. */
export function serverRenewalDueAt({ notBefore, notAfter }: Lifetime): number {
  const begin = notBefore.getTime();
  return Math.floor(begin + ((notAfter.getTime() - begin) * 2) / 3);
}
