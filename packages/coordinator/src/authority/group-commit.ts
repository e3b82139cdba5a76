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
 */
export class GroupCommit {
  readonly #certificates: Repositories['certificates'];
  #waiting: Waiting[] = [];

  constructor(certificates: Repositories['certificates']) {
    this.#certificates = certificates;
  }

  /** Fsynced when it returns (R12). */
  keep(record: NewCertificate): Promise<void> {
    return new Promise((kept, failed) => {
      this.#waiting.push({ record, kept, failed });
      if (this.#waiting.length === 1) setImmediate(() => void this.#flush());
    });
  }

  async #flush(): Promise<void> {
    const all = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < all.length; from += largestBatch) {
      const batch = all.slice(from, from + largestBatch);
      try {
        await this.#certificates.createAll(batch.map((waiting) => waiting.record));
        for (const waiting of batch) waiting.kept();
      } catch (error) {
        for (const waiting of batch) waiting.failed(error);
      }
    }
  }
}
