import type { ClusterRecord } from '../inventory/inventory.ts';

/**
 * An operation is stored (R12), and what follows from it failed with `cause`: a step of the controller, or what the
 * coordinator keeps in memory. The next turn of the cluster goes on from the store.
 */
export class KeptChange extends Error {
  override readonly name = 'KeptChange';
  // Private, so that no log prints them.
  readonly #before: ClusterRecord;
  readonly #record: ClusterRecord;

  constructor({ before, record }: Pick<KeptChange, 'before' | 'record'>, options: { readonly cause: unknown }) {
    super(`a change of ${record.spec.name} is stored, and what follows from it failed`, options);
    this.#before = before;
    this.#record = record;
  }

  /** The cluster that the operation was decided on. */
  get before(): ClusterRecord {
    return this.#before;
  }

  /** The cluster that is stored. */
  get record(): ClusterRecord {
    return this.#record;
  }
}
