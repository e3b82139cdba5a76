/** How much earlier than its issuance a certificate begins, for machines whose clock is a little behind. */
export const backdatingMs = 5 * 60 * 1000;

/** The parts of a certificate that decide when to renew it. Times are milliseconds since the Unix epoch. */
export interface Renewable {
  /** Lower-case hex. */
  readonly serial: string;
  readonly from: number;
  readonly until: number;
}

/** The agent renews an identity at a random time, at the latest after this share of its lifetime. */
export const latestIdentityRenewal = 11 / 15;

/** The time at which this share, from 0 to 1, of the time between issuance and end has passed. */
export function momentOfLifetime({ from, until }: Omit<Renewable, 'serial'>, share: number): number {
  const issued = issuedAt(from, until);
  return issued + (until - issued) * share;
}

const earliest = 0.9;

/**
 * When the renewal of an etcd certificate is due: after 90 to 100 % of the given time, or of two thirds of its lifetime if that
 * is shorter, so that one third is left for the renewal. The exact time comes from the serial number. So certificates that were
 * issued together are not renewed together, and the result for one certificate is always the same.
 */
export function renewalDueAt({ serial, from, until }: Renewable, renewAfterSeconds: number): number {
  const issued = issuedAt(from, until);
  const latest = Math.min(renewAfterSeconds * 1000, ((until - issued) * 2) / 3);
  return issued + latest * (earliest + (1 - earliest) * shareOf(serial));
}

function issuedAt(from: number, until: number): number {
  return Math.min(from + backdatingMs, until);
}

/** From 0 to 1, because serial numbers are random. */
function shareOf(serial: string): number {
  return Number.parseInt(serial.slice(-8), 16) / 0xffff_ffff;
}
