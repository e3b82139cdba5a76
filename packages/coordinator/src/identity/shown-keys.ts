import type { CertificateFacts } from './principals.ts';

/** A certificate of our control CA that was shown for a node. */
export interface ShownCertificate extends CertificateFacts {
  readonly commonName: string | undefined;
}

export interface Shown {
  readonly certificate: ShownCertificate;
  readonly lastAt: number;
}

/** As many as one node can have by renewing for years; beyond that somebody plays with keys. */
const mostOfNode = 16;
const mostNodes = 10_000;

/**
 * Which keys are shown for which node, while nodes are to be taken up again: an operator is told all of them, since two
 * of them are the sign of a copy (R15). In memory alone: who is on shows its key again within a minute.
 */
export class ShownKeys {
  readonly #shown = new Map<string, Map<string, Shown>>();

  note(nodeId: string, certificate: ShownCertificate, now: number): void {
    const keys = this.#shown.get(nodeId) ?? new Map<string, Shown>();
    if (keys.size === 0 && this.#shown.size >= mostNodes) return;
    if (!keys.has(certificate.spkiHash) && keys.size >= mostOfNode) return;
    this.#shown.set(nodeId, keys);
    keys.set(certificate.spkiHash, { certificate, lastAt: now });
  }

  of(nodeId: string): readonly Shown[] {
    return [...(this.#shown.get(nodeId)?.values() ?? [])];
  }

  /** The nodes for which a key was shown. */
  nodes(): readonly string[] {
    return [...this.#shown.keys()];
  }

  /** For which node this key was certified, by what was shown. */
  holderOf(spkiHash: string): { readonly nodeId: string; readonly certificate: ShownCertificate } | null {
    for (const [nodeId, keys] of this.#shown) {
      const shown = keys.get(spkiHash);
      if (shown !== undefined) return { nodeId, certificate: shown.certificate };
    }
    return null;
  }

  /** When the node was last heard by any of its keys. */
  lastHeard(nodeId: string): number | null {
    const times = this.of(nodeId).map(({ lastAt }) => lastAt);
    return times.length === 0 ? null : Math.max(...times);
  }
}
