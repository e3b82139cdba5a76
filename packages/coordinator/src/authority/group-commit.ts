import type { NewCertificate, Repositories } from '../inventory/inventory.ts';

// SQLite binds at most 32,766 values in a statement; a record has ten.
const largestBatch = 1000;

interface Waiting {
  readonly record: NewCertificate;
  readonly kept: () => void;
  readonly failed: (reason: unknown) => void;
}

/**
 * Stores the certificate records of one turn of the event loop in one write. fsync limits the rate of issuing, so
 * requests that arrive during one fsync share the next.
 *
 * @returns keeps a record; it is fsynced when that returns (R12)
 */
export function groupCommit(certificates: Repositories['certificates']) {
  let waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    const all = waiting;
    waiting = [];
    for (let from = 0; from < all.length; from += largestBatch) {
      const batch = all.slice(from, from + largestBatch);
      try {
        await certificates.createAll(batch.map(({ record }) => record));
        for (const { kept } of batch) kept();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
  }

  return (record: NewCertificate): Promise<void> =>
    new Promise((kept, failed) => {
      waiting.push({ record, kept, failed });
      if (waiting.length === 1) setImmediate(() => void flush());
    });
}
