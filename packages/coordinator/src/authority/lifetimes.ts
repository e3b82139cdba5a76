import type { Lifetime } from '@picket/shared/pki/issue.ts';
import { backdatingMs } from '@picket/shared/renewal.ts';

const dayMs = 24 * 60 * 60 * 1000;

/**
 * How long certificates are valid, in milliseconds from their issuance; etcd's certificates use the spec's lifetimes.
 */
export const lifetimes = {
  node: 30 * dayMs,
  operator: 365 * dayMs,
  /** The most that browsers and Apple's libraries accept; `serve` renews it after two thirds. */
  coordinator: 397 * dayMs,
  authority: 3650 * dayMs,
} as const;

/** From a little before `now` until this long after it. */
export function lifetimeFrom(now: number, lifetimeMs: number): Lifetime {
  return { notBefore: new Date(now - backdatingMs), notAfter: new Date(now + lifetimeMs) };
}

/** When the coordinator's own certificate is due for renewal: after two thirds of its lifetime. */
export function serverRenewalDueAt({ notBefore, notAfter }: Lifetime): number {
  const begin = notBefore.getTime();
  return Math.floor(begin + ((notAfter.getTime() - begin) * 2) / 3);
}
