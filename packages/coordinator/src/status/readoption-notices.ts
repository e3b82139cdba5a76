import { type Reason, reason } from '@picket/shared/reasons/reason.ts';
import type { ClusterSituation } from '../executor/executor.ts';
import type { RestorationBoard } from '../executor/restoration-board.ts';
import type { IdentityDirectory } from '../identity/principals.ts';
import type { ShownKeys } from '../identity/shown-keys.ts';
import { nameOf } from '../inventory/inventory.ts';

export interface ReadoptionSources {
  readonly restoration: Pick<RestorationBoard, 'awaits'>;
  readonly shownKeys: Pick<ShownKeys, 'nodes' | 'of'>;
  readonly directory: Pick<IdentityDirectory, 'isKnown'>;
}

/** The nodes that still need re-adoption, and whether each contacts the coordinator. */
export function readoptionNotices(
  { restoration, shownKeys, directory }: ReadoptionSources,
  { record, nodes }: Pick<ClusterSituation, 'record' | 'nodes'>,
): readonly Reason[] {
  const declared = new Set(record.spec.members.map(({ name }) => name));
  const newer = shownKeys.nodes().flatMap((nodeId) => {
    const name = shownKeys.of(nodeId)[0]?.certificate.commonName;
    if (name === undefined || !declared.has(name) || directory.isKnown(nodeId)) return [];
    return [reason('newer_node_shows_itself', { cluster: record.spec.name, name, nodeId })];
  });
  const awaited = nodes
    .filter(({ id, evictedAt }) => evictedAt === null && restoration.awaits(id))
    .sort((one, other) => nameOf(one).localeCompare(nameOf(other)))
    .map((node) => {
      const shown = shownKeys.of(node.id);
      const isKnown = shown.every(({ certificate }) => certificate.spkiHash === node.spkiHash);
      return reason('node_to_readopt', { name: nameOf(node), nodeId: node.id, keys: shown.length, isKnown });
    });
  return [...awaited, ...newer];
}

/** The ID of the first node that an operator can re-adopt; null if there is none. */
export function firstToReadopt(notices: readonly Reason[]): string | null {
  return notices.find((notice) => notice.code === 'node_to_readopt')?.facts.nodeId ?? null;
}
