import type { PublicationRecord, StoredPublication } from '../inventory/inventory.ts';

/** A desired state in the form in which it is sent: computed once for each change, then only handed out. */
export interface Publication {
  readonly generation: number;
  /** The name of the store's epoch at its publication. */
  readonly epoch: string | null;
  readonly etag: string;
  /** The seals of earlier states that it names, then its own. */
  readonly seals: readonly string[];
  readonly body: string;
}

export type PublicationBoard = ReturnType<typeof publicationBoard>;

/** The path of polls: memory only, one entry a node. */
export function publicationBoard(records: readonly StoredPublication[]) {
  /** Of nodes whose document is damaged. */
  const generations = new Map<string, number>();
  const publications = new Map<string, Publication>();
  const waiting = new Map<string, Set<() => void>>();

  function put({ nodeId, generation, document }: PublicationRecord): void {
    const { epoch, seal, priorSeals } = document;
    publications.set(nodeId, {
      generation,
      epoch: epoch?.name ?? null,
      // After a store was put back, another state may have the same generation: "unchanged" would prolong leases (R2).
      etag: `"${seal}"`,
      seals: [...priorSeals, seal],
      body: JSON.stringify(document),
    });
    wake(nodeId);
  }

  function wake(nodeId: string): void {
    for (const end of waiting.get(nodeId) ?? []) end();
  }

  for (const { document, ...record } of records) {
    if (document === null) generations.set(record.nodeId, record.generation);
    else put({ ...record, document });
  }
  return {
    current: (nodeId: string): Publication | null => publications.get(nodeId) ?? null,
    /** The generation last published to this node; 0 before the first. */
    generation: (nodeId: string): number => publications.get(nodeId)?.generation ?? generations.get(nodeId) ?? 0,
    put,
    /** Ends the waits for this node at once, with null if nothing has changed. */
    wake,
    /**
     * Resolves with a publication whose ETag differs from `etag` as soon as one exists, or with null when the signal
     * fires first. Only this node's own state wakes it.
     */
    changed(nodeId: string, etag: string | null, signal: AbortSignal): Promise<Publication | null> {
      const differing = (): Publication | null => {
        const publication = publications.get(nodeId) ?? null;
        return publication !== null && publication.etag !== etag ? publication : null;
      };
      const now = differing();
      if (now !== null || signal.aborted) return Promise.resolve(now);
      return new Promise((resolve) => {
        const wakers = waiting.get(nodeId) ?? new Set();
        waiting.set(nodeId, wakers);
        const finish = (): void => {
          wakers.delete(finish);
          if (wakers.size === 0 && waiting.get(nodeId) === wakers) waiting.delete(nodeId);
          signal.removeEventListener('abort', finish);
          resolve(differing());
        };
        wakers.add(finish);
        signal.addEventListener('abort', finish, { once: true });
      });
    },
  };
}
