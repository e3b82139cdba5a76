import type { Certificate } from '@picket/shared/pki/certificate.ts';
import type { RefusalCounts } from '../audit/refusal-counts.ts';
import type { Authorities } from '../authority/authorities.ts';
import type { FleetLimits } from '../declaration/fleet-limits.ts';
import type { Executor } from '../executor/executor.ts';
import type { PublicationBoard } from '../executor/publication-board.ts';
import type { RestorationBoard } from '../executor/restoration-board.ts';
import type { StatusBoard } from '../executor/status-board.ts';
import type { HistoryBook } from '../history/history-book.ts';
import type { AfterRestore } from '../identity/after-restore.ts';
import type { IdentityDirectory } from '../identity/principals.ts';
import type { ShownKeys } from '../identity/shown-keys.ts';
import type { Installer } from '../installer/open-installer.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { LogDesk } from '../logs/log-desk.ts';
import type { Failpoint } from '../model/failpoints.ts';
import type { Instant } from '../model/instant.ts';
import type { Notifier } from '../notifications/notifier.ts';
import type { ReleaseStore } from '../releases/release-store.ts';
import type { SnapshotKeeper } from '../snapshots/snapshot-keeper.ts';

/** Everything that the routes may use. */
export interface ApiDeps {
  readonly inventory: Inventory;
  readonly authorities: Authorities;
  readonly directory: IdentityDirectory;
  readonly restoration: RestorationBoard;
  readonly shownKeys: ShownKeys;
  readonly afterRestore: AfterRestore;
  readonly executor: Executor;
  readonly publications: PublicationBoard;
  readonly statuses: StatusBoard;
  readonly history: HistoryBook;
  readonly now: () => Instant;
  /** Fires after so many milliseconds: a request waits no longer. */
  readonly timeout: (ms: number) => AbortSignal;
  readonly newId: () => string;
  readonly randomBytes: (size: number) => Buffer;
  readonly failpoint: Failpoint;
  readonly snapshots: SnapshotKeeper;
  readonly logs: LogDesk;
  readonly refusals: Pick<RefusalCounts, 'count'>;
  readonly releases: ReleaseStore;
  readonly notifier: Notifier;
  /** The certificate that it presents now. */
  readonly serverCertificate: () => Certificate;
  /** Null if this coordinator has no agent to hand out. */
  readonly installer: Installer | null;
  /** The address of this coordinator for operators. */
  readonly url: string;
  readonly fleetLimits: FleetLimits;
  /** How often nodes report while nothing changes, in seconds. */
  readonly reportSeconds: number;
}
