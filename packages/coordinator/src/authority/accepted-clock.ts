import { fits } from '@picket/shared/protocol/check.ts';
import type { Static } from 'typebox';
import * as Type from 'typebox';
import { readIfThere, writeWholeFile } from '../files/whole-file.ts';
import type { Repositories } from '../inventory/inventory.ts';

/** Records that an operator accepted the clock although a certificate was issued later than its time (R14). */
const AcceptedClock = Type.Object({
  /** The clock's time then. */
  acceptedAt: Type.Integer(),
  /** The latest issuance in the store then; it no longer counts. */
  disregarded: Type.Integer(),
  /** The serial of the certificate that was issued last before. */
  newest: Type.String(),
});
type AcceptedClock = Static<typeof AcceptedClock>;

type Certificates = Pick<Repositories['certificates'], 'lastIssuance' | 'list'>;

/**
 * The moment before which nothing is issued: that of the latest issuance in the store, without those that came before
 * an operator accepted the clock in spite of them.
 * @param path the file of {@link keepAcceptedClock}
 */
export async function rememberedIssuance(certificates: Certificates, path: string): Promise<number | null> {
  const latest = await certificates.lastIssuance();
  const accepted = await read(path);
  // A later certificate was issued after all, by a clock that nobody has accepted yet.
  if (latest === null || accepted === null || latest !== accepted.disregarded) return latest;
  const newest = await newestOf(certificates);
  return newest === undefined || newest.serial === accepted.newest
    ? accepted.acceptedAt
    : Math.max(accepted.acceptedAt, newest.issuedAt);
}

/** Stored beside the authority keys, so that the next start does not need the flag again. */
export async function keepAcceptedClock(certificates: Certificates, path: string, now: number): Promise<void> {
  const disregarded = await certificates.lastIssuance();
  const newest = await newestOf(certificates);
  if (disregarded === null || newest === undefined) return;
  const accepted: AcceptedClock = { acceptedAt: now, disregarded, newest: newest.serial };
  await writeWholeFile({ path, content: `${JSON.stringify(accepted)}\n` });
}

async function newestOf(certificates: Certificates) {
  return (await certificates.list({ limit: 1, after: null }, null)).items[0];
}

/** null for a file that is missing or damaged: the operator can accept the clock again. */
async function read(path: string): Promise<AcceptedClock | null> {
  const text = await readIfThere(path);
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return fits(AcceptedClock, value) ? value : null;
  } catch {
    return null;
  }
}
