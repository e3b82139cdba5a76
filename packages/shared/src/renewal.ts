/** So much earlier do certificates begin than they are issued, for machines whose clock is a little behind. */
export const backdatingMs = 5 * 60 * 1000;

/** What of a certificate tells when it is to be renewed; times in milliseconds since the epoch. */
export interface Renewable {
  /** Lower-case hex. */
  readonly serial: string;
  readonly from: number;
  readonly until: number;
}

/** An identity is renewed, at a moment that its agent draws, after at most this share of its life. */
export const latestIdentityRenewal = 11 / 15;

/** When this share, from 0 to 1, of the time between its issuance and its end has passed. */
export function momentOfLife({ from, until }: Omit<Renewable, 'serial'>, share: number): number {
  const issued = issuedAt(from, until);
  return issued + (until - issued) * share;
}

const earliest = 0.9;

/**
 * When a certificate of etcd falls due: after nine to ten tenths of the time given, or of two thirds of its life if that
 * is shorter, so that a third is left to renew it in. The moment is drawn from its serial: what was issued together is
 * not renewed together, and whoever asks for the same certificate is told the same.
 */
export function renewalDueAt({ serial, from, until }: Renewable, renewAfterSeconds: number): number {
  const issued = issuedAt(from, until);
  const latest = Math.min(renewAfterSeconds * 1000, ((until - issued) * 2) / 3);
  return issued + latest * (earliest + (1 - earliest) * shareOf(serial));
}

function issuedAt(from: number, until: number): number {
  return Math.min(from + backdatingMs, until);
}

/** From 0 to 1: serials are random. */
function shareOf(serial: string): number {
  return Number.parseInt(serial.slice(-8), 16) / 0xffff_ffff;
}
