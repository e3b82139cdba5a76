import type { Architecture, ToolOrder } from '@picket/shared/protocol/releases.ts';
import type { Seals } from '../authority/seals.ts';
import type { TrustBundles } from '../desired-state/node-state.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { FreshNames } from '../model/fresh-names.ts';
import type { Instant } from '../model/instant.ts';
import type { Decisions } from '../operations/decisions.ts';
import type { ProgramsFor } from '../releases/given-etcds.ts';
import type { PublicationBoard } from './publication-board.ts';
import type { RestorationBoard } from './restoration-board.ts';
import type { StatusBoard } from './status-board.ts';

/** What a turn of a cluster knows and asks besides the cluster. */
export interface TurnDeps {
  readonly inventory: Pick<Inventory, 'id'>;
  readonly publications: Pick<PublicationBoard, 'current' | 'generation' | 'put'>;
  readonly statuses: Pick<StatusBoard, 'clockSet' | 'latest'>;
  readonly restoration: Pick<RestorationBoard, 'current' | 'epoch' | 'awaits' | 'rests'>;
  readonly seals: Pick<Seals, 'of' | 'isOf'>;
  readonly decisions: Decisions;
  /** The bundles that nodes of the cluster with this id trust. */
  readonly trust: (clusterId: string) => TrustBundles;
  /** The last contact of a node that waits for its re-adoption. */
  readonly lastSeen: (nodeId: string) => Instant | null;
  /** The program that the release store has for a node of this architecture and etcd version; null if it has none. */
  readonly toolFor?: (architecture: Architecture | null, etcdVersion: string | null) => ToolOrder | null;
  /** The programs of the release of this version for nodes of this architecture, etcd first; null if the store has none. */
  readonly programsFor?: ProgramsFor;
  readonly freshNames: () => FreshNames;
  readonly now: () => Instant;
  /** Milliseconds on a clock that nobody sets. */
  readonly monotonic: () => number;
  /** When this coordinator began, by that clock: since then it knows how much time has passed. */
  readonly beganAt: number;
}
