import type { CertificateFacts } from './principals.ts';

/** A certificate of this control CA that somebody used for a node. */
export interface ShownCertificate extends CertificateFacts {
  readonly commonName: string | undefined;
}

export interface Shown {
  readonly certificate: ShownCertificate;
  readonly lastAt: number;
}

/** More than one node can have by renewing for years; beyond that, somebody is abusing keys. */
const mostOfNode = 16;
const mostNodes = 10_000;

export type ShownKeys = ReturnType<typeof shownKeyBook>;

/**
 * Which keys are used for which node, while nodes wait for re-adoption. An operator sees all of them, since two of them
 * are the sign of a copy (R15). In memory only: a running node uses its key again within a minute.
 */
export function shownKeyBook() {
  const shown = new Map<string, Map<string, Shown>>();

  const of = (nodeId: string): readonly Shown[] => [...(shown.get(nodeId)?.values() ?? [])];

  return {
    note(nodeId: string, certificate: ShownCertificate, now: number): void {
      const keys = shown.get(nodeId) ?? new Map<string, Shown>();
      if (keys.size === 0 && shown.size >= mostNodes) return;
      if (!keys.has(certificate.spkiHash) && keys.size >= mostOfNode) return;
      shown.set(nodeId, keys);
      keys.set(certificate.spkiHash, { certificate, lastAt: now });
    },

    of,

    /** The nodes whose key was used. */
    nodes: (): readonly string[] => [...shown.keys()],

    /** The node that this key was certified for, by the certificate that was used. */
    holderOf(spkiHash: string): { readonly nodeId: string; readonly certificate: ShownCertificate } | null {
      for (const [nodeId, keys] of shown) {
        const found = keys.get(spkiHash);
        if (found !== undefined) return { nodeId, certificate: found.certificate };
      }
      return null;
    },

    /** The last contact of the node, by any of its keys. */
    lastHeard(nodeId: string): number | null {
      const times = of(nodeId).map(({ lastAt }) => lastAt);
      return times.length === 0 ? null : Math.max(...times);
    },
  };
}
