import type { Authorities } from '../authority/authorities.ts';
import type { FleetLimits } from '../declaration/fleet-limits.ts';
import type { RestorationBoard } from '../executor/restoration-board.ts';
import type { StatusBoard } from '../executor/status-board.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Failpoint } from '../model/failpoints.ts';
import type { Instant } from '../model/instant.ts';
import type { RunOperation } from '../operations/operation.ts';
import type { IdentityDirectory } from './principals.ts';
import type { ShownKeys } from './shown-keys.ts';

/** What the identities of nodes and operators are made, changed and ended with. */
export interface IdentityDeps {
  readonly inventory: Inventory;
  readonly authorities: Authorities;
  readonly directory: IdentityDirectory;
  readonly restoration: RestorationBoard;
  readonly shownKeys: ShownKeys;
  readonly executor: { readonly run: RunOperation };
  readonly statuses: StatusBoard;
  readonly fleetLimits: FleetLimits;
  readonly now: () => Instant;
  /** A random value of the protocol's `Identifier`. */
  readonly newId: () => string;
  /** In the form of node:crypto's randomBytes. */
  readonly randomBytes: (size: number) => Buffer;
  readonly failpoint: Failpoint;
}
