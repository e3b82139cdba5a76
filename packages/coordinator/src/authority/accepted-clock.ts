import { readFile } from 'node:fs/promises';
import { writeWholeFile } from '../files/whole-file.ts';
import type { Repositories } from '../inventory/inventory.ts';

/** Records that an operator accepted the clock although a certificate was issued later than its time (R14). */
interface AcceptedClock {
  /** The clock's time then. */
  readonly acceptedAt: number;
  /** The latest issuance in the store then; it no longer counts. */
  readonly disregarded: number;
  /** The serial of the certificate that was issued last before. */
  readonly newest: string;
}

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
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isAcceptedClock(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function isAcceptedClock(value: unknown): value is AcceptedClock {
  if (typeof value !== 'object' || value === null) return false;
  const { acceptedAt, disregarded, newest } = value as Readonly<Record<string, unknown>>;
  return Number.isSafeInteger(acceptedAt) && Number.isSafeInteger(disregarded) && typeof newest === 'string';
}
